// A definition is the graph that a workflow executes.
//
// A definition is written as YAML or JSON (schemas/workflow.schema.json), or built in code as a WorkflowSpec. Either
// way it is checked as a whole (names, limits, dependencies, cycles, expressions) and becomes an immutable Definition,
// which any number of workflows on any number of threads share.
//
//   std::vector<pawl::Warning> warnings;
//   auto definition = pawl::read_definition_file("flow.yaml", {.warnings = &warnings});
//   if (!definition) std::cerr << pawl::describe(definition.error(), "flow.yaml") << '\n';
//   for (const pawl::Warning& warning : warnings) std::cerr << pawl::describe_warning(warning, "flow.yaml") << '\n';
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pawl/action.h"
#include "pawl/json.h"
#include "pawl/json_text.h"
#include "pawl/result.h"
#include "pawl/types.h"

namespace pawl {

enum class Backoff : std::uint8_t { exponential, fixed, linear };

[[nodiscard]] std::string_view to_string(Backoff backoff);

// When and how often a failed task is tried again.
struct RetryPolicy {
  std::uint32_t max_attempts = 3;  // in all, the first one included; 1..10,000
  Backoff backoff = Backoff::exponential;
  double multiplier = 2.0;                        // of exponential backoff; 1..100
  Duration base_delay = std::chrono::seconds(1);  // before the second attempt
  Duration max_delay = std::chrono::seconds(60);  // no delay is longer, before jitter
  double jitter = 0.0;  // each delay is spread evenly over [1 - jitter, 1 + jitter] of itself; 0..1
  std::vector<std::string> retryable_errors{};      // codes that are retried; empty: all
  std::vector<std::string> non_retryable_errors{};  // codes that are not retried, whatever the list above says

  friend bool operator==(const RetryPolicy&, const RetryPolicy&) = default;
};

// What happens to a task while its circuit breaker is open.
enum class OnOpen : std::uint8_t { hold, fail };

[[nodiscard]] std::string_view to_string(OnOpen on_open);

// What undoes a completed task. Its args see, beside what a task's args see, `task` (id, args and result of the task it
// undoes) and `failure` (code, message and task of the workflow's failure; null if it did not fail).
struct Compensation {
  std::string module{};
  std::string function{};
  Json args = boost::json::array();
  std::optional<Duration> timeout{};
  std::optional<RetryPolicy> retry_policy{};
  std::string retry_policy_name{};  // a stored policy instead

  friend bool operator==(const Compensation&, const Compensation&) = default;
};

// What the member `compensation` of a task says, sugar included. Error: `invalid_argument`, with the `field`.
[[nodiscard]] Result<Compensation> parse_compensation(const Json& compensation);

// One task as it is written. Defaults are those of the definition format.
struct TaskSpec {
  std::string id{};    // 1..256 bytes of UTF-8 without control characters, white space, `[` or `]`
  std::string name{};  // shown to people; empty: the id
  std::string module{};
  std::string function{};
  Json args = boost::json::array();  // positional: args("load", 7); strings may hold `${{ ... }}`
  std::vector<std::string> dependencies{};
  std::string when{};                           // an expression that is true, false or nil; empty: always
  std::optional<Duration> timeout{};            // of one attempt
  std::optional<Duration> schedule_to_start{};  // from when it could start until an attempt does
  std::optional<Duration> schedule_to_close{};  // from when it could start until it has ended, over all attempts
  std::optional<RetryPolicy> retry_policy{};    // none: one attempt
  std::string retry_policy_name{};              // a stored policy instead
  std::string circuit_breaker{};                // the name of a stored policy; empty: none
  OnOpen on_open = OnOpen::hold;                // that breaker
  bool allow_failure = false;                   // dependents run even if this task fails
  std::optional<Compensation> compensation{};
  bool pivot = false;  // once it has completed, a failure undoes nothing

