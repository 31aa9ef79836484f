// The orchestrator creates workflows, runs and stops them, and reports their state.
//
//   pawl::Orchestrator& orchestrator = engine.orchestrator();
//   auto id = orchestrator.start_workflow("data-pipeline", tasks, {.priority = pawl::Priority::high});
//   if (!id) return std::unexpected(id.error());
//   auto report = orchestrator.wait_workflow(*id);
//
// Threads: any, but not from inside a non-blocking handler (`invalid_state`). Errors of all operations: `not_found` (no
// such workflow), `invalid_argument` (an empty id, a null definition), `invalid_state` (its state does not allow this;
// nothing changed), `unavailable` (the engine is full, stopping, or of another process), `internal` (a bug in Pawl: the
// shard that has this workflow has gone down).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "pawl/definition.h"
#include "pawl/monitor.h"
#include "pawl/report.h"
#include "pawl/result.h"
#include "pawl/service.h"

namespace pawl {

// What to do if the requested id belongs to a workflow, running or ended. Whatever the choice, one call or many,
// concurrent or after a crash, create one workflow.
enum class IfExists : std::uint8_t {
  refuse,  // `already_exists`
  // Its id is the answer, if it has the same definition and the same input: a repeated start starts nothing twice. A
  // pending workflow is started, a paused one stays paused, an ended one does not run again. Error: `already_exists`,
  // which says what differs.
  attach,
  // An ended workflow is deleted with its history, and a new one takes its id. Error: `invalid_state` if it is live.
  replace_ended,
};

struct CreateOptions {
  std::optional<std::string> id{};  // 1..256 bytes without control characters; none: a new one
  IfExists if_exists = IfExists::refuse;
  std::optional<Priority> priority{};  // none: the definition's
  Json input = boost::json::object();  // merged into the definition's defaults
};

using Started = std::function<void(Result<std::string>)>;

struct CancelOptions {
  std::string reason{};
  // The time that running tasks have to stop, at most 100 years (longer is cut); none: the engine's default.
  std::optional<Duration> grace{};
  bool compensate = false;  // completed tasks are undone before the workflow ends
};

struct ForkOptions {
  std::optional<std::string> id{};  // of the new workflow; none: a new one
  // Where the shared past ends: before this event of the history, or before the first attempt of this task.
  std::optional<std::uint64_t> event{};
  std::string task{};
};

struct ListOptions {
  std::optional<WorkflowState> state{};
  std::string name{};        // of the definition; empty: any
  std::size_t limit = 1000;  // the newest ones
  // Only older workflows: where the previous page ended.
  std::optional<Timestamp> created_before{};
  std::string id_before{};  // among those created at that time
};

// One event of a workflow's history. `number` counts from 0, the creation.
struct HistoryEvent {
  std::uint64_t number = 0;
  WorkflowEvent event{};
};

// The event as one JSON document (docs/reference/report.md).
[[nodiscard]] std::string to_json_text(const HistoryEvent& event);

struct HistoryOptions {
  std::uint64_t from = 0;    // the number of the first one
  std::size_t limit = 1000;  // events
  // A page ends at the event with which its results and errors reach this many bytes, however few events that are; 0:
  // no limit. With a limit only an empty page means that there are no more.
  std::size_t max_bytes = 0;
};

// A workflow that is stored but cannot be run.
struct QuarantinedWorkflow {
  std::string id{};
  std::string reason{};
};

struct ExecutorReport {
  std::string name{};
  std::size_t capacity = 0;  // workflows that may run concurrently
  std::size_t running = 0;
};

struct OrchestratorMetrics {
  std::size_t workflows = 0;         // in memory, terminal ones included
  std::size_t workflows_queued = 0;  // waiting for a place on an executor
  std::size_t task_slots = 0;
  std::size_t task_slots_in_use = 0;
  bool healthy = true;            // false: some workflows make no progress
  std::string problem{};          // why not
  std::uint64_t restarts = 0;     // of shards
  std::uint64_t quarantined = 0;  // workflows that were put into quarantine since the engine was started
  // Since the engine was started.
  std::uint64_t dead_letters = 0;  // tasks and compensations that failed for good
  std::uint64_t dead_letters_redriven = 0;
  std::uint64_t dead_letters_discarded = 0;
};

// Whether it can be a workflow's id: 1 to 256 bytes of UTF-8 without control characters. Error: `invalid_argument`.
[[nodiscard]] Result<void> check_workflow_id(std::string_view id);

struct RerunOptions {
  // Completed tasks with a compensation are undone before they run again, the latest first. If one cannot be undone,
  // nothing runs again. Without this option each completion is undone when the workflow is compensated, together with
  // later ones.
  bool undo_first = false;
};

class Orchestrator {
 public:
  // Calls `service` as `actor`. Ownership: the service outlives this object.
  Orchestrator(Service& service, Actor actor) : service_(service), actor_(std::move(actor)) {}

