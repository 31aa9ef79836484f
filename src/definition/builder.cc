#include "definition/builder.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include "pawl/handler.h"

#include "base/choice.h"
#include "base/text.h"
#include "definition/canonical.h"
#include "definition/checks.h"
#include "model/wait.h"

namespace pawl::definition {

namespace {

// What is counted of the tasks of one workflow has 24 bits (core/workflow.h), and counts them more than once.
constexpr std::size_t kMostTasks = 8'000'000;

}  // namespace

Builder::Builder(const DefinitionChecks& checks)
    : limits_(checks.limits),
      known_handlers_(checks.handlers),
      stored_(checks.stored),
      made_(new Definition()),
      tasks_by_id_(0, ById{made_.get()}, ById{made_.get()}) {
  made_->rows_.emplace_back();
  intern_string("");
  if (checks.warnings != nullptr) doubts_.emplace();
}

Checked<void> Builder::set_header(const WorkflowSpec& spec) {
  if (Checked<void> ok = check_name(spec.name, {"name"}); !ok) return ok;
  if (!is_choice(spec.priority, Priority::critical)) return wrong({"priority"}, "is not one of its values");
  if (!is_choice(spec.on_failure, OnFailure::continue_)) return wrong({"on_failure"}, "is not one of its values");
  if (Checked<void> ok = check_text(spec.description, {"description"}); !ok) return ok;
  if (!spec.input.is_object()) return wrong({"input"}, "must be an object of default values");
  Path input_path{"input"};
  if (Checked<void> ok = check_json(spec.input, input_path); !ok) return ok;
  Path output_path{"output"};
  if (Checked<void> ok = check_json(spec.output, output_path); !ok) return ok;
  if (spec.timeout)
    if (Checked<void> ok = check_timeout(*spec.timeout, {"timeout"}); !ok) return ok;
  made_->name_ = spec.name;
  made_->description_ = spec.description;
  made_->priority_ = spec.priority;
  made_->input_ = JsonText::from(spec.input);
  made_->on_failure_ = spec.on_failure;
  made_->timeout_ = spec.timeout;
  made_->output_ = JsonText::from(spec.output);
  made_->saga_ = spec.saga;
  made_->timeout_policy_ = spec.timeout_policy;
  if (!spec.timeout_policy.empty()) {
    if (Checked<void> ok = check_name(spec.timeout_policy, {"timeout_policy"}); !ok) return ok;
    refer_to_policy(PolicyKind::timeout, spec.timeout_policy, {"timeout_policy"});
  }
  for (const auto& [path, text] : {std::pair(input_path, &made_->input_), std::pair(output_path, &made_->output_)})
    if (Checked<void> ok = check_json_size(text->view().size(), limits_.args_bytes, path); !ok) return ok;
  if (Checked<bool> ok = check_places(spec.output, std::numeric_limits<TaskIndex>::max(), output_path); !ok)
    return std::unexpected(std::move(ok.error()));
  return {};
}

Checked<void> Builder::add_task(const TaskSpec& task) {
  Definition& made = *made_;
  const TaskIndex index = made.task_count();
  Path path{"tasks", task.id};
  if (const std::size_t most = std::min(limits_.tasks, kMostTasks); index >= most)
    return wrong({"tasks"}, fmt::format("more than {} tasks; split the workflow", most), ErrorCode::limit_exceeded);
  if (Checked<void> ok = check_task(task, path); !ok) return ok;
  if (tasks_by_id_.contains(std::string_view(task.id)))
    return wrong(path, fmt::format("there are two tasks {}", in_quotes(task.id)));
  if (dependency_name_ends_.size() + task.dependencies.size() > limits_.dependencies)
    return wrong(path, fmt::format("more than {} dependencies in all", limits_.dependencies),
                 ErrorCode::limit_exceeded);

  Definition::Row& row = made.rows_.back();
  made.ids_ += task.id;
  row.name = task.name == task.id ? 0 : intern_string(task.name);
  row.handler = intern_handler(task.module, task.function);
  TaskRules rules{.retry_policy = task.retry_policy,
                  .retry_policy_name = task.retry_policy_name,
                  .timeout = task.timeout,
                  .schedule_to_start = task.schedule_to_start,
                  .schedule_to_close = task.schedule_to_close,
                  .circuit_breaker = task.circuit_breaker,
                  .on_open = task.on_open,
                  .allow_failure = task.allow_failure,
                  .pivot = task.pivot};
  refer_to_policies(rules, path);
  made.has_schedule_limits_ |= rules.has_schedule_limits();
  made.has_circuit_breakers_ |= !rules.circuit_breaker.empty();
  row.rules = intern_rules(std::move(rules));
  made.rows_.push_back({.id_begin = static_cast<std::uint32_t>(made.ids_.size())});
  ++made.task_count_;
  tasks_by_id_.insert(index);

  Checked<std::uint32_t> args = intern_args(task.args, index, path);
  if (!args) return std::unexpected(std::move(args.error()));
  made.rows_[index].args = *args;
  if (doubts_) doubts_->note_command(task.module, task.function, task.args, made.input_, path);
  if (doubts_ && task.retry_policy) doubts_->note_retries(task.module, *task.retry_policy, path);
  const Call call{.module = task.module, .function = task.function, .args = task.args};
  if (Checked<void> ok = check_handler(call, made.args_[*args].has_places, path); !ok) return ok;
  if (task.compensation) compensations_.emplace_back(index, *task.compensation);
  if (!task.when.empty()) {
    path.emplace_back("when");
    const Result<std::string_view> condition = expression::strip_place(task.when);
    if (!condition) return wrong(path, condition.error().message);
    if (Checked<void> ok = check_text(*condition, path); !ok) return ok;
    if (!stored_ && condition->starts_with("{{"))  // which Lua would take for a table, and that for true
      return wrong(path,
                   fmt::format("{} has braces around it; a condition is written without: `input.deploy == \"yes\"`",
                               in_quotes(*condition)));
    if (Checked<void> ok = check_expression(*condition, index, path); !ok) return ok;
    if (doubts_) doubts_->note_condition(*condition, path);
    made.rows_[index].when = intern_string(*condition);
  }

  for (const std::string& dependency : task.dependencies) {
    dependency_names_ += dependency;
    dependency_name_ends_.push_back(dependency_names_.size());
  }
  dependency_counts_.push_back(static_cast<std::uint32_t>(task.dependencies.size()));
  return {};
}

Checked<DefinitionPtr> Builder::finish() {
  Definition& made = *made_;
  if (made.task_count() == 0) return wrong({"tasks"}, "there are no tasks; a workflow needs at least one");
  if (Checked<void> ok = resolve_dependencies(); !ok) return std::unexpected(std::move(ok.error()));
  connect_dependents();
  if (Checked<void> ok = refuse_cycles(); !ok) return std::unexpected(std::move(ok.error()));
  if (Checked<void> ok = add_compensations(); !ok) return std::unexpected(std::move(ok.error()));
  if (Checked<void> ok = check_references(); !ok) return std::unexpected(std::move(ok.error()));
  made.by_id_.resize(made.task_count());
  std::iota(made.by_id_.begin(), made.by_id_.end(), 0U);
  std::ranges::sort(made.by_id_, {}, [&](TaskIndex task) { return made.task_id(task); });
  made.ids_.shrink_to_fit();
  made.rows_.shrink_to_fit();
  made.args_.shrink_to_fit();
  made.strings_.shrink_to_fit();
  made.hash_ = content_hash(made);
  return made_;
}

std::vector<Problem> Builder::warnings() const { return doubts_ ? doubts_->judge(*made_) : std::vector<Problem>(); }

std::uint32_t Builder::intern_string(std::string_view text) {
  const auto [entry, is_new] =
      strings_.try_emplace(std::string(text), static_cast<std::uint32_t>(made_->strings_.size()));
  if (is_new) made_->strings_.emplace_back(text);
  return entry->second;
}

std::uint32_t Builder::intern_handler(const std::string& module, const std::string& function) {
  std::string key = module;
  key += '\n';  // no name contains one
  key += function;
  const auto [entry, is_new] =
      handlers_.try_emplace(std::move(key), static_cast<std::uint32_t>(made_->handlers_.size()));
  if (is_new) {
    made_->handlers_.push_back(
        {.module = module, .function = function, .waits = find_wait_kind(module, function) != nullptr});
  }
  return entry->second;
}

// Behind the tasks, in their order. Nothing depends on a compensation.
Checked<void> Builder::add_compensations() {
  Definition& made = *made_;
  place_ = expression::Place::compensation;
  analysed_.clear();
  for (auto& [task, compensation] : compensations_) {
    Path path = task_path(task);
    path.emplace_back("compensation");
    if (Checked<void> ok = check_compensation(compensation, path); !ok) return ok;
    // Whatever has ended by then may be looked at.
    Checked<std::uint32_t> args = intern_args(compensation.args, std::numeric_limits<TaskIndex>::max(), path);
    if (!args) return std::unexpected(std::move(args.error()));
    if (doubts_)
      doubts_->note_command(compensation.module, compensation.function, compensation.args, made.input_, path);
    if (doubts_ && compensation.retry_policy)
      doubts_->note_retries(compensation.module, *compensation.retry_policy, path);
    const Call call{.module = compensation.module, .function = compensation.function, .args = compensation.args};
    if (Checked<void> ok = check_handler(call, made.args_[*args].has_places, path); !ok) return ok;
    TaskRules rules{.retry_policy = std::move(compensation.retry_policy),
                    .retry_policy_name = std::move(compensation.retry_policy_name),
                    .timeout = compensation.timeout};
    refer_to_policies(rules, path);
    const Definition::Row end = made.rows_.back();
    Definition::Row& row = made.rows_.back();
    const std::string id(made.task_id(task));
    made.ids_ += id;
    row.name = made.rows_[task].name;
    row.handler = intern_handler(compensation.module, compensation.function);
    row.rules = intern_rules(std::move(rules));
    row.args = *args;
    made.rows_.push_back({.id_begin = static_cast<std::uint32_t>(made.ids_.size()),
                          .dependencies_begin = end.dependencies_begin,
                          .dependents_begin = end.dependents_begin});
    made.compensated_.push_back(task);
  }
  return {};
}

void Builder::refer_to_policies(const TaskRules& rules, const Path& path) {
  const auto field = [&](const char* name) {
    Path longer = path;
    longer.emplace_back(name);
    return longer;
  };
  if (!rules.retry_policy_name.empty())
    refer_to_policy(PolicyKind::retry, rules.retry_policy_name, field("retry_policy"));
  if (!rules.circuit_breaker.empty())
    refer_to_policy(PolicyKind::circuit_breaker, rules.circuit_breaker, field("circuit_breaker"));
}

void Builder::refer_to_policy(PolicyKind kind, const std::string& name, const Path& path) {
  std::vector<PolicyReference>& policies = made_->policies_;
  const auto is_same = [&](const PolicyReference& each) { return each.kind == kind && each.name == name; };
  if (std::ranges::none_of(policies, is_same))
    policies.push_back({.kind = kind, .name = name, .field = field_of(path)});
}

std::uint32_t Builder::intern_rules(TaskRules rules) {
  const auto [entry, is_new] = rules_.try_emplace(rules_key(rules), static_cast<std::uint32_t>(made_->rules_.size()));
  if (is_new) made_->rules_.push_back(std::move(rules));
  return entry->second;
}

Checked<void> Builder::check_handler(const Call& call, bool has_places, const Path& path) const {
  if (known_handlers_ == nullptr) return {};
  Result<void> ok = known_handlers_->check(call.module, call.function, has_places ? nullptr : &call.args);
  if (ok) return {};
  return wrong(below(path, ok.error().field), std::move(ok.error().message), ok.error().code);
}

Checked<std::uint32_t> Builder::intern_args(const Json& args, TaskIndex task, const Path& path) {
  Path args_path = path;
  args_path.emplace_back("args");
  if (!args.is_array()) return wrong(args_path, "must be an array of positional arguments; pawl::args(...) makes one");
  // First, for the text of a value that is no JSON may be that of another one.
  if (Checked<void> ok = check_json(args, args_path); !ok) return std::unexpected(std::move(ok.error()));
  std::string text = to_json_text(args);
  if (Checked<void> ok = check_json_size(text.size(), limits_.args_bytes, args_path); !ok)
    return std::unexpected(std::move(ok.error()));
  if (const auto known = args_.find(text); known != args_.end() && !made_->args_[known->second].has_places)
    return known->second;
  // Args with places are checked for every task that has them: what they may refer to differs.
  const Checked<bool> has_places = check_places(args, task, args_path);
  if (!has_places) return std::unexpected(has_places.error());
  const auto [entry, is_new] = args_.try_emplace(std::move(text), static_cast<std::uint32_t>(made_->args_.size()));
  if (is_new) made_->args_.push_back({.text = JsonText::copy_of(entry->first), .has_places = *has_places});
  return entry->second;
}

Checked<void> Builder::check_expression(std::string_view text, TaskIndex task, const Path& path) {
  auto known = analysed_.find(std::string(text));
  if (known == analysed_.end()) {
    Result<std::vector<expression::TaskReference>> references =
        expression::analyse(text, place_, stored_ ? expression::Origin::stored : expression::Origin::written);
    if (!references) return wrong(path, references.error().message, references.error().code);
    std::vector<std::string> names;
    for (expression::TaskReference& reference : *references) names.push_back(std::move(reference.task));
    known = analysed_.emplace(std::string(text), std::move(names)).first;
  }
  if (doubts_) {
    const bool of_task = place_ == expression::Place::task && task != std::numeric_limits<TaskIndex>::max();
    doubts_->note(text, of_task ? std::optional(task) : std::nullopt, path);
  }
  for (const std::string& named : known->second) references_.push_back({.task = task, .named = named, .path = path});
  return {};
}

Checked<bool> Builder::check_places(const Json& value, TaskIndex task, Path& path) {
  bool found = false;
  const auto inside = [&](const Json& part, auto step) -> Checked<void> {
    path.emplace_back(std::move(step));
    const Checked<bool> places = check_places(part, task, path);
    if (!places) return std::unexpected(places.error());
    found |= *places;
    path.pop_back();
    return {};
  };
  if (value.is_array()) {
    for (std::size_t i = 0; i < value.get_array().size(); ++i)
      if (Checked<void> ok = inside(value.get_array()[i], i); !ok) return std::unexpected(std::move(ok.error()));
  } else if (value.is_object()) {
    for (const auto& member : value.get_object())
      if (Checked<void> ok = inside(member.value(), std::string(member.key())); !ok)
        return std::unexpected(std::move(ok.error()));
  } else if (value.is_string() && doubts_) {
    doubts_->note_text(value.get_string(), path);
  }
  if (value.is_string() && expression::has_places(value.get_string())) {
    const Result<std::vector<std::string_view>> places = expression::find_places(value.get_string());
    if (!places) return wrong(path, places.error().message);
    for (const std::string_view place : *places)
      if (Checked<void> ok = check_expression(place, task, path); !ok) return std::unexpected(std::move(ok.error()));
    found = true;
  }
  return found;
}

}  // namespace pawl::definition
