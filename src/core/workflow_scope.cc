#include "core/workflow_scope.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace pawl::core {
namespace {

// How much of inputs and results the expressions of one task, condition or output may look at: as values they take
// several times as much memory.
constexpr std::size_t kMaxReadBytes = 128U << 20;

// What `evaluated` says, unless it was evaluated from something that could not be read.
template <class T>
Result<T> checked(Result<T> evaluated, const WorkflowScope& scope) {
  if (scope.problem()) [[unlikely]]
    return std::unexpected(*scope.problem());
  return evaluated;
}

}  // namespace

Json WorkflowScope::read(const JsonText& text, std::string_view what) {
  bytes_read_ += text.view().size();
  if (bytes_read_ > kMaxReadBytes) {
    if (!problem_)
      problem_ =
          Error{.code = ErrorCode::limit_exceeded,
                .message = fmt::format("it reads results of more than {} bytes in total, the limit", kMaxReadBytes)};
    return nullptr;
  }
  Result<Json> value = text.try_parse();
  if (value) return *std::move(value);
  if (!problem_) problem_ = std::move(value.error()).within(what);
  return nullptr;
}

const Json& WorkflowScope::input() {
  if (!input_) input_ = std::make_unique<Json>(read(workflow_.facts->input, "the input"));
  return *input_;
}

std::uint32_t WorkflowScope::attempt() {
  if (action_ == kNoAction) return 0;
  if (seen_from_ && !action_.undo) return seen_from_->attempt;  // the args that it was made with
  const TaskRecord& record = workflow_.record(action_);
  // A condition is evaluated before its attempt is counted.
  return record.state == TaskState::pending ? record.attempt + 1U : record.attempt;
}

std::optional<CompletionView> WorkflowScope::completion_then(TaskIndex task) const {
  if (!seen_from_ || workflow_.after->earlier.empty()) return std::nullopt;
  const bool is_undone = action_.undo && action_.task == task;
  return is_undone ? seen_from_ : completion_before(workflow_, task, seen_from_->place);
}

bool WorkflowScope::completed_later(TaskIndex task) const {
  const TaskRecord& record = workflow_.tasks[task];
  return seen_from_ && !workflow_.after->earlier.empty() && has_result(record.state) &&
         record.waiting_on >= seen_from_->place;
}

WorkflowScope::Seen WorkflowScope::see(TaskIndex task) const {
  const TaskRecord& record = workflow_.tasks[task];
  if (const auto then = completion_then(task)) [[unlikely]]
    return {.state = TaskState::completed, .outcome = then->result};
  // Others depended on it all the same, so its failure was allowed, or it was skipped.
  if (completed_later(task)) [[unlikely]]
    return {.state = workflow_.definition().rules(task).allow_failure ? TaskState::failed : TaskState::skipped};
  return {.state = record.state, .outcome = record.outcome.is_null() ? nullptr : &record.outcome};
}

std::optional<TaskState> WorkflowScope::task_state(std::string_view id) {
  const auto task = workflow_.definition().find_task(id);
  return task ? std::optional(see(*task).state) : std::nullopt;
}

expression::TaskOutcome WorkflowScope::task_outcome(std::string_view id) {
  const auto task = workflow_.definition().find_task(id);
  if (!task) return {};
  const Seen seen = see(*task);
  if (seen.outcome == nullptr || seen.outcome->is_null()) return {};
  std::unique_ptr<Json>& json = outcomes_[*task];
  if (!json) json = std::make_unique<Json>(read(*seen.outcome, fmt::format("task {}", in_quotes(id))));
  return has_result(seen.state) ? expression::TaskOutcome{.result = json.get()}
                                : expression::TaskOutcome{.error = json.get()};
}

std::span<const std::string_view> WorkflowScope::visible_tasks() {
  if (has_visible_) return visible_;
  has_visible_ = true;
  for (const TaskIndex task : find_visible()) visible_.push_back(workflow_.definition().task_id(task));
  return visible_;
}

