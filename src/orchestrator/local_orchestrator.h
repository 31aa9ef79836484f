// The orchestrator of one process: its shards, each on a thread of its own, and the door to them.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "pawl/compensation.h"

#include "base/mutex.h"
#include "base/owner_process.h"
#include "model/records/snapshot.h"
#include "orchestrator/definition_library.h"
#include "orchestrator/history_bookmarks.h"
#include "orchestrator/local_policy.h"
#include "orchestrator/parts.h"
#include "orchestrator/policy_book.h"
#include "orchestrator/record_stream.h"
#include "orchestrator/removals.h"
#include "orchestrator/shard/shard.h"
#include "orchestrator/supervisor.h"
#include "orchestrator/workflow_waits.h"

namespace pawl {

class StoreSwitch;

struct OrchestratorOptions {
  std::size_t shards = 2;
  std::size_t max_concurrent_tasks = 64;
  std::size_t max_concurrent_workflows = 10'000;
  std::size_t max_finished_workflows = 10'000;
  Duration cancel_grace = std::chrono::seconds(10);
  DefinitionLimits definitions;
  ShardLimits shard;
};

// Which workflows a list is to have.
struct WorkflowQuery {
  ListOptions options;
  bool sagas = false;  // only those in which something can be compensated
};

// Opens the store of a data directory.
using StoreOpener = std::function<Result<std::shared_ptr<Store>>(const PersistenceOptions&)>;

// Threads: as Orchestrator. Ownership: what it is given outlives it. start() or fail_start() before anything else,
// once.
class LocalOrchestrator final : public OrchestratorPart, public PersistencePart, public Compensations, private Node {
 public:
  LocalOrchestrator(const OrchestratorOptions& options, StoreOpener open_store, HandlerRegistry& handlers,
                    Observer& observer, AttemptSink& sink, const Clock& clock);
  ~LocalOrchestrator() override;

  // With a store the workflows in it are taken up. Error: that of opening it; every operation then fails with it.
  Result<void> start(const std::optional<PersistenceOptions>& persistence);
  // Instead of start(): every operation fails with `why`.
  void fail_start(Error why) { start_error_ = std::move(why); }
  // After it returns no shard does anything any more, and all calls and waits have ended. What runners report then goes
  // nowhere.
  void stop();
  // What start() said, whatever has happened since.
  [[nodiscard]] Result<void> check_started() const {
    return start_error_ ? Result<void>(std::unexpected(*start_error_)) : Result<void>();
  }
  // Whether operations are taken at all. Error: why not.
  [[nodiscard]] Result<void> check_open() const;
  void finished(const AttemptAddress& address, AttemptOutcome outcome);
  // Stored workflows may wait for handlers that there are now.
  void handlers_added();
  // Forgets ended workflows that are older than they are to be kept; at most `limit` of each state. How many it forgot.
  Result<std::size_t> expire(WorkflowState state, Duration age, std::size_t limit);

  Result<std::string> create_workflow(const DefinitionPtr& definition, const CreateOptions& options) override;
  Result<std::string> create_workflow(std::string name, std::vector<TaskSpec> tasks,
                                      const CreateOptions& options) override;
  Result<void> execute_workflow(const std::string& id) override;
  Result<std::string> start_workflow(const DefinitionPtr& definition, const CreateOptions& options) override;
  Result<std::string> start_workflow(std::string name, std::vector<TaskSpec> tasks,
                                     const CreateOptions& options) override;
  void start_workflow(const DefinitionPtr& definition, const CreateOptions& options, Started started) override;
  Result<void> pause_workflow(const std::string& id) override;
  Result<void> resume_workflow(const std::string& id) override;
  Result<void> cancel_workflow(const std::string& id, const CancelOptions& options) override;
  Result<void> fail_workflow(const std::string& id, const std::string& reason) override;
  Result<void> retry_workflow(const std::string& id) override;
  Result<void> rerun_workflow(const std::string& id, const std::string& from, const RerunOptions& options) override;
  Result<std::string> fork_workflow(const std::string& id, const ForkOptions& options) override;
  Result<void> skip_task(const std::string& id, const std::string& task) override;
  Result<void> add_task(const std::string& id, const TaskSpec& task) override;
  Result<void> remove_task(const std::string& id, const std::string& task) override;
  Result<WorkflowStatus> get_workflow_status(const std::string& id) override;
  Result<WorkflowReport> get_workflow(const std::string& id) override;
  Result<std::vector<WorkflowStatus>> list_known_workflows(const ListOptions& options) override;
  Result<std::vector<HistoryEvent>> get_history(const std::string& id, const HistoryOptions& options) override;
  Result<std::vector<QuarantinedWorkflow>> list_quarantined() override;
  Result<WorkflowReport> wait_workflow(const std::string& id, std::optional<Duration> timeout,
                                       std::stop_token stop) override;
  Result<std::vector<Explanation>> explain_workflow(const std::string& id, std::size_t max_tasks) override;
  Result<void> delete_known_workflow(const std::string& id) override;
  Result<void> check_store() override;
  Result<void> register_executor(const std::string& name, std::size_t max_workflows) override;
  Result<void> unregister_executor(const std::string& name) override;
  std::vector<ExecutorReport> list_executors() override;
  OrchestratorMetrics metrics() override;

