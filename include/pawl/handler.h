// A handler is the code behind a task's `module` and `function`.
//
//   auto added = engine.handlers().add("orders", "charge", [](pawl::TaskContext& task) {
//     const double total = task.arg<double>(0).value();  // fails the attempt if it is not a number
//     if (!reachable()) return pawl::error("network_error", "the bank does not answer");
//     return pawl::ok({{"charged", total}});
//   });
//   if (!added) std::cerr << pawl::describe(added.error()) << '\n';
//
// A handler may run more than once for one task (after a failure, or a crash): make it idempotent, or pass the
// idempotency key on to the services it calls. It returns a value or a TaskError, or throws; what it throws becomes an
// error with the code `exception`, or the error's own if it is a NoValue.
//
// A result is JSON of at most 200 levels: UTF-8, and finite numbers. Any other result fails the attempt with
// `invalid_argument` or `limit_exceeded`, without a retry. In an error's message and details, and in what is logged,
// bytes that are not UTF-8 are replaced by U+FFFD; an error's code must be UTF-8 of at most 256 bytes.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pawl/json.h"
#include "pawl/result.h"
#include "pawl/task_error.h"
#include "pawl/types.h"
#include "pawl/values.h"

namespace pawl {

struct Assignment;
class AttemptSink;

// The result of a task that this one depends on.
struct DependencyResult {
  std::string_view task{};  // its id
  Json result{};            // null if it was skipped, failed with `allow_failure`, or returned null
};

// What a handler can read about its attempt. Valid during the call. Threads: that of the call.
class TaskContext {
 public:
  TaskContext(const Assignment& assignment, std::stop_token stop, AttemptSink& sink)
      : assignment_(assignment), stop_(std::move(stop)), sink_(sink) {}
  TaskContext(const TaskContext&) = delete;
  TaskContext& operator=(const TaskContext&) = delete;

  [[nodiscard]] const std::string& workflow_id() const;
  [[nodiscard]] std::string_view task_id() const;
  [[nodiscard]] std::uint32_t attempt() const;  // 1, 2, ...
  // The same for all attempts of this task: "workflow/task", of its compensation "workflow/task/compensation". When a
  // completed task is run again, the key ends in the number of the run: "workflow/task#2".
  [[nodiscard]] std::string idempotency_key() const;

  [[nodiscard]] const Json& args();  // an array, its `${{ }}` places filled in
  // One of the args as a T (see as()). Error: `invalid_argument`: "args[0]: expected a string, got 7", which a handler
  // can return as it is.
  template <class T>
  [[nodiscard]] Result<T> arg(std::size_t index) {
    const Json* const value = find_arg(index);
    if (value != nullptr) return as<T>(*value, place_of_arg(index));
    if constexpr (detail::is_optional<T>) return T();
    return missing_arg(index);
  }
  // The same, or `otherwise` if it is missing or null.
  template <class T>
  [[nodiscard]] Result<T> arg(std::size_t index, T otherwise) {
    const Json* const value = find_arg(index);
    if (value == nullptr || value->is_null()) return Result<T>(std::move(otherwise));
    return as<T>(*value, place_of_arg(index));
  }
  [[nodiscard]] const Json& input();  // the workflow's input, an object
  // Of all direct dependencies, in the order of the definition. `for (auto& [id, result] : *task.results())`. Error:
  // `corruption`, as result_of().
  [[nodiscard]] Result<std::vector<DependencyResult>> results();
  // The result of a direct dependency; null if it was skipped, failed with `allow_failure`, or returned null. Error:
  // `not_found`; `corruption` if what is stored of it is not JSON.
  [[nodiscard]] Result<Json> result_of(std::string_view task_id);

  // In a compensation: the id of the task to undo, the args it was called with, its result, and what the workflow
  // failed with ({"code", "message", ...}; null if it did not). Otherwise empty and null.
  [[nodiscard]] std::string_view undone_task() const;
  [[nodiscard]] Json undone_args() const;
  [[nodiscard]] Json undone_result() const;
  [[nodiscard]] Json failure() const;

  // When this attempt will be asked to stop: by its timeout, its task's `schedule_to_close` or the workflow's timeout,
  // whichever comes first.
  [[nodiscard]] std::optional<Timestamp> deadline() const;
  // Whether the attempt was asked to stop, because the workflow is cancelled, the attempt timed out or the engine
  // stops: return soon, with any result.
  [[nodiscard]] bool stop_requested() const { return stop_.stop_requested(); }
  [[nodiscard]] const std::stop_token& stop_token() const { return stop_; }

  // The progress of this attempt, 0..1, with a text for people. Not stored; costs little.
  void report_progress(double fraction, std::string_view message = {});
  // A line for people who watch, shown with this task's output.
  void log(std::string_view line);

 private:
  [[nodiscard]] const Json* find_arg(std::size_t index);
  [[nodiscard]] std::unexpected<Error> missing_arg(std::size_t index);
  [[nodiscard]] static std::string place_of_arg(std::size_t index);

  const Assignment& assignment_;
  std::stop_token stop_;
  AttemptSink& sink_;
  std::unique_ptr<Json> args_;
  std::unique_ptr<Json> input_;
};

using HandlerFunction = std::function<TaskResult(TaskContext&)>;

// Where a handler runs.
enum class HandlerMode : std::uint8_t {
  blocking,      // on the task pool; it may wait, compute, call the engine
  non_blocking,  // on the shard's own thread: fastest, for microseconds of work; it must not wait nor call the engine
};

struct HandlerOptions {
  HandlerMode mode = HandlerMode::blocking;
};

// The handlers of one engine. Threads: any. A handler stays as long as its engine.
class Handlers {
 public:
  virtual ~Handlers() = default;
  // Error: `already_exists`; `invalid_argument` for a name that no definition can contain or an empty function.
  virtual Result<void> add(std::string module, std::string function, HandlerFunction handler,
                           HandlerOptions options = {}) = 0;
  // Whether a task may name this handler with these args (nullptr: they hold `${{ }}` and are not known yet).
  // Error: `invalid_argument`; its `field` is `module`, `function`, or a place in `args`.
  [[nodiscard]] virtual Result<void> check(std::string_view module, std::string_view function,
                                           const Json* args) const = 0;
};

}  // namespace pawl
