// The monitor notifies subscribers of what happens, as it happens.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "pawl/json_text.h"
#include "pawl/result.h"
#include "pawl/types.h"

namespace pawl {

// One thing that happened. `type` is one of
//   workflow_created, workflow_redefined, workflow_queued, workflow_started, workflow_paused, workflow_resumed,
//   workflow_stopping, workflow_completed, workflow_failed, workflow_cancelled,
//   workflow_restored, workflow_revived (an ended one is reopened), workflow_compensating,
//   task_started, task_completed, task_retry_scheduled, task_retry_due, task_failed, task_skipped, task_cancelled,
//   task_interrupted (the process ended; the attempt is made again), task_held (by its circuit breaker),
//   task_released, compensation_started, compensation_completed, compensation_retry_scheduled, compensation_retry_due,
//   compensation_failed, compensation_cancelled, compensation_interrupted (of a task's compensation),
//   compensation_registered,
//   dead_letter_discarded,
// all of them durable when subscribers are notified, in the order of the history; or one of the transient ones, which
// are not stored and are delivered as they happen, perhaps before the task_started of their attempt:
//   task_output (a line the task wrote), task_progress, task_lines (all lines of one read, for subscribers with
//   millions of lines: only if they name this type).
struct WorkflowEvent {
  std::string_view type{};  // a literal
  Timestamp at{};
  std::string workflow{};
  std::string task{};         // empty for the workflow's own
  bool compensation = false;  // about the task's compensation
  std::uint32_t attempt = 0;  // of the task
  JsonText result{};          // task_completed, and the output of workflow_completed
  JsonText error{};           // {"code", "message", ...} of a failure or a cancellation
  // task_output: the line; task_lines: whole lines, each ended by "\n"; task_progress: the message; task_skipped,
  // workflow_stopping: the reason; workflow_restored: the snapshot; task_interrupted: `stopped` or `crashed`;
  // workflow_revived: `retry` or `rerun`; workflow_compensating: the state that follows; dead_letter_discarded: the
  // reason.
  std::string text{};
  bool is_stderr = false;  // task_output, task_lines
  double progress = 0;     // task_progress: 0..1
  Timestamp due{};         // task_retry_scheduled: when the next attempt starts; task_held: until when at least
  std::uint32_t policy_version = 0;  // of the stored policy that decided; 0: none
  // Who asked for the change that the event is part of, as "user:ada" (to_string(Actor)); empty: nobody, the engine
  // acted by itself.
  std::string by{};
};

enum class SubscriptionId : std::uint64_t {};

class Monitor {
 public:
  virtual ~Monitor() = default;

  // `callback` is called for each event whose type is among `types` (empty: all but task_lines; `*` stands for
  // all but task_output and task_lines), on the engine's own threads: in order
  // for one workflow, concurrently for several, and it must return soon. It may subscribe, unsubscribe and start
  // workflows (Orchestrator::start_workflow with a callback), and must not call the engine otherwise. If it throws, the
  // first exception is logged, and it stays subscribed. Events that no subscriber wants cost the engine nothing. Error:
  // `invalid_argument` for an unknown type or an empty callback.
  virtual Result<SubscriptionId> subscribe(std::function<void(const WorkflowEvent&)> callback,
                                           std::vector<std::string> types = {}) = 0;
  // On return the callback is not running and will not be called again. unsubscribe may be called from inside that
  // callback, whose call then is the last one, and from inside another subscriber's, where it does not wait for calls
  // that have begun on other threads. Error: `not_found`.
  virtual Result<void> unsubscribe(SubscriptionId id) = 0;
};

}  // namespace pawl