  // Creates a workflow that is pending until it is executed: to add or remove tasks, or to wait for something outside.
  // If the process ends in between, it stays pending; start_workflow creates and executes in one step. Error:
  // `already_exists`, `invalid_argument`, `limit_exceeded`; `not_found` for a stored policy that the definition refers
  // to and that does not exist, or is being deleted.
  Result<std::string> create_workflow(const DefinitionPtr& definition, const CreateOptions& options = {});
  Result<std::string> create_workflow(std::string name, std::vector<TaskSpec> tasks, const CreateOptions& options = {});

  // Starts the workflow, or queues it while the limit of running workflows is reached.
  Result<void> execute_workflow(const std::string& id);
  // Creates and executes a workflow in one step, durable as a whole or not at all. Error: as create_workflow.
  Result<std::string> start_workflow(const DefinitionPtr& definition, const CreateOptions& options = {});
  Result<std::string> start_workflow(std::string name, std::vector<TaskSpec> tasks, const CreateOptions& options = {});
  // The same without waiting: `started` is called once, with the id when that is durable or with the error, on this
  // thread or one of the engine's, and must return soon. What it throws is logged and dropped. It may be empty. May be
  // called from anywhere, also from `started`, from non-blocking handlers and from event callbacks.
  void start_workflow(const DefinitionPtr& definition, const CreateOptions& options, Started started);
  Result<void> pause_workflow(const std::string& id);
  Result<void> resume_workflow(const std::string& id);
  // Returns as soon as cancelling has begun; wait_workflow returns when all running tasks have stopped.
  Result<void> cancel_workflow(const std::string& id, const CancelOptions& options = {});
  // As cancel, but the workflow ends as failed.
  Result<void> fail_workflow(const std::string& id, const std::string& reason);
  // Reopens an ended workflow: failed, cancelled and compensated tasks, and those skipped because of them, run again
  // with fresh attempts; completed tasks do not, unless they depend on one that was compensated. A failure that was
  // allowed (`allow_failure`) stands, and so does a skip by a condition. If all tasks had completed and the `output`
  // failed, the output is evaluated again.
  // Error: `invalid_state` for a workflow that has completed; `limit_exceeded` if a task has had 16,777,215 attempts,
  // the most that it can have, or if a million earlier completions are not undone.
  Result<void> retry_workflow(const std::string& id);
  // Reopens an ended workflow: this task and all that depends on it run again, in whatever state they ended. Completed
  // tasks are undone first, or stay to be undone later, each completion once. Error: as retry_workflow.
  Result<void> rerun_workflow(const std::string& id, const std::string& from, const RerunOptions& options = {});
  // Creates a workflow that continues from a moment in the past of another one; tasks that ran then start again. Needs
  // persistence. Error: `invalid_state` if that part of the history is no longer kept, or the workflow had ended.
  Result<std::string> fork_workflow(const std::string& id, const ForkOptions& options);
  // A pending task does not run; its dependents run and see null.
  Result<void> skip_task(const std::string& id, const std::string& task);

  // Only while the workflow is pending and not queued. The workflow then has a definition of its own.
  Result<void> add_task(const std::string& id, const TaskSpec& task);
  Result<void> remove_task(const std::string& id, const std::string& task);

  // The progress of a workflow, at the same small cost for any size.
  Result<WorkflowStatus> get_workflow_status(const std::string& id);
  Result<WorkflowReport> get_workflow(const std::string& id);
  // All workflows, in memory and stored, the newest first.
  Result<std::vector<WorkflowStatus>> list_workflows(const ListOptions& options = {});
  // The events of a workflow, in order, all durable. Needs persistence (`invalid_state`). A long history is read page
  // by page, at the cost of its events if each page begins where the previous one ended.
  Result<std::vector<HistoryEvent>> get_history(const std::string& id, const HistoryOptions& options = {});
  Result<std::vector<QuarantinedWorkflow>> list_quarantined();
  // Returns when the workflow is terminal. Error: `timeout` (any duration may be given; none: no limit); `cancelled`
  // when `stop` is requested; `unavailable` when the engine stops, or the workflow's shard goes down.
  //
  // A blocking handler that waits holds its task slot meanwhile; explain_workflow says `waiting_for_child`. Pass its
  // task.stop_token(), so that the wait ends when the task is asked to stop. Error: `invalid_state` if the handler
  // would wait for itself: for its own workflow, or for one that waits for it, directly or through others.
  Result<WorkflowReport> wait_workflow(const std::string& id, std::optional<Duration> timeout = {},
                                       std::stop_token stop = {});
  Result<WorkflowReport> wait_workflow(const std::string& id, std::stop_token stop) {
    return wait_workflow(id, std::nullopt, std::move(stop));
  }
  // Why the workflow, and at most `max_tasks` of its tasks, make no progress.
  Result<std::vector<Explanation>> explain_workflow(const std::string& id, std::size_t max_tasks = 100);
  // Deletes an ended workflow. Error: `invalid_state` if it has not ended.
  Result<void> delete_workflow(const std::string& id);

  Result<void> register_executor(const std::string& name, std::size_t max_workflows);
  // The executor takes no more workflows; those on it continue.
  Result<void> unregister_executor(const std::string& name);
  std::vector<ExecutorReport> list_executors();
  OrchestratorMetrics metrics();

 private:
  Service& service_;
  const Actor actor_;
};

}  // namespace pawl
