// The orchestrator: creates workflows, runs them, stops them, and tells how they are.
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

// What to do if there is a workflow with the id that is asked for, running or ended. Whatever the choice, one such call
// or many, concurrent or after a crash, make one workflow.
enum class IfExists : std::uint8_t {
  refuse,  // `already_exists`
  // That one is the answer, if it has the same definition and the same input: a start that is repeated starts nothing
  // twice. One that is pending is started; one that is paused stays so; one that has ended is not run again. Error:
  // `already_exists`, which says what differs.
  attach,
  // One that has ended is deleted with its history, and a new one takes its id. Error: `invalid_state` if it lives.
  replace_ended,
};

struct CreateOptions {
  std::optional<std::string> id{};  // 1..256 bytes without control characters; none: a new one
  IfExists if_exists = IfExists::refuse;
  std::optional<Priority> priority{};  // none: the definition's
  Json input = boost::json::object();  // laid over the definition's defaults
};

using Started = std::function<void(Result<std::string>)>;

struct CancelOptions {
  std::string reason{};
  // For running tasks to stop by themselves, at most 100 years, to which more is cut; none: the engine's default.
  std::optional<Duration> grace{};
  bool compensate = false;  // what has completed is undone before it ends
};

struct ForkOptions {
  std::optional<std::string> id{};  // of the new workflow; none: a new one
  // Up to where it has the same past: before this event of the history, or before the first attempt at this task.
  std::optional<std::uint64_t> event{};
  std::string task{};
};

struct ListOptions {
  std::optional<WorkflowState> state{};
  std::string name{};        // of the definition; empty: any
  std::size_t limit = 1000;  // the newest ones
  // Only older ones: where the page before ended.
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
  // A page ends with the event with which its results and errors have this many bytes, however few events that are; 0:
  // no limit. Then only an empty page says that there are no more.
  std::size_t max_bytes = 0;
};

// A workflow that is stored but cannot be run.
struct QuarantinedWorkflow {
  std::string id{};
  std::string reason{};
};

struct ExecutorReport {
  std::string name{};
  std::size_t capacity = 0;  // workflows that may run at once
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
  // What is run again, had completed and has a compensation is undone before, the latest first. If one cannot be
  // undone, nothing is run again. Otherwise each completion is undone when the workflow is compensated, together with
  // those made since.
  bool undo_first = false;
};

class Orchestrator {
 public:
  // What Orchestrator asks, it asks as `actor`. Ownership: the service outlives it.
  Orchestrator(Service& service, Actor actor) : service_(service), actor_(std::move(actor)) {}

  // Pending until it is executed: to add or remove tasks, or to have it wait for something outside. If the process ends
  // between the two, it stays pending; to create and execute in one step, start_workflow. Error: `already_exists`,
  // `invalid_argument`, `limit_exceeded`; `not_found` for a stored policy that the definition refers to and that does
  // not exist, or is being deleted.
  Result<std::string> create_workflow(const DefinitionPtr& definition, const CreateOptions& options = {});
  Result<std::string> create_workflow(std::string name, std::vector<TaskSpec> tasks, const CreateOptions& options = {});

