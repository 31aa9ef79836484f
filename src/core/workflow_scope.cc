#include "core/workflow_scope.h"

#include <fmt/format.h>

namespace pawl::core {

const Json& WorkflowScope::input() {
  if (!input_) input_ = std::make_unique<Json>(workflow_.facts->input.parse());
  return *input_;
}

std::uint32_t WorkflowScope::attempt() {
  if (task_ == kNoTask) return 0;
  const TaskRecord& record = workflow_.tasks[task_];
  // A condition is evaluated before its attempt is counted.
  return record.state == TaskState::running ? record.attempt : record.attempt + 1U;
}

std::optional<expression::TaskView> WorkflowScope::task(std::string_view id) {
  const auto task = workflow_.definition().find_task(id);
  if (!task) return std::nullopt;
  const TaskRecord& record = workflow_.tasks[*task];
  expression::TaskView view{.state = record.state};
  if (record.outcome.is_null()) return view;
  for (const auto& [known, json] : outcomes_) {
    if (known != *task) continue;
    (record.state == TaskState::completed ? view.result : view.error) = json.get();
    return view;
  }
  outcomes_.emplace_back(*task, std::make_unique<Json>(record.outcome.parse()));
  (record.state == TaskState::completed ? view.result : view.error) = outcomes_.back().second.get();
  return view;
}

Result<bool> condition_holds(const Workflow& workflow, TaskIndex task, expression::Evaluator& evaluator) {
  const std::string_view condition = workflow.definition().when(task);
  if (condition.empty()) return true;
  WorkflowScope scope(workflow, task);
  Result<bool> holds = evaluator.test(condition, scope);
  if (!holds) holds.error().field = "when";
  return holds;
}

Result<JsonText> expand_args(const Workflow& workflow, TaskIndex task, expression::Evaluator& evaluator,
                             std::size_t max_bytes) {
  const Definition& definition = workflow.definition();
  if (!definition.args_have_places(task)) return definition.args(task);
  WorkflowScope scope(workflow, task);
  Result<Json> args = evaluator.expand(definition.args(task).parse(), scope);
  if (!args) {
    args.error().field.insert(0, "args");
    return std::unexpected(std::move(args.error()));
  }
  JsonText text = JsonText::from(*args);
  if (text.view().size() > max_bytes)
    return fail(ErrorCode::limit_exceeded,
                fmt::format("the args have {} bytes; the limit is {}", text.view().size(), max_bytes), "args");
  return text;
}

Result<JsonText> expand_output(const Workflow& workflow, expression::Evaluator& evaluator) {
  WorkflowScope scope(workflow, kNoTask);
  Result<Json> output = evaluator.expand(workflow.definition().output().parse(), scope);
  if (!output) {
    output.error().field.insert(0, "output");
    return std::unexpected(std::move(output.error()));
  }
  return JsonText::from(*output);
}

TaskError evaluation_failure(const Error& error) {
  TaskError failure(error.code == ErrorCode::limit_exceeded ? "limit_exceeded" : "expression_error", describe(error));
  failure.retryable = false;
  return failure;
}

}  // namespace pawl::core