  Result<void> enable(const PersistenceOptions& options) override;
  Result<void> disable() override;
  [[nodiscard]] bool is_persistent() const override;
  Result<void> save_workflow(const std::string& id) override;
  Result<WorkflowReport> load_workflow(const std::string& id) override;
  Result<void> delete_stored_workflow(const std::string& id) override;
  Result<std::vector<WorkflowStatus>> list_stored_workflows(const ListOptions& options) override;
  Result<std::string> create_snapshot(const std::string& workflow, const std::string& label) override;
  Result<void> restore_snapshot(const std::string& snapshot) override;
  Result<std::vector<SnapshotInfo>> list_snapshots(const std::string& workflow) override;
  Result<void> delete_snapshot(const std::string& snapshot) override;
  Result<void> backup(const std::string& folder) override;

  // sagas.cc
  Result<void> register_compensation(const std::string& workflow, const std::string& task,
                                     const Compensation& action) override;
  Result<void> execute_compensation(const std::string& workflow, const std::string& task) override;
  Result<void> compensate_workflow(const std::string& workflow, const std::vector<std::string>& tasks) override;
  Result<std::string> start_saga(const std::string& name, std::vector<TaskSpec> steps,
                                 const CreateOptions& options) override;
  Result<std::string> create_saga(const std::string& name, std::vector<TaskSpec> steps, const Json& input) override;
  Result<void> add_step(const std::string& saga, TaskSpec step) override;
  Result<void> execute_saga(const std::string& saga) override;
  Result<void> roll_back(const std::string& saga) override;
  Result<SagaStatus> get_saga(const std::string& saga) override;
  Result<std::vector<SagaStatus>> list_sagas(std::size_t limit) override;
  Result<std::vector<CompensationLogEntry>> get_log(const std::string& workflow) override;

  [[nodiscard]] Policy& policy() { return policy_; }
  // What Policy's operations need of the workflows; dead_letters.cc.
  std::string new_id();
  Result<std::string> find_user_of_policy(const std::string& policy);
  Result<std::vector<DeadLetter>> list_dead_letters(const DeadLetterFilter& filter);
  Result<DeadLetter> get_dead_letter(const DeadLetterId& id);
  Result<void> redrive(const DeadLetterId& id);
  Result<void> discard(const DeadLetterId& id, const std::string& reason);
  // Discards those that are older; at most `limit`. How many.
  Result<std::size_t> expire_dead_letters(Duration age, std::size_t limit);

 private:
  friend class LocalOrchestratorPeer;  // tests

  Shard& shard_of(const std::string& id);
  // Runs `call` on the shard's thread and returns what it returned once that is durable. Error: also `internal`, if the
  // shard broke off in the middle of it.
  template <class T>
  Result<T> ask(Shard& shard, std::move_only_function<Result<T>(Shard&)> call);
  // The same for a workflow of that id, in memory. Error: `not_found`.
  template <class T>
  Result<T> ask_live(const std::string& id, std::move_only_function<Result<T>(Shard&, LiveWorkflow&)> call);
  // The same also if it is only in the store.
  template <class T>
  Result<T> ask_workflow(const std::string& id, std::move_only_function<Result<T>(Shard&, LiveWorkflow&)> call);
  Result<void> command(const std::string& id, Command command);

  struct NewWorkflow {
    BoundDefinitionPtr bound;
    WorkflowFactsPtr facts;
    bool id_may_be_taken;
    IfExists if_exists;
    CanonicalText canonical;  // held until the shard has taken it; none: the shard does not need it
  };
  [[nodiscard]] Result<DefinitionPtr> define(std::string name, std::vector<TaskSpec> tasks) const;
  Result<NewWorkflow> prepare(const DefinitionPtr& definition, const CreateOptions& options);
  // On the shard's thread: the workflow that is made, or the one that there is and may stand for it.
  Result<LiveWorkflow*> create_or_attach(Shard& shard, const NewWorkflow& wanted);
  Result<void> create_and_execute(Shard& shard, const NewWorkflow& wanted);
  using SpecChange = std::function<Result<void>(WorkflowSpec& spec)>;
  using Redefine = Result<void> (Lifecycle::*)(LiveWorkflow& workflow, BoundDefinitionPtr bound,
                                               WorkflowFactsPtr facts);
  // `change` is made again if another caller has changed the definition meanwhile; `conflict` if that happens too
  // often.
  Result<void> change_definition(const std::string& id, Redefine redefine, const SpecChange& change);
  Result<BoundDefinitionPtr> bind_spec(const WorkflowSpec& spec);
  // What the shard of the workflow needs of the definition to store it; held until it has been asked.
  [[nodiscard]] CanonicalText canonical_for(const std::string& id, const BoundDefinition& bound) const;

