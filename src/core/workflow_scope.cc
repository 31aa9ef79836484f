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
    (has_result(record.state) ? view.result : view.error) = json.get();
    return view;
  }
  outcomes_.emplace_back(*task, std::make_unique<Json>(record.outcome.parse()));
  (has_result(record.state) ? view.result : view.error) = outcomes_.back().second.get();
  return view;
}

const Json* WorkflowScope::undone_task() {
  if (task_ == kNoTask || !workflow_.is_compensation(task_)) return nullptr;
  if (!undone_task_) {
    const TaskIndex task = workflow_.definition().task_of(task_);
    const std::string_view id = workflow_.definition().task_id(task);
    undone_task_ = std::make_unique<Json>(boost::json::object{{"id", boost::json::string_view(id.data(), id.size())},
                                                              {"args", undone_args_.parse()},
                                                              {"result", workflow_.tasks[task].outcome.parse()}});
  }
  return undone_task_.get();
}

const Json* WorkflowScope::failure() {
  if (task_ == kNoTask || !workflow_.is_compensation(task_) || workflow_.error.is_null()) return nullptr;
  if (!failure_) failure_ = std::make_unique<Json>(workflow_.error.parse());
  return failure_.get();
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
  JsonText undone_args;
  if (workflow.is_compensation(task)) {
    Result<JsonText> expanded = expand_args(workflow, definition.task_of(task), evaluator, max_bytes);
    if (!expanded) return expanded;
    undone_args = *std::move(expanded);
  }
  WorkflowScope scope(workflow, task, std::move(undone_args));
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

Result<Undone> undone_by(const Workflow& workflow, TaskIndex compensation, expression::Evaluator& evaluator,
                         std::size_t max_bytes) {
  const TaskIndex task = workflow.definition().task_of(compensation);
  Result<JsonText> args = expand_args(workflow, task, evaluator, max_bytes);
  if (!args) return std::unexpected(std::move(args.error()));
  return Undone{
      .task = task, .args = *std::move(args), .result = workflow.tasks[task].outcome, .failure = workflow.error};
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
