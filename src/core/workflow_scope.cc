#include "core/workflow_scope.h"

#include <fmt/format.h>

#include "base/text.h"

namespace pawl::core {
namespace {

// What `evaluated` says, unless it was evaluated from something that could not be read.
template <class T>
Result<T> checked(Result<T> evaluated, const WorkflowScope& scope) {
  if (scope.corruption()) [[unlikely]]
    return std::unexpected(*scope.corruption());
  return evaluated;
}

}  // namespace

Json WorkflowScope::read(const JsonText& text, std::string_view what) {
  Result<Json> value = text.try_parse();
  if (value) return *std::move(value);
  if (!corruption_) corruption_ = std::move(value.error()).within(what);
  return nullptr;
}

const Json& WorkflowScope::input() {
  if (!input_) input_ = std::make_unique<Json>(read(workflow_.facts->input, "the input"));
  return *input_;
}

std::uint32_t WorkflowScope::attempt() {
  if (task_ == kNoTask) return 0;
  if (seen_from_ && !workflow_.is_compensation(task_)) return seen_from_->attempt;  // the args that it was made with
  const TaskRecord& record = workflow_.tasks[task_];
  // A condition is evaluated before its attempt is counted.
  return record.state == TaskState::pending ? record.attempt + 1U : record.attempt;
}

std::optional<CompletionView> WorkflowScope::completion_then(TaskIndex task) const {
  if (!seen_from_ || workflow_.after->earlier.empty()) return std::nullopt;
  const bool is_undone = workflow_.is_compensation(task_) && workflow_.definition().task_of(task_) == task;
  return is_undone ? seen_from_ : completion_before(workflow_, task, seen_from_->place);
}

bool WorkflowScope::completed_later(TaskIndex task) const {
  const TaskRecord& record = workflow_.tasks[task];
  return seen_from_ && !workflow_.after->earlier.empty() && has_result(record.state) &&
         record.waiting_on >= seen_from_->place;
}

std::optional<expression::TaskView> WorkflowScope::task(std::string_view id) {
  const auto task = workflow_.definition().find_task(id);
  if (!task) return std::nullopt;
  const TaskRecord& record = workflow_.tasks[*task];
  expression::TaskView view{.state = record.state};
  const JsonText* outcome = &record.outcome;
  if (const auto then = completion_then(*task)) [[unlikely]] {
    view.state = TaskState::completed;
    outcome = then->result;
  } else if (completed_later(*task)) [[unlikely]] {
    // Others depended on it all the same, so its failure was allowed, or it was skipped.
    view.state = workflow_.definition().rules(*task).allow_failure ? TaskState::failed : TaskState::skipped;
    return view;
  }
  if (outcome->is_null()) return view;
  for (const auto& [known, json] : outcomes_) {
    if (known != *task) continue;
    (has_result(view.state) ? view.result : view.error) = json.get();
    return view;
  }
  outcomes_.emplace_back(*task, std::make_unique<Json>(read(*outcome, fmt::format("task {}", in_quotes(id)))));
  (has_result(view.state) ? view.result : view.error) = outcomes_.back().second.get();
  return view;
}

const Json* WorkflowScope::undone_task() {
  if (task_ == kNoTask || !workflow_.is_compensation(task_)) return nullptr;
  if (!undone_task_) {
    const TaskIndex task = workflow_.definition().task_of(task_);
    const std::string_view id = workflow_.definition().task_id(task);
    undone_task_ = std::make_unique<Json>(boost::json::object{
        {"id", boost::json::string_view(id.data(), id.size())},
        {"args", read(undone_args_, "the args")},
        {"result", read(seen_from_ ? *seen_from_->result : workflow_.tasks[task].outcome, "the result")}});
  }
  return undone_task_.get();
}

const Json* WorkflowScope::failure() {
  if (task_ == kNoTask || !workflow_.is_compensation(task_) || workflow_.error.is_null()) return nullptr;
  if (!failure_) failure_ = std::make_unique<Json>(read(workflow_.error, "the workflow's error"));
  return failure_.get();
}

Result<bool> condition_holds(const Workflow& workflow, TaskIndex task, expression::Evaluator& evaluator) {
  const std::string_view condition = workflow.definition().when(task);
  if (condition.empty()) return true;
  WorkflowScope scope(workflow, task);
  Result<bool> holds = checked(evaluator.test(condition, scope), scope);
  if (!holds) holds.error().field = "when";
  return holds;
}

namespace {

Result<JsonText> expand_in(WorkflowScope& scope, const Definition& definition, TaskIndex task,
                           expression::Evaluator& evaluator, std::size_t max_bytes) {
  Result<Json> args = checked(evaluator.expand(definition.args(task).parse(), scope), scope);
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

// The args with which the task made this completion.
Result<JsonText> expand_undone(const Workflow& workflow, TaskIndex task, const std::optional<CompletionView>& undone,
                               expression::Evaluator& evaluator, std::size_t max_bytes) {
  if (!workflow.definition().args_have_places(task)) return workflow.definition().args(task);
  WorkflowScope scope(workflow, task, undone);
  return expand_in(scope, workflow.definition(), task, evaluator, max_bytes);
}

}  // namespace

Result<JsonText> expand_args(const Workflow& workflow, TaskIndex task, expression::Evaluator& evaluator,
                             std::size_t max_bytes) {
  const Definition& definition = workflow.definition();
  if (!definition.args_have_places(task)) return definition.args(task);
  if (!workflow.is_compensation(task)) {
    WorkflowScope scope(workflow, task);
    return expand_in(scope, definition, task, evaluator, max_bytes);
  }
  const auto undone = latest_completion(workflow, definition.task_of(task));
  Result<JsonText> undone_args = expand_undone(workflow, definition.task_of(task), undone, evaluator, max_bytes);
  if (!undone_args) return undone_args;
  WorkflowScope scope(workflow, task, undone, *std::move(undone_args));
  return expand_in(scope, definition, task, evaluator, max_bytes);
}

Result<Undone> undone_by(const Workflow& workflow, TaskIndex compensation, expression::Evaluator& evaluator,
                         std::size_t max_bytes) {
  const TaskIndex task = workflow.definition().task_of(compensation);
  const auto undone = latest_completion(workflow, task);
  Result<JsonText> args = expand_undone(workflow, task, undone, evaluator, max_bytes);
  if (!args) return std::unexpected(std::move(args.error()));
  const JsonText& result = undone ? *undone->result : workflow.tasks[task].outcome;
  for (const auto& [what, text] :
       {std::pair("the result of the undone task", &result), std::pair("the workflow's error", &workflow.error)})
    if (const Result<Json> value = text->try_parse(); !value) return std::unexpected(Error(value.error()).within(what));
  return Undone{.task = task, .args = *std::move(args), .result = result, .failure = workflow.error};
}

namespace {

// The string that stands at `place` inside `value`, a place as expression::Evaluator::expand names it; nullptr: none.
const boost::json::string* find_text(const Json& value, std::string_view place) {  // NOLINT(misc-no-recursion)
  if (place.empty()) return value.if_string();
  if (const auto* const elements = value.if_array()) {
    for (std::size_t i = 0; i < elements->size(); ++i)
      if (const std::string step = fmt::format("[{}]", i); place.starts_with(step))
        return find_text((*elements)[i], place.substr(step.size()));
  } else if (const auto* const members = value.if_object()) {
    for (const auto& member : *members) {
      const std::string step = fmt::format(".{}", std::string_view(member.key()));
      if (!place.starts_with(step)) continue;
      if (const auto* const found = find_text(member.value(), place.substr(step.size()))) return found;
    }
  }
  return nullptr;
}

}  // namespace

std::expected<JsonText, TaskError> expand_output(const Workflow& workflow, expression::Evaluator& evaluator) {
  const Json wanted = workflow.definition().output().parse();
  WorkflowScope scope(workflow, kNoTask);
  Result<Json> output = checked(evaluator.expand(wanted, scope), scope);
  if (output) return JsonText::from(*output);
  Error error = std::move(output.error());
  const auto* const text = find_text(wanted, error.field);
  error.field.insert(0, "output");
  TaskError failure = evaluation_failure(error);
  boost::json::object details{{"place", error.field}};
  if (text != nullptr) {
    failure.message += fmt::format(" (in {})", in_quotes(*text));
    details.emplace("expression", *text);
  }
  failure.details = std::move(details);
  return std::unexpected(std::move(failure));
}

TaskError evaluation_failure(const Error& error) {
  const bool keeps_code = error.code == ErrorCode::limit_exceeded || error.code == ErrorCode::corruption;
  TaskError failure(std::string(keeps_code ? to_string(error.code) : "expression_error"), describe(error));
  failure.retryable = false;
  return failure;
}

}  // namespace pawl::core
