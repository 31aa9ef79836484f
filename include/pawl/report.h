// Reports describe a workflow: all of it, its status, and the reasons why it waits.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pawl/definition.h"
#include "pawl/json_text.h"
#include "pawl/types.h"

namespace pawl {

struct TaskReport {
  TaskState state = TaskState::pending;
  std::uint32_t attempt = 0;                // 0: none was made
  std::optional<Timestamp> started_at{};    // of the latest attempt
  std::optional<Timestamp> completed_at{};  // of the terminal state
  JsonText result{};                        // completed
  JsonText error{};                         // {"code", "message", ...} of the latest failed attempt, or null
  // Completions before the present one that are not undone yet, of tasks with a compensation that were run again.
  std::uint32_t earlier_completions = 0;
};

// The progress of a workflow: cheap to read, whatever its size.
struct WorkflowStatus {
  std::string id{};
  std::string name{};
  WorkflowState state = WorkflowState::pending;
  Phase phase = Phase::none;
  Priority priority = Priority::normal;
  Timestamp created_at{};
  std::optional<Timestamp> started_at{};
  std::optional<Timestamp> completed_at{};
  double progress = 0;  // terminal tasks / all tasks
  std::uint32_t tasks_total = 0;
  std::uint32_t tasks_running = 0;
  std::uint32_t tasks_completed = 0;
  std::uint32_t tasks_failed = 0;
  std::uint32_t tasks_skipped = 0;
  std::uint32_t tasks_cancelled = 0;
  std::uint32_t tasks_compensated = 0;
  CompensationState compensation = CompensationState::none;
  bool saga = false;  // a task of it has a compensation
};

// The most that an output has where the definition has no `output`: 16 MiB, as where it has one.
inline constexpr std::size_t kMostOutputBytes = 16'777'216;

// All of a workflow at one moment.
struct WorkflowReport {
  WorkflowStatus status{};
  DefinitionPtr definition{};
  JsonText input{};
  // What the definition's `output` says; without one the results of the tasks without dependents, by id, up to
  // kMostOutputBytes: above that `{"too_large": {"bytes", "limit", "task_count", "tasks"}}`, which names the tasks with
  // the largest results.
  JsonText output{};
  JsonText error{};
  std::vector<TaskReport> tasks{};  // by TaskIndex
  // Of the tasks that have one, in their order: Definition::compensated_tasks().
  std::vector<TaskReport> compensations{};

  // A task's, or a compensation's.
  [[nodiscard]] const TaskReport& action(ActionId id) const {
    return id.undo ? compensations[definition->position_of(id) - tasks.size()] : tasks[id.task];
  }
};

// The report as one JSON document (docs/reference/report.md); times are RFC 3339 with milliseconds, UTC.
[[nodiscard]] std::string to_json_text(const WorkflowReport& report);
// The same in pieces, for reports that are too large to be held twice: results are passed to `write` without a copy,
// the rest in pieces of some kilobytes. Stops and returns false when `write` does.
bool write_json(const WorkflowReport& report, const std::function<bool(std::string_view piece)>& write);
// A workflow in a list: the members of its report that its status has.
[[nodiscard]] std::string to_json_text(const WorkflowStatus& status);

// Why a workflow, or one of its tasks, makes no progress now.
struct Explanation {
  std::string task{};  // empty: the workflow itself
  // waiting_for_dependencies, waiting_for_slot, previous_attempt (its process has not ended), waiting_for_child (its
  // handler is in wait_workflow), retry_due, circuit_open, queued, paused, running, not_started, stopping,
  // compensating, quarantined, or the state that the workflow has ended in.
  std::string code{};
  std::string text{};         // one sentence for people
  bool compensation = false;  // about the task's compensation
};

}  // namespace pawl