  // The options of all tasks of one kind can be shared by copying a spec.
};

// One definition as it is written.
struct WorkflowSpec {
  std::string name{};  // 1..256 bytes
  std::string description{};
  Priority priority = Priority::normal;
  Json input = boost::json::object();  // defaults; a workflow's own input is merged into them
  OnFailure on_failure = OnFailure::fail;
  std::optional<Duration> timeout{};  // of the whole workflow, from its start
  std::string timeout_policy{};       // the name of a stored policy; empty: none
  bool saga = true;                   // a failure compensates what had completed
  Json output = nullptr;              // `${{ ... }}` places allowed; null: the results of tasks without dependents
  std::vector<TaskSpec> tasks{};
};

// Limits that a definition is checked against.
struct DefinitionLimits {
  std::size_t file_bytes = 94'371'840;    // 90 MiB
  std::size_t tasks = 1'000'000;          // 8,000,000 at most, whatever this says
  std::size_t dependencies = 20'000'000;  // of all tasks together
  std::size_t args_bytes = 1'048'576;     // of one task, as JSON
};

// How a definition says that a task is run, shared by all tasks that say the same.
struct TaskRules {
  std::optional<RetryPolicy> retry_policy{};
  std::string retry_policy_name{};
  std::optional<Duration> timeout{};
  std::optional<Duration> schedule_to_start{};
  std::optional<Duration> schedule_to_close{};
  std::string circuit_breaker{};
  OnOpen on_open = OnOpen::hold;
  bool allow_failure = false;
  bool pivot = false;

  [[nodiscard]] bool has_schedule_limits() const { return schedule_to_start || schedule_to_close; }

  friend bool operator==(const TaskRules&, const TaskRules&) = default;
};

enum class PolicyKind : std::uint8_t { timeout, retry, circuit_breaker };

[[nodiscard]] std::string_view to_string(PolicyKind kind);

// A stored policy that a definition refers to, and the field that refers to it.
struct PolicyReference {
  PolicyKind kind{};
  std::string name{};
  std::string field{};

  friend bool operator==(const PolicyReference&, const PolicyReference&) = default;
};

struct HandlerName {
  std::string module{};
  std::string function{};
  // Waits for something (a time, a signal, another workflow) and does no work meanwhile: takes no task slot.
  bool waits = false;

  friend bool operator==(const HandlerName&, const HandlerName&) = default;
};

class Handlers;

// Something in a definition, or an input, that is valid but probably a mistake: it reads what does not exist, or waits
// for what cannot happen.
struct Warning {
  std::string message{};   // one sentence, with the nearest name that is known
  std::string field{};     // where, e.g. `tasks.load.when`
  std::uint32_t line = 0;  // 1-based position in the text that was read; 0: made in code
  std::uint32_t column = 0;

  friend bool operator==(const Warning&, const Warning&) = default;
};

// "a.yaml:3:7: warning: tasks.load.when: <message>", as far as the parts are known.
[[nodiscard]] std::string describe_warning(const Warning& warning, std::string_view file = {});

// Options of reading and checking a definition.
struct DefinitionChecks {
  DefinitionLimits limits{};
  const Handlers* handlers = nullptr;  // if given, every task's handler must be known to it, and its args fit
  // If given, what may be a mistake is added to it, the first 100 (docs/reference/definition.md, "Warnings").
  std::vector<Warning>* warnings = nullptr;
  // If given, and the definition is refused: its other errors beside the first one, which is returned. The fields of
  // all its tasks are read to their end, up to 20 errors in all; checks that need all tasks, such as those of
  // dependencies, run when the fields are right.
  std::vector<Error>* more_errors = nullptr;
  // The definition was accepted before, and is read again from storage: what is refused in new texts, such as
  // `timeout: 30` for 30 ms, is accepted.
  bool stored = false;
};

namespace definition {
class Builder;
}

// A checked, immutable graph. Source: definition/builder.h. About 60 bytes a task, and its strings.
//
// A compensation has a handler, args and rules of its own, which are read in the same way as those of a task.
// Threads: any.
class Definition {
 public:
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& description() const { return description_; }
  // SHA-256 of the canonical form, 64 hex digits: the same content has the same hash, however it was written.
  [[nodiscard]] const std::string& hash() const { return hash_; }
  [[nodiscard]] Priority priority() const { return priority_; }
  [[nodiscard]] OnFailure on_failure() const { return on_failure_; }
  [[nodiscard]] std::optional<Duration> timeout() const { return timeout_; }
  [[nodiscard]] const JsonText& input() const { return input_; }
  [[nodiscard]] const JsonText& output() const { return output_; }

