// What the expressions of a definition see of a workflow, and the places where they are evaluated.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "pawl/task_error.h"

#include "core/workflow.h"
#include "expression/expression.h"

namespace pawl::core {

// Parses inputs and results only when an expression asks for them, each once.
class WorkflowScope final : public expression::Scope {
 public:
  // `task` is the one whose expression is evaluated, or kNoTask.
  WorkflowScope(const Workflow& workflow, TaskIndex task) : workflow_(workflow), task_(task) {}

  const Json& input() override;
  std::string_view workflow_id() override { return workflow_.id(); }
  std::string_view workflow_name() override { return workflow_.definition().name(); }
  std::uint32_t attempt() override;
  std::optional<expression::TaskView> task(std::string_view id) override;

 private:
  const Workflow& workflow_;
  TaskIndex task_;
  std::unique_ptr<Json> input_;
  std::vector<std::pair<TaskIndex, std::unique_ptr<Json>>> outcomes_;
};

// The task's condition; true if it has none. Errors as expression::Evaluator::test.
Result<bool> condition_holds(const Workflow& workflow, TaskIndex task, expression::Evaluator& evaluator);

// The args of the task's running attempt, their places filled in. Error: also `limit_exceeded` above `max_bytes`.
Result<JsonText> expand_args(const Workflow& workflow, TaskIndex task, expression::Evaluator& evaluator,
                             std::size_t max_bytes);

// The definition's `output`, filled in.
Result<JsonText> expand_output(const Workflow& workflow, expression::Evaluator& evaluator);

// What a task, or its workflow, fails with when one of the above did: `expression_error` or `limit_exceeded`. The same
// expression would fail again, so it is not retryable.
[[nodiscard]] TaskError evaluation_failure(const Error& error);

}  // namespace pawl::core
