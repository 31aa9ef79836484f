// The orchestrator of one process: its shards, each on a thread of its own, and the door to them.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "pawl/orchestrator.h"

#include "orchestrator/shard.h"

namespace pawl {

struct OrchestratorOptions {
  std::size_t shards = 2;
  std::size_t max_concurrent_tasks = 64;
  std::size_t max_concurrent_workflows = 10'000;
  std::size_t max_workflows = 10'000'000;
  std::size_t max_finished_workflows = 10'000;
  std::size_t inbox_capacity = 4096;
  Duration cancel_grace = std::chrono::seconds(10);
  DefinitionLimits limits;
  std::size_t max_result_bytes = 1'048'576;
};

// Threads: as Orchestrator. Ownership: what it is given outlives it. start() before anything else, once.
class LocalOrchestrator final : public Orchestrator {
 public:
  LocalOrchestrator(const OrchestratorOptions& options, Store& store, HandlerRegistry& handlers, Observer& observer,
                    AttemptSink& sink, const Clock& clock);
  ~LocalOrchestrator() override;

  void start();
  // After it returns no shard does anything any more. Runners must have stopped reporting, or report into inboxes
  // nobody reads.
  void stop();
  void finished(const AttemptAddress& address, AttemptOutcome outcome);

  Result<std::string> create_workflow(const DefinitionPtr& definition, const CreateOptions& options) override;
  Result<std::string> create_workflow(std::string name, std::vector<TaskSpec> tasks,
                                      const CreateOptions& options) override;
  Result<void> execute_workflow(const std::string& id) override;
  Result<void> pause_workflow(const std::string& id) override;
  Result<void> resume_workflow(const std::string& id) override;
  Result<void> cancel_workflow(const std::string& id, const CancelOptions& options) override;
  Result<void> fail_workflow(const std::string& id, const std::string& reason) override;
  Result<void> skip_task(const std::string& id, const std::string& task) override;
  Result<void> add_task(const std::string& id, const TaskSpec& task) override;
  Result<void> remove_task(const std::string& id, const std::string& task) override;
  Result<WorkflowStatus> get_workflow_status(const std::string& id) override;
  Result<WorkflowReport> get_workflow(const std::string& id) override;
  std::vector<WorkflowStatus> list_workflows(const ListOptions& options) override;
  Result<WorkflowReport> wait_workflow(const std::string& id, std::optional<Duration> timeout) override;
  Result<std::vector<Explanation>> explain_workflow(const std::string& id, std::size_t max_tasks) override;
  Result<void> delete_workflow(const std::string& id) override;
  Result<void> register_executor(const std::string& name, std::size_t max_workflows) override;
  Result<void> unregister_executor(const std::string& name) override;
  std::vector<ExecutorReport> list_executors() override;
  OrchestratorMetrics metrics() override;

 private:
  Shard& shard_of(const std::string& id);
  // Runs `ask` on the shard's thread and returns what it returned once that is durable.
  template <class T>
  Result<T> ask(Shard& shard, std::move_only_function<Result<T>(Shard&)> call);
  // The same for a workflow of that id. Error: `not_found`.
  template <class T>
  Result<T> ask_workflow(const std::string& id, std::move_only_function<Result<T>(Shard&, LiveWorkflow&)> call);
  Result<void> command(const std::string& id, Command command);
  Result<BoundDefinitionPtr> bind(const DefinitionPtr& definition);
  Result<WorkflowSpec> pending_spec(const std::string& id);
  Result<void> redefine(const std::string& id, const WorkflowSpec& spec);
  std::string new_id();

  const OrchestratorOptions options_;
  HandlerRegistry& handlers_;
  const Clock& clock_;
  TaskSlots slots_;
  Executors executors_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<std::thread> threads_;
  std::atomic<bool> running_{false};
  std::atomic<std::size_t> workflows_{0};

  std::mutex mutex_;  // guards all below
  // So that any number of workflows share one definition: by hash, as long as one of them lives.
  boost::unordered_flat_map<std::string, std::weak_ptr<const BoundDefinition>> definitions_;
  Random ids_;
};

// What callers are told of a workflow's state.
WorkflowStatus status_of(const core::Workflow& workflow);
WorkflowReport report_of(const core::Workflow& workflow);

}  // namespace pawl