  [[nodiscard]] const std::string& timeout_policy() const { return timeout_policy_; }
  [[nodiscard]] bool saga() const { return saga_; }
  // Each name once.
  [[nodiscard]] std::span<const PolicyReference> policies() const { return policies_; }
  // Whether any task has `schedule_to_start` or `schedule_to_close`, or a circuit breaker.
  [[nodiscard]] bool has_schedule_limits() const { return has_schedule_limits_; }
  [[nodiscard]] bool has_circuit_breakers() const { return has_circuit_breakers_; }

  [[nodiscard]] TaskIndex task_count() const { return task_count_; }
  [[nodiscard]] TaskIndex action_count() const { return task_count_ + static_cast<TaskIndex>(compensated_.size()); }
  // The tasks that have a compensation, ascending.
  [[nodiscard]] std::span<const TaskIndex> compensated_tasks() const { return compensated_; }
  // The action that undoes `task`; none: it has no compensation.
  [[nodiscard]] std::optional<ActionId> compensation_of(TaskIndex task) const {
    if (!std::ranges::binary_search(compensated_, task)) return std::nullopt;
    return ActionId::undo_of(task);
  }
  // Whether `action` is one of its actions.
  [[nodiscard]] bool has(ActionId action) const {
    return action.task < task_count_ && (!action.undo || compensation_of(action.task));
  }
  // The position of an action in the list of all: the tasks, then the compensations, in the order of their tasks. It
  // changes when a compensation is registered, so do not store it.
  [[nodiscard]] TaskIndex position_of(ActionId action) const {
    if (!action.undo) [[likely]]
      return action.task;
    const auto place = std::ranges::lower_bound(compensated_, TaskIndex{action.task});
    return task_count_ + static_cast<TaskIndex>(place - compensated_.begin());
  }
  // The reverse. `position` is below action_count().
  [[nodiscard]] ActionId action_at(TaskIndex position) const {
    return position < task_count_ ? ActionId(position) : ActionId::undo_of(compensated_[position - task_count_]);
  }
  // All actions, in this order.
  [[nodiscard]] auto actions() const {
    return std::views::iota(TaskIndex{0}, action_count()) |
           std::views::transform([this](TaskIndex position) { return action_at(position); });
  }
  [[nodiscard]] std::size_t dependency_count() const { return dependencies_.size(); }

  [[nodiscard]] std::string_view task_id(TaskIndex task) const {
    return {ids_.data() + rows_[task].id_begin, rows_[task + 1].id_begin - rows_[task].id_begin};
  }
  [[nodiscard]] std::optional<TaskIndex> find_task(std::string_view id) const;
  // The name shown to people, or else the id.
  [[nodiscard]] std::string_view task_name(TaskIndex task) const {
    return rows_[task].name == 0 ? task_id(task) : std::string_view(strings_[rows_[task].name]);
  }
  [[nodiscard]] std::uint32_t handler_index(ActionId action) const { return row_of(action).handler; }
  [[nodiscard]] const HandlerName& handler(ActionId action) const { return handlers_[row_of(action).handler]; }
  [[nodiscard]] bool waits(ActionId action) const { return handler(action).waits; }
  // Each module and function in use, once.
  [[nodiscard]] std::span<const HandlerName> handlers() const { return handlers_; }
  [[nodiscard]] const JsonText& args(ActionId action) const { return args_[row_of(action).args].text; }
  // Whether the args hold `${{ ... }}` places to fill in before each attempt.
  [[nodiscard]] bool args_have_places(ActionId action) const { return args_[row_of(action).args].has_places; }
  // The condition, or empty; a compensation has none.
  [[nodiscard]] std::string_view when(ActionId action) const { return strings_[row_of(action).when]; }
  [[nodiscard]] const TaskRules& rules(ActionId action) const { return rules_[row_of(action).rules]; }

