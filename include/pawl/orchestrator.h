// The orchestrator: creates workflows, runs them, stops them, and tells how they are.
//
//   auto id = engine.orchestrator().create_workflow("data-pipeline", tasks, {.priority = pawl::Priority::high});
//   engine.orchestrator().execute_workflow(*id);
//   auto report = engine.orchestrator().wait_workflow(*id);
//
// Threads: any, but not from inside a non-blocking handler (`invalid_state`). Errors of all operations: `not_found` (no
// such workflow), `invalid_state` (its state does not allow this; nothing changed), `unavailable` (the engine is full
// or stopping).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "pawl/definition.h"
#include "pawl/report.h"
#include "pawl/result.h"

namespace pawl {

struct CreateOptions {
  std::optional<std::string> id;       // 1..256 bytes without control characters; none: a new one
  std::optional<Priority> priority;    // none: the definition's
  Json input = boost::json::object();  // laid over the definition's defaults
};

struct CancelOptions {
  std::string reason;
  std::optional<Duration> grace;  // for running tasks to stop by themselves; none: the engine's default
};

struct ListOptions {
  std::optional<WorkflowState> state;
  std::string name;          // of the definition; empty: any
  std::size_t limit = 1000;  // the newest ones
};

struct ExecutorReport {
  std::string name;
  std::size_t capacity = 0;  // workflows that may run at once
  std::size_t running = 0;
};

struct OrchestratorMetrics {
  std::size_t workflows = 0;         // in memory, terminal ones included
  std::size_t workflows_queued = 0;  // waiting for a place on an executor
  std::size_t task_slots = 0;
  std::size_t task_slots_in_use = 0;
};

class Orchestrator {
 public:
  virtual ~Orchestrator() = default;

  // Pending until it is executed. Error: `already_exists`, `invalid_argument`, `limit_exceeded`.
  virtual Result<std::string> create_workflow(const DefinitionPtr& definition, const CreateOptions& options = {}) = 0;
  virtual Result<std::string> create_workflow(std::string name, std::vector<TaskSpec> tasks,
                                              const CreateOptions& options = {}) = 0;

  // Starts it, or queues it while as many workflows run as may.
  virtual Result<void> execute_workflow(const std::string& id) = 0;
  virtual Result<void> pause_workflow(const std::string& id) = 0;
  virtual Result<void> resume_workflow(const std::string& id) = 0;
  // Returns as soon as it is under way; wait_workflow tells when all running tasks have stopped.
  virtual Result<void> cancel_workflow(const std::string& id, const CancelOptions& options = {}) = 0;
  // As cancel, but the workflow ends as failed.
  virtual Result<void> fail_workflow(const std::string& id, const std::string& reason) = 0;
  // A pending task is not run; its dependents run and see null.
  virtual Result<void> skip_task(const std::string& id, const std::string& task) = 0;

  // While the workflow is pending and not queued. It then executes a definition of its own.
  virtual Result<void> add_task(const std::string& id, const TaskSpec& task) = 0;
  virtual Result<void> remove_task(const std::string& id, const std::string& task) = 0;

  virtual Result<WorkflowStatus> get_workflow_status(const std::string& id) = 0;
  virtual Result<WorkflowReport> get_workflow(const std::string& id) = 0;
  virtual std::vector<WorkflowStatus> list_workflows(const ListOptions& options = {}) = 0;
  // Returns when the workflow is terminal. Error: `timeout`.
  virtual Result<WorkflowReport> wait_workflow(const std::string& id, std::optional<Duration> timeout = {}) = 0;
  // Why it, and at most `max_tasks` of its tasks, make no progress.
  virtual Result<std::vector<Explanation>> explain_workflow(const std::string& id, std::size_t max_tasks = 100) = 0;
  // Forgets a terminal workflow. Error: `invalid_state` if it is not.
  virtual Result<void> delete_workflow(const std::string& id) = 0;

  virtual Result<void> register_executor(const std::string& name, std::size_t max_workflows) = 0;
  // It takes no more workflows; those on it go on.
  virtual Result<void> unregister_executor(const std::string& name) = 0;
  virtual std::vector<ExecutorReport> list_executors() = 0;
  virtual OrchestratorMetrics metrics() = 0;
};

}  // namespace pawl
