// What the expressions of a definition see of a workflow, and the places where they are evaluated.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "pawl/task_error.h"

#include "core/completions.h"
#include "core/workflow.h"
#include "expression/expression.h"
#include "model/attempt.h"

namespace pawl::core {

// Parses inputs and results only when an expression asks for them, each once.
class WorkflowScope final : public expression::Scope {
 public:
  // `action` is the one whose expression is evaluated, or kNoAction. `undone_args` are those of the task it undoes.
  // `seen_from`: what is seen is what stood when this completion was made.
  WorkflowScope(const Workflow& workflow, ActionId action, std::optional<CompletionView> seen_from = {},
                JsonText undone_args = {})
      : workflow_(workflow), action_(action), seen_from_(seen_from), undone_args_(std::move(undone_args)) {}

  const Json& input() override;
  std::string_view workflow_id() override { return workflow_.id(); }
  std::string_view workflow_name() override { return workflow_.definition().name(); }
  std::uint32_t attempt() override;
  std::optional<TaskState> task_state(std::string_view id) override;
  expression::TaskOutcome task_outcome(std::string_view id) override;
  std::span<const std::string_view> visible_tasks() override;
  const Json* undone_task() override;
  const Json* failure() override;

  // What of all that was asked for could not be had first: a stored text that is not JSON, or more results than are
  // read at once. It was seen as null, so what came of that counts for nothing. nullopt: all could.
  [[nodiscard]] const std::optional<Error>& problem() const { return problem_; }

 private:
  // What `task` is to the one who looks: its state, and the text of its result or error.
  struct Seen {
    TaskState state;
    const JsonText* outcome = nullptr;
  };

  Json read(const JsonText& text, std::string_view what);
  [[nodiscard]] Seen see(TaskIndex task) const;
  [[nodiscard]] std::vector<TaskIndex> find_visible() const;

  const Workflow& workflow_;
  // The completion that was the result of `task` then; none: its record tells.
  [[nodiscard]] std::optional<CompletionView> completion_then(TaskIndex task) const;
  // Whether the result that `task` has was made later: it had none then.
  [[nodiscard]] bool completed_later(TaskIndex task) const;

  ActionId action_;
  std::optional<CompletionView> seen_from_;
  JsonText undone_args_;
  std::unique_ptr<Json> input_;
  std::unique_ptr<Json> undone_task_;
  std::unique_ptr<Json> failure_;
  std::optional<Error> problem_;
  std::size_t bytes_read_ = 0;
  boost::unordered_flat_map<TaskIndex, std::unique_ptr<Json>> outcomes_;
  bool has_visible_ = false;
  std::vector<std::string_view> visible_;
};

// The action's condition; true if it has none. Errors as expression::Evaluator::test, and `corruption` if it needs what
// is stored and cannot be read; so, too, of all below.
Result<bool> condition_holds(const Workflow& workflow, ActionId action, expression::Evaluator& evaluator);

// What the compensation of `task` is told of it. Error: as expand_args.
Result<Undone> undone_by(const Workflow& workflow, TaskIndex task, expression::Evaluator& evaluator,
                         std::size_t max_bytes);

// The args of the action's running attempt, their places filled in. Error: also `limit_exceeded` above `max_bytes`.
Result<JsonText> expand_args(const Workflow& workflow, ActionId action, expression::Evaluator& evaluator,
                             std::size_t max_bytes);

// The definition's `output`, filled in; or what the workflow fails with: `details` name the place and its expression.
std::expected<JsonText, TaskError> expand_output(const Workflow& workflow, expression::Evaluator& evaluator);

// What a task, or its workflow, fails with when one of the above did: `expression_error`, `limit_exceeded` or
// `corruption`. The same expression would fail again, so it is not retryable.
[[nodiscard]] TaskError evaluation_failure(const Error& error);

}  // namespace pawl::core