  // Starts it, or queues it while as many workflows run as may.
  Result<void> execute_workflow(const std::string& id);
  // Creates and executes it in one step, durable as a whole or not at all. Error: as create_workflow.
  Result<std::string> start_workflow(const DefinitionPtr& definition, const CreateOptions& options = {});
  Result<std::string> start_workflow(std::string name, std::vector<TaskSpec> tasks, const CreateOptions& options = {});
  // The same without waiting: `started` is called once, with its id when that is durable or with the reason why not, on
  // this thread or one of the engine's, and must return soon. What it throws is logged and dropped. Empty: nobody is
  // told. May be called from anywhere, also from `started`, from non-blocking handlers and from event callbacks.
  void start_workflow(const DefinitionPtr& definition, const CreateOptions& options, Started started);
  Result<void> pause_workflow(const std::string& id);
  Result<void> resume_workflow(const std::string& id);
  // Returns as soon as it is under way; wait_workflow tells when all running tasks have stopped.
  Result<void> cancel_workflow(const std::string& id, const CancelOptions& options = {});
  // As cancel, but the workflow ends as failed.
  Result<void> fail_workflow(const std::string& id, const std::string& reason);
  // An ended workflow goes on: failed, cancelled and compensated tasks, and those that were skipped for their sake, get
  // another go, with fresh attempts; completed ones are not run again, unless they depend on what was compensated. A
  // failure that was allowed (`allow_failure`) stands, and so does what a condition skipped. Where all tasks had
  // completed and the `output` failed, that is evaluated again. Error: `invalid_state` for one that has completed;
  // `limit_exceeded` if a task has had as many attempts as it can have (16,777,215), or a million completions that were
  // made again are not undone.
  Result<void> retry_workflow(const std::string& id);
  // An ended workflow goes on: this task and all that depends on it are run again, whatever had become of them. What
  // had completed is undone first, or stays to be undone later, each completion once. Error: as retry_workflow.
  Result<void> rerun_workflow(const std::string& id, const std::string& from, const RerunOptions& options = {});
  // A new workflow that goes on from a moment in the past of another one; what was running then starts again. Needs
  // persistence. Error: `invalid_state` if that part of the history is not kept any more, or the workflow had ended.
  Result<std::string> fork_workflow(const std::string& id, const ForkOptions& options);
  // A pending task is not run; its dependents run and see null.
  Result<void> skip_task(const std::string& id, const std::string& task);

  // While the workflow is pending and not queued. It then executes a definition of its own.
  Result<void> add_task(const std::string& id, const TaskSpec& task);
  Result<void> remove_task(const std::string& id, const std::string& task);

  // How far it is, at the same small cost for a workflow of any size.
  Result<WorkflowStatus> get_workflow_status(const std::string& id);
  Result<WorkflowReport> get_workflow(const std::string& id);
  // All that are known, in memory and stored, the newest first.
  Result<std::vector<WorkflowStatus>> list_workflows(const ListOptions& options = {});
  // What has happened to it, in order, durable all of it. Needs persistence (`invalid_state`). A long history is read
  // page by page, at the cost of its events if each page begins where the one before ended.
  Result<std::vector<HistoryEvent>> get_history(const std::string& id, const HistoryOptions& options = {});
  Result<std::vector<QuarantinedWorkflow>> list_quarantined();
  // Returns when the workflow is terminal. Error: `timeout` (any duration may be given; none: no limit); `cancelled`
  // when `stop` is requested; `unavailable` when the engine stops, or the workflow's shard goes down.
  //
  // A blocking handler that waits holds its task slot meanwhile; explain_workflow says `waiting_for_child`. Pass it its
  // task.stop_token(), so that it ends when it is told to. Error: `invalid_state` if the handler would wait for
  // itself: for its own workflow, or for one that waits for it, through however many others.
  Result<WorkflowReport> wait_workflow(const std::string& id, std::optional<Duration> timeout = {},
                                       std::stop_token stop = {});
  Result<WorkflowReport> wait_workflow(const std::string& id, std::stop_token stop) {
    return wait_workflow(id, std::nullopt, std::move(stop));
  }
  // Why it, and at most `max_tasks` of its tasks, make no progress.
  Result<std::vector<Explanation>> explain_workflow(const std::string& id, std::size_t max_tasks = 100);
  // Forgets a terminal workflow. Error: `invalid_state` if it is not.
  Result<void> delete_workflow(const std::string& id);

  Result<void> register_executor(const std::string& name, std::size_t max_workflows);
  // It takes no more workflows; those on it go on.
  Result<void> unregister_executor(const std::string& name);
  std::vector<ExecutorReport> list_executors();
  OrchestratorMetrics metrics();

 private:
  Service& service_;
  const Actor actor_;
};

}  // namespace pawl
