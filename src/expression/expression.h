// Expressions: the `when:` conditions and `${{ ... }}` places of a definition, evaluated in sandboxed Lua 5.4.
//
// An expression is one Lua expression. It sees `tasks`, `input`, `workflow`, `attempt` (and `item`, `index` inside a
// foreach, `task`, `failure` inside a compensation), parts of `string`, `table`, `math` and `utf8`, and nothing else;
// it can change nothing that outlives it. JSON values are seen through proxies: nothing is converted that is not
// touched, and a value that is passed on is passed on unchanged. JSON `null` is nil. A table with the keys 1..n becomes
// an array, any other an object with its keys in order; `array{...}` makes an empty array, or one with nulls between
// its elements. Patterns of strings are those of RE2, not Lua's.
//
// Limits stop what would not end: VM instructions, memory, and the work done inside single library calls.
// Threads: an Evaluator belongs to one thread. Errors: `invalid_argument` (does not parse, unknown name),
// `limit_exceeded` (a limit), `internal` never.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pawl/json.h"
#include "pawl/result.h"
#include "pawl/types.h"

namespace pawl::expression {

struct Limits {
  std::uint64_t instructions = 100'000;       // of one expression
  std::uint64_t instructions_per_task = 100;  // more, for each that an expression with `pairs(tasks)` goes through
  std::uint64_t instructions_together = 1'000'000;  // of all places that one expand() fills in
  std::size_t memory_bytes = 8U * 1024 * 1024;
};

// What a task looks like from inside an expression, once it has ended: its result or its error. nullptr is null. What
// it points to stays valid until the evaluation ends.
struct TaskOutcome {
  const Json* result = nullptr;
  const Json* error = nullptr;  // {"code", "message", ...}
};

// What the names in an expression mean at the moment of evaluation.
class Scope {
 public:
  virtual ~Scope() = default;
  virtual const Json& input() = 0;
  virtual std::string_view workflow_id() = 0;
  virtual std::string_view workflow_name() = 0;
  virtual std::uint32_t attempt() = 0;
  // nullopt: the workflow has no such task.
  virtual std::optional<TaskState> task_state(std::string_view id) = 0;
  // Of a task that there is, and that has ended.
  virtual TaskOutcome task_outcome(std::string_view id) = 0;
  // The ids of the tasks that `pairs(tasks)` goes through, in its order: those that have ended for sure, because the
  // task whose expression it is depends on them, directly or not. Stays valid until the evaluation ends.
  virtual std::span<const std::string_view> visible_tasks() = 0;
  // Inside a foreach: the element and its 0-based position; otherwise nullptr / nullopt.
  virtual const Json* item() { return nullptr; }
  virtual std::optional<std::uint64_t> index() { return std::nullopt; }
  // Inside a compensation: the task it undoes (an object: id, args, result) and what the workflow failed with;
  // otherwise nullptr.
  virtual const Json* undone_task() { return nullptr; }
  virtual const Json* failure() { return nullptr; }
};

// What several evaluations may still use together.
struct Work {
  std::uint64_t instructions_left;
};

class Evaluator {
 public:
  explicit Evaluator(Limits limits = {});
  ~Evaluator();
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  // The value of one expression (no `${{ }}` around it). Errors: those of analyse(), and what the expression runs into.
  Result<Json> evaluate(std::string_view expression, Scope& scope);
  // The same, as one of several: takes what it uses from `work`.
  Result<Json> evaluate(std::string_view expression, Scope& scope, Work& work);
  // Whether a condition holds: true or false, and false if it is nil (or null). Error: also `invalid_argument` if it is
  // anything else, for a text such as "no" would count as true.
  Result<bool> test(std::string_view expression, Scope& scope);
  // `value` with every `${{ ... }}` in its strings (keys of objects are left alone) replaced. A string that is one
  // whole `${{ ... }}`, without even a space around it, becomes the value itself, with its JSON type; inside longer
  // strings a string is inserted as it is, null as nothing, and anything else as JSON. The error's `field` is the place
  // inside `value`, e.g. `[0].path`.
  Result<Json> expand(const Json& value, Scope& scope);

 private:
  struct Lua;
  const Limits limits_;
  std::unique_ptr<Lua> lua_;
};

// One `tasks.NAME` or `tasks["NAME"]` in an expression.
struct TaskReference {
  std::string task;
  std::size_t offset = 0;  // bytes from the start of the expression
};

// Where an expression stands. A compensation also knows `task`, which it undoes, and `failure`, the reason.
enum class Place : std::uint8_t { task, compensation };

// Where an expression comes from: what is stored was accepted before, and is refused no more of than it was then.
enum class Origin : std::uint8_t { written, stored };

// Checks an expression without evaluating it: that it parses, that its free names are known in its place and that its
// numbers are kept. Error: `invalid_argument`; its `column` is the 1-based byte in the expression. Returns the tasks
// the expression names literally.
Result<std::vector<TaskReference>> analyse(std::string_view expression, Place place = Place::task,
                                           Origin origin = Origin::written);

// What kind of value an expression, or a literal in it, is: what a condition must not be, but for true and false.
enum class ValueKind : std::uint8_t { text, number, structure, boolean };

// The literal on the other side of an `==` or `~=`.
struct Comparison {
  ValueKind kind;
  std::string literal;   // of a text its value, else as it is written: "3", "-1", "true"; of a structure "{"
  bool is_equal = true;  // it is `==`
};

// A chain of members that an expression reads: `tasks.load.result.rows` or `input["who"]`.
struct Access {
  std::vector<std::string> path;            // "tasks", "load", "result", "rows"
  std::optional<Comparison> compared_with;  // `"failed"` in `== "failed"`
  bool is_called = false;                   // as a function, which no value is
  bool is_whole = false;                    // the expression is nothing else
  bool is_tested = false;                   // before `and`, or behind `not`: its truth counts, not its value
};

// The first `parts` members of a path as an expression has them: `tasks["a-b"].result`.
[[nodiscard]] std::string written_path(std::span<const std::string> path, std::size_t parts);

// What an expression that analyse() accepts reads of its free names, as far as that stands there literally. Nothing for
// one that has names of its own.
std::vector<Access> find_accesses(std::string_view expression);

// What of the input and of the tasks is asked for its element 0, as others number the first one: "input.list".
[[nodiscard]] std::vector<std::string> find_zero_indices(std::string_view expression);

// The kind of value that an expression has unless it is nil, as far as its text shows it: of `"no"`, `#input.list`,
// `input.a .. "x"` and `string.match(input.a, "x")`.
std::optional<ValueKind> find_kind(std::string_view expression);

// How a condition is written that looks at a value of this kind: `input.deploy == "yes"`. Of a text that is known, the
// condition holds for that text, or for the opposite of one like "no": `trim(tasks.a.result.stdout) == "ok"` for
// "ok\n".
std::string as_condition(std::string_view expression, ValueKind kind, std::optional<std::string_view> text = {});

// A text as an expression has it: in quotes, with its special characters escaped.
[[nodiscard]] std::string text_literal(std::string_view text);

// Whether `text` contains `${{`.
[[nodiscard]] bool has_places(std::string_view text);

// The expressions of the `${{ ... }}` places in `text`, in order. Error: `invalid_argument` if one is not closed or
// empty.
Result<std::vector<std::string_view>> find_places(std::string_view text);

// What a `when:` says: the expression itself, or the inside of one whole `${{ ... }}`.
Result<std::string_view> strip_place(std::string_view text);

}  // namespace pawl::expression