// In the order of the definition. Of a task: what it depends on, directly or not. Of the output: all tasks. Of a
// compensation: all that have ended.
std::vector<TaskIndex> WorkflowScope::find_visible() const {
  const Definition& definition = workflow_.definition();
  std::vector<TaskIndex> visible;
  if (action_ == kNoAction || action_.undo) {
    for (TaskIndex task = 0; task < definition.task_count(); ++task)
      if (action_ == kNoAction || is_terminal(see(task).state)) visible.push_back(task);
    return visible;
  }
  std::vector<bool> is_found(definition.task_count(), false);
  const auto add_dependencies = [&](TaskIndex task) {
    for (const TaskIndex dependency : definition.dependencies(task)) {
      if (is_found[dependency]) continue;
      is_found[dependency] = true;
      visible.push_back(dependency);
    }
  };
  add_dependencies(action_.task);
  for (std::size_t i = 0; i < visible.size(); ++i) add_dependencies(visible[i]);
  std::ranges::sort(visible);
  return visible;
}

const Json* WorkflowScope::undone_task() {
  if (action_ == kNoAction || !action_.undo) return nullptr;
  if (!undone_task_) {
    const TaskIndex task = action_.task;
    const std::string_view id = workflow_.definition().task_id(task);
    undone_task_ = std::make_unique<Json>(boost::json::object{
        {"id", boost::json::string_view(id.data(), id.size())},
        {"args", read(undone_args_, "the args")},
        {"result", read(seen_from_ ? *seen_from_->result : workflow_.tasks[task].outcome, "the result")}});
  }
  return undone_task_.get();
}

const Json* WorkflowScope::failure() {
  if (action_ == kNoAction || !action_.undo || workflow_.error.is_null()) return nullptr;
  if (!failure_) failure_ = std::make_unique<Json>(read(workflow_.error, "the workflow's error"));
  return failure_.get();
}

Result<bool> condition_holds(const Workflow& workflow, ActionId action, expression::Evaluator& evaluator) {
  const std::string_view condition = workflow.definition().when(action);
  if (condition.empty()) return true;
  WorkflowScope scope(workflow, action);
  Result<bool> holds = checked(evaluator.test(condition, scope), scope);
  if (!holds) holds.error().field = "when";
  return holds;
}

namespace {

// An object that ends the args of `exec` holds its options if it stands there in the definition. One that an expression
// made is an argument like any other, whatever a command has printed: an empty object behind it takes its place.
void keep_from_options(const boost::json::array& written, boost::json::array& args) {
  if (!written.empty() && !written.back().is_object() && args.back().is_object())
    args.emplace_back(boost::json::object());
}

Result<JsonText> expand_in(WorkflowScope& scope, const Definition& definition, ActionId action,
                           expression::Evaluator& evaluator, std::size_t max_bytes) {
  const Json written = definition.args(action).parse();
  Result<Json> args = checked(evaluator.expand(written, scope), scope);
  if (!args) {
    args.error().field.insert(0, "args");
    return std::unexpected(std::move(args.error()));
  }
  if (definition.handler(action).module == "exec") keep_from_options(written.get_array(), args->get_array());
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

Result<JsonText> expand_args(const Workflow& workflow, ActionId action, expression::Evaluator& evaluator,
                             std::size_t max_bytes) {
  const Definition& definition = workflow.definition();
  if (!definition.args_have_places(action)) return definition.args(action);
  if (!action.undo) {
    WorkflowScope scope(workflow, action);
    return expand_in(scope, definition, action, evaluator, max_bytes);
  }
  const auto undone = latest_completion(workflow, action.task);
  Result<JsonText> undone_args = expand_undone(workflow, action.task, undone, evaluator, max_bytes);
  if (!undone_args) return undone_args;
  WorkflowScope scope(workflow, action, undone, *std::move(undone_args));
  return expand_in(scope, definition, action, evaluator, max_bytes);
}

Result<Undone> undone_by(const Workflow& workflow, TaskIndex task, expression::Evaluator& evaluator,
                         std::size_t max_bytes) {
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
  WorkflowScope scope(workflow, kNoAction);
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