  // supervise.cc
  [[nodiscard]] std::shared_ptr<Store> store() const;
  void run_shard(Shard& shard, bool crashed);
  void run_records();
  void tell_of_records(const Error* why);
  [[nodiscard]] std::pair<std::shared_ptr<Store>, Epoch> present() const;
  Result<std::pair<Store*, Epoch>> renew(Epoch failed) override;
  void tell(const Shard& shard, const Error* why) override;
  Result<void> try_start(const std::optional<PersistenceOptions>& persistence);
  Result<void> let_go_of(Store& store) const PAWL_REQUIRES(changing_);
  // Whether every stored workflow is taken up.
  [[nodiscard]] bool runs_all() const { return !options_.shard.standby && !options_.shard.only; }

  // store_switch.cc
  // Waits while the shard's inbox is full. False: the engine is stopping.
  bool post_in_time(Shard& shard, ShardCall call);
  using WorkflowCheck = std::function<Result<void>(const core::Workflow&)>;
  // All shards and the policies go on with `next`, or none of them does.
  Result<void> switch_store(const std::shared_ptr<Store>& next, Epoch epoch, const WorkflowCheck& may_go_there)
      PAWL_REQUIRES(changing_) PAWL_EXCLUDES(mutex_);
  Result<void> stop_records(const std::shared_ptr<StoreSwitch>& meeting, const std::shared_ptr<Store>& next,
                            Epoch epoch);
  Result<void> move_to(const std::shared_ptr<Store>& next, const Ownership& owned) PAWL_REQUIRES(changing_);
  Result<void> check_id_is_free(Store& store, bool is_next, const core::Workflow& workflow);
  void load_all(bool crashed);

  // wait.cc
  Result<WorkflowReport> wait_for_end(const std::string& id, std::optional<Duration> timeout, std::stop_token stop);
  [[nodiscard]] Result<std::unique_ptr<WorkflowWaits::Wait>> begin_wait(const std::string& id);

  // read.cc
  Result<core::Workflow> state_in_memory(const std::string& id);
  // Error: why the workflow is in quarantine.
  Result<void> check_quarantine(const std::string& id);
  Result<core::Workflow> state_in_store(const std::string& id);
  // As it is stored, which may not be durable yet.
  Result<core::Workflow> read_state(Store& store, const std::string& id);
  Result<void> until_durable(Shard& shard);
  Result<void> until_durable();  // all shards
  Result<core::Workflow> state_of(const std::string& id);

  // list.cc
  // Each stored workflow that has not ended, and its state as far as that can be read. Stops when `visit` returns
  // false. It reads all of them: for what is wanted of all.
  Result<void> scan_live(Store& store,
                         const std::function<bool(const StoredWorkflow&, const Result<core::Workflow>&)>& visit);
  Result<std::vector<WorkflowStatus>> list(const WorkflowQuery& query);
  Result<std::vector<WorkflowStatus>> list_memory(const WorkflowQuery& query);
  Result<std::vector<WorkflowStatus>> list_stored(const WorkflowQuery& query, bool with_live);
  Result<std::vector<WorkflowStatus>> list_stored_live(Store& store, const WorkflowQuery& query);

  // history.cc
  Result<WorkflowFactsPtr> facts_of(Store& store, const std::string& id);

  Result<StoredSnapshot> read_snapshot(const std::string& snapshot);

  const OrchestratorOptions options_;
  const OwnerProcess owner_;
  const StoreOpener open_store_;
  HandlerRegistry& handlers_;
  const AttemptSink& sink_;  // by which attempts of this engine are known
  const Clock& clock_;
  DefinitionLibrary definitions_;
  RecordStream records_;
  PolicyBook policies_;
  LocalPolicy policy_;
  TaskSlots slots_;
  Executors executors_;
  HistoryBookmarks bookmarks_;
  WorkflowWaits waits_;
  std::optional<Error> start_error_;  // written before there is any caller
  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<std::thread> threads_;
  std::thread records_thread_;
  std::atomic<bool> running_{false};
  Removals removals_;
  std::atomic<std::size_t> workflows_{0};
  std::atomic<std::uint64_t> restarts_{0};
  std::atomic<std::uint64_t> letters_{0};
  std::atomic<std::uint64_t> quarantined_{0};
  std::atomic<std::uint64_t> letters_redriven_{0};
  std::atomic<std::uint64_t> letters_discarded_{0};

  Mutex changing_ PAWL_ACQUIRED_BEFORE(mutex_);  // held by who changes the store, for as long as that takes
  // Not all is run here, and the owner before ended without warning.
  bool crash_untold_ PAWL_GUARDED_BY(changing_) = false;
  // Of the data directory that was let go of last.
  std::optional<Epoch> disabled_epoch_ PAWL_GUARDED_BY(changing_);
  Mutex renewing_ PAWL_ACQUIRED_BEFORE(mutex_);  // held by the shard that acquires the store anew
  mutable Mutex mutex_;
  Random ids_ PAWL_GUARDED_BY(mutex_);
  // Shared with readers that are at it when persistence is disabled.
  std::shared_ptr<Store> store_ PAWL_GUARDED_BY(mutex_);
  Epoch epoch_ PAWL_GUARDED_BY(mutex_){};
  std::map<std::uint32_t, std::string> problems_ PAWL_GUARDED_BY(mutex_);  // of shards that are down
};

}  // namespace pawl
