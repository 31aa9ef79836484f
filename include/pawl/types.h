// The states, phases and priorities of workflows and tasks, spelled as they are stored and printed.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pawl {

// Wall-clock time, UTC.
using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;
// Every duration in the API.
using Duration = std::chrono::milliseconds;

enum class WorkflowState : std::uint8_t { pending, running, paused, completed, failed, cancelled };

// What a workflow does within its state; `none` if the state says everything.
enum class Phase : std::uint8_t { none, awaiting_approval, queued, executing, compensating, cancelling };

enum class TaskState : std::uint8_t { pending, running, completed, failed, skipped, cancelled, compensated };

// The progress of a workflow's compensation. `failed`: at least one of its tasks could not be undone.
enum class CompensationState : std::uint8_t { none, compensating, completed, failed };

// Among waiting workflows the higher priority starts first; within one priority the older one.
enum class Priority : std::uint8_t { low, normal, high, critical };

// What a task's final failure means for its workflow: start no more tasks, or continue with all that do not depend on
// it.
enum class OnFailure : std::uint8_t { fail, continue_ };

[[nodiscard]] constexpr bool is_terminal(WorkflowState state) { return state >= WorkflowState::completed; }
[[nodiscard]] constexpr bool is_terminal(TaskState state) { return state >= TaskState::completed; }
// Whether the task has a result: it completed, though it may have been undone since.
[[nodiscard]] constexpr bool has_result(TaskState state) {
  return state == TaskState::completed || state == TaskState::compensated;
}

[[nodiscard]] std::string_view to_string(WorkflowState state);
[[nodiscard]] std::string_view to_string(Phase phase);
[[nodiscard]] std::string_view to_string(TaskState state);
[[nodiscard]] std::string_view to_string(CompensationState state);
[[nodiscard]] std::string_view to_string(Priority priority);
[[nodiscard]] std::string_view to_string(OnFailure on_failure);

// Empty if `text` names none.
[[nodiscard]] std::optional<WorkflowState> parse_workflow_state(std::string_view text);
[[nodiscard]] std::optional<Priority> parse_priority(std::string_view text);

}  // namespace pawl