  [[nodiscard]] std::span<const TaskIndex> dependencies(ActionId action) const {
    const TaskIndex position = position_of(action);
    return between(dependencies_, rows_[position].dependencies_begin, rows_[position + 1].dependencies_begin);
  }
  [[nodiscard]] std::span<const TaskIndex> dependents(ActionId action) const {
    const TaskIndex position = position_of(action);
    return between(dependents_, rows_[position].dependents_begin, rows_[position + 1].dependents_begin);
  }
  // Starts to load what the definition says of `action`, which will be read soon.
  void prefetch(ActionId action) const { __builtin_prefetch(&row_of(action)); }
  // Every task after all that it depends on; among tasks that may come next, in the order they were written.
  [[nodiscard]] std::vector<TaskIndex> topological_order() const;

 private:
  friend class definition::Builder;
  Definition() = default;

  static std::span<const TaskIndex> between(const std::vector<TaskIndex>& edges, std::uint32_t begin,
                                            std::uint32_t end) {
    return {edges.data() + begin, end - begin};
  }

  // Index 0 of strings_ is the empty string. Row action_count() is a sentinel that ends the last ranges.
  struct Row {
    std::uint32_t id_begin = 0;
    std::uint32_t name = 0;
    std::uint32_t handler = 0;
    std::uint32_t args = 0;
    std::uint32_t when = 0;
    std::uint32_t rules = 0;
    std::uint32_t dependencies_begin = 0;
    std::uint32_t dependents_begin = 0;
  };
  struct Args {
    JsonText text;
    bool has_places = false;
  };

  [[nodiscard]] const Row& row_of(ActionId action) const { return rows_[position_of(action)]; }

  std::string name_;
  std::string description_;
  std::string hash_;
  Priority priority_ = Priority::normal;
  OnFailure on_failure_ = OnFailure::fail;
  std::optional<Duration> timeout_;
  std::string timeout_policy_;
  bool saga_ = true;
  bool has_schedule_limits_ = false;
  bool has_circuit_breakers_ = false;
  TaskIndex task_count_ = 0;
  std::vector<TaskIndex> compensated_;
  std::vector<PolicyReference> policies_;
  JsonText input_;
  JsonText output_;
  std::string ids_;
  std::vector<Row> rows_;
  std::vector<TaskIndex> by_id_;  // tasks in the order of their ids, for find_task
  std::vector<TaskIndex> dependencies_;
  std::vector<TaskIndex> dependents_;
  std::vector<std::string> strings_;
  std::vector<HandlerName> handlers_;
  std::vector<Args> args_;
  std::vector<TaskRules> rules_;
};

// Shared, because any number of workflows on several threads hold the same definition.
using DefinitionPtr = std::shared_ptr<const Definition>;

// Checks a spec and makes a definition of it, in O(tasks + dependencies). Error: `invalid_argument` or
// `limit_exceeded`, with the offending `field`.
[[nodiscard]] Result<DefinitionPtr> make_definition(const WorkflowSpec& spec, const DefinitionChecks& checks = {});

// Reads a definition from YAML or JSON text; `file_name` tells which (by its ending, else by the first character).
// Error: as above, with line and column.
[[nodiscard]] Result<DefinitionPtr> read_definition(std::string_view text, std::string_view file_name = {},
                                                    const DefinitionChecks& checks = {});

// The same from a file. Error: also `not_found`, `permission_denied`.
[[nodiscard]] Result<DefinitionPtr> read_definition_file(const std::string& path, const DefinitionChecks& checks = {});

// The members of `input` that the definition's own `input` does not have, each with the nearest one that it has. None
// if the definition declares no input: nothing is known then.
[[nodiscard]] std::vector<Warning> check_input(const Definition& definition, const Json& input);

// The canonical form: one JSON document that is the same for all equal definitions. read_definition reads it back to a
// definition of the same hash.
[[nodiscard]] std::string to_canonical_json(const Definition& definition);

}  // namespace pawl
