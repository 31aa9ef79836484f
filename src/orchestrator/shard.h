// A shard: a share of the workflows, owned by one thread.
//
// A turn drains what has arrived, decides on each command, fires timers, starts what may start, hands the turn's events
// to the store as one batch, and releases the effects and replies of batches that have become durable. Nothing is
// visible outside before the events it rests on are durable. That an attempt starts rests on no event of its own turn,
// so the effects of TaskStarted are released before the batch is durable (decision 5); observers are notified of it
// with the others, when it is (decision 24).
//
// An effect is released later than it was decided. Effects of one workflow are released in the order they were decided,
// so a timer that is armed has its disarming behind it; what else may have changed meanwhile is looked at in the
// release: whether the attempt still runs (dispatch), which attempt is to stop (stop_attempt), which end of the
// workflow it was (end_workflow).
//
// When a commit fails or an invariant breaks, turn() says why. The supervisor then calls reset(), which forgets
// everything, and load(), which reads it again from the store; meanwhile the shard is down and refuses all calls.
//
// Threads: post(), finished(), committed() and nudge() from any; everything else on the shard's own.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/bounded_queue.h"
#include "base/parking.h"
#include "base/random.h"
#include "base/time.h"
#include "core/decide.h"
#include "expression/expression.h"
#include "monitor/observer.h"
#include "orchestrator/attempts_out.h"
#include "orchestrator/census.h"
#include "orchestrator/executors.h"
#include "orchestrator/live_workflow.h"
#include "orchestrator/policy_book.h"
#include "orchestrator/task_slots.h"
#include "orchestrator/timers.h"
#include "persistence/store.h"
#include "runners/handler.h"

namespace pawl {

class Shard;

// Whether this build is one that looks for mistakes.
#ifdef PAWL_SANITIZED
inline constexpr bool kIsSanitized = true;
#else
inline constexpr bool kIsSanitized = false;
#endif

struct ShardLimits {
  std::size_t workflows = 10'000'000;  // on all shards
  std::size_t args_bytes = 1'048'576;
  std::size_t result_bytes = 1'048'576;
  std::size_t finished = 10'000;  // terminal workflows a shard remembers if no store does
  std::size_t inbox = 4096;
  std::size_t commits = 64;  // on their way to the store; when there are so many, what arrives waits in the inbox
  std::uint64_t checkpoint_events = 1000;    // a checkpoint is written after so many events, or twice its tasks
  std::uint64_t history_events = 1'000'000;  // of one workflow that are kept
  std::uint32_t crashes = 5;                 // of the process in the middle of a task's attempts, before it fails
  bool standby = false;                      // commands are obeyed, but no task starts
  bool read_only = false;                    // and not even that
  bool checks_invariants = kIsSanitized;     // of a workflow, after every decision on it
  // Of the stored workflows these alone are taken up and run.
  std::optional<std::set<std::string, std::less<>>> only;
};

// What the shards of a node share. All outlive the shards.
struct ShardEnvironment {
  TaskSlots& slots;
  Executors& executors;
  DefinitionLibrary& definitions;
  PolicyBook& policies;
  Observer& observer;
  AttemptSink& sink;  // for the attempts that shards make themselves
  const Clock& clock;
  std::vector<std::unique_ptr<Shard>>& shards;
  std::atomic<std::size_t>& workflow_count;  // on all shards
  std::atomic<std::uint64_t>& letter_count;  // tasks that became dead letters, on all shards
  std::atomic<std::uint64_t>& quarantined;   // workflows that were put into quarantine, on all shards
  ShardLimits limits;
};

// The outcome of an attempt, on its way back to the shard.
struct FinishedAttempt {
  AttemptAddress address;
  AttemptOutcome outcome;
};

// Something to be done on the shard's thread. Who calls must look at down() first.
using ShardCall = std::move_only_function<void(Shard&)>;
// Called when what was decided is durable, or, with the reason, when it will not be.
using ShardReply = std::move_only_function<void(const Error* failure)>;
using ShardMessage = std::variant<FinishedAttempt, ShardCall>;

// Someone who waits for the end of a workflow. Called on the shard's thread.
class EndWaiter {
 public:
  virtual ~EndWaiter() = default;
  virtual void ended(const std::shared_ptr<const core::Workflow>& workflow) = 0;
  // The shard no longer knows the workflow: it went down. Ask again.
  virtual void lost(const Error& why) = 0;
};

using EndWaiters = std::vector<std::weak_ptr<EndWaiter>>;

// A workflow that cannot be run, and why.
struct Quarantined {
  std::string id;
  Error reason;
};

class Shard final : public CommitListener {
 public:
  Shard(std::uint32_t index, const ShardEnvironment& environment, std::uint64_t seed);
  ~Shard() override;

  // False, and `call` is left as it was, if the inbox is full. A call that the shard does not come to before its end is
  // dropped.
  bool post(ShardCall&& call);
  // Waits for room if it must: an outcome is never lost.
  void finished(FinishedAttempt attempt);
  void committed(std::uint64_t sequence, Result<void> outcome) override;
  // There may be a task slot.
  void nudge();
  // Handlers were added: workflows that wait for one may go on.
  void handlers_added();

  // stop() will follow: what takes long need not be done.
  void expect_stop() { stop_is_near_.store(true, std::memory_order_relaxed); }
  void stop();
  [[nodiscard]] bool is_stopping() const { return stopping_.load(std::memory_order_relaxed); }
  // While it lives, this thread is the shard's.
  class Here;

  // One turn. False if there was nothing to do. Error: why it cannot go on; then reset() it. Throws InvariantBroken.
  Result<bool> turn();
  // Waits until there may be something to do, or `due`. If that is because a commit is on its way, the thread sees to
  // it.
  void park(std::optional<Timestamp> due);
  // Waits until what was committed is durable, and releases it.
  Result<void> settle();
  [[nodiscard]] std::optional<Timestamp> next_due();
  // When a shard that is down has something to do by itself.
  [[nodiscard]] std::optional<Timestamp> next_due_while_down() const;

  // The end of the shard, after its last turn: who waits is told `why`, and so is whoever posts from now on.
  void end(const Error& why);

  // shard_switch.cc
  // Makes durable what was decided, and every workflow known to `next` as it is; what was stored of it there before is
  // replaced. The shard's own store is none the wiser.
  Result<void> copy_all_to(Store& next, Epoch epoch,
                           const std::function<Result<void>(const core::Workflow&)>& may_go_there);
  // This turn ends with the error `why`.
  void break_off(const Error& why);
  // reset() of a shard in which that failed: what is left of its workflows is not touched any more. For good.
  void abandon(const Error& why);
  // refuse() of an abandoned one.
  bool refuse_abandoned();

  // recover.cc
  void use_store(Store& store, Epoch epoch);
  // Whether what a reset() forgets can be read again.
  [[nodiscard]] bool can_reload() const { return store_->is_durable(); }
  // Takes up every stored workflow that belongs here. `crashed`: the process that ran them ended without warning.
  Result<void> load(bool crashed);
  // The same for one workflow; nullptr if there is none. Error: why it cannot be run.
  Result<LiveWorkflow*> load_one(const std::string& id);
  // Forgets everything and goes down for the reason `why`.
  void reset(const Error& why);
  void come_up() { down_.reset(); }
  [[nodiscard]] const std::optional<Error>& down() const { return down_; }
  // While it is down: answers calls, which see why. False if there was none.
  bool refuse();
  void save(LiveWorkflow& workflow);
  [[nodiscard]] const std::vector<Quarantined>& quarantined() const { return quarantined_; }
  // Why the workflow cannot be run; nullptr: it can, as far as is known.
  [[nodiscard]] const Error* quarantine_of(std::string_view id) const;
  template <class Work>
  auto guard(LiveWorkflow& workflow, Work&& work) -> decltype(work());

  // For calls. A reply is sent when all that was decided before it is durable.
  void reply_when_durable(ShardReply reply);
  [[nodiscard]] LiveWorkflow* find(std::string_view id);
  Result<LiveWorkflow*> create(BoundDefinitionPtr bound, WorkflowFactsPtr facts, bool id_may_be_taken);
  Result<void> execute(LiveWorkflow& workflow);
  Result<void> command(LiveWorkflow& workflow, const Command& command);
  // The same, under the id of a workflow that has ended, of which nothing is left. Error: `invalid_state`.
  Result<LiveWorkflow*> replace(LiveWorkflow& ended, BoundDefinitionPtr bound, WorkflowFactsPtr facts);
  // The definition of a pending workflow is exchanged for another one.
  Result<void> redefine(LiveWorkflow& workflow, BoundDefinitionPtr bound, WorkflowFactsPtr facts);
  Result<void> restore(LiveWorkflow& workflow, const command::RestoreWorkflow& snapshot);
  // A command after which an ended workflow may live again.
  Result<void> revive(LiveWorkflow& workflow, const Command& command);
  Result<void> register_compensation(LiveWorkflow& workflow, BoundDefinitionPtr bound, WorkflowFactsPtr facts);
  // Forgets an ended workflow, here and in the store. Error: `not_found`, `invalid_state`.
  Result<void> remove(const std::string& id);
  // `waiter` is told once, when the workflow is durably terminal, which may be now; unless it has gone by then.
  void when_ended(LiveWorkflow& workflow, const std::shared_ptr<EndWaiter>& waiter);
  void start_placed(const Placement& placement);
  // Stops when `visit` returns false.
  void for_each_workflow(const std::function<bool(const LiveWorkflow&)>& visit) const;
  // census.cc
  [[nodiscard]] ShardCensus census();

  // What a ready task has to wait for: an attempt of it that still has a process. nullptr: there is none.
  [[nodiscard]] const AttemptsOut::Attempt* attempt_before(const LiveWorkflow& workflow, TaskIndex task) const;
  [[nodiscard]] std::uint32_t index() const { return index_; }
  [[nodiscard]] Epoch epoch() const { return epoch_; }
  // The shard whose thread this is, or nullptr.
  [[nodiscard]] static const Shard* of_this_thread();
  // The shard among `shards` that a workflow belongs to.
  [[nodiscard]] static std::size_t index_for(std::string_view id, std::size_t shards);

 private:
  // What one turn decided, until it is durable and released.
  struct Batch {
    struct Segment {
      LiveWorkflow* workflow;
      const WorkflowFacts* facts;  // as they were when this was decided
      std::uint32_t events_end;
      std::uint32_t effects_end;
      bool rides;  // its effects do not wait for its events
    };
    // What there is of one workflow in all its segments.
    struct Group {
      LiveWorkflow* workflow;
      std::uint64_t first_event;
      bool was_terminal;
      bool save;     // its whole state goes along
      bool summary;  // what its summary says has changed
      std::uint32_t pieces;
      bool letters_anew;                          // all its dead letters may be others
      std::vector<TaskIndex> letters;             // actions that may have become one, or are one no more
      std::unique_ptr<WorkflowSummary> replaced;  // of the workflow that had its id
    };
    std::uint64_t sequence = 0;
    core::Turn turn;
    std::vector<Segment> segments;
    std::vector<Group> groups;
    std::vector<std::span<const Event>> pieces;  // of events, by group
    std::vector<WorkflowCommit> commits;
    std::vector<ShardReply> replies;
    bool has_riders = false;

    [[nodiscard]] bool empty() const { return segments.empty() && groups.empty() && replies.empty(); }
    void clear();
  };

  // inbox.cc
  bool drain();
  void load_dependents(const FinishedAttempt& attempt) const;
  void handle(FinishedAttempt& attempt);
  void handle_orphan(const AttemptAddress& address);
  bool fire_timers();
  void fire(const Timer& timer);
  [[nodiscard]] static std::optional<Timestamp> end_of_limit(const core::Workflow& state, const TimerKey& timer);

  // schedule.cc
  void schedule();
  void start_waiting_tasks();
  bool start_tasks_of(LiveWorkflow& workflow, std::size_t& budget);
  void start_task(LiveWorkflow& workflow, TaskIndex task);
  bool is_served(LiveWorkflow& workflow, TaskIndex task);
  [[nodiscard]] static AttemptsOut::Action action_at(const LiveWorkflow& workflow, TaskIndex action);
  [[nodiscard]] bool has_task_to_start(const LiveWorkflow& workflow) const;
  void enqueue_if_ready(LiveWorkflow& workflow);

  // quarantine.cc
  // The workflow is not touched any more; what was decided on it last, and not to its end, is taken back. Returns the
  // reason, as whoever asks for the workflow is told it.
  Error quarantine(LiveWorkflow& workflow, WorkflowState sound_state, std::string_view why);
  void note_quarantine(const std::string& id, const Error& reason);
  void release_guarded(LiveWorkflow& workflow, const Effect& effect);
  void drop_effect(const LiveWorkflow& workflow, const Effect& effect);
  void drop_dispatch(const LiveWorkflow& workflow, const Effect& effect);
  void abandon_waiters(const LiveWorkflow& workflow, const Error& reason);

  // commit.cc
  template <class C>
  Result<void> decide(LiveWorkflow& workflow, const C& command);
  // Throws InvariantBroken. Apart from decide(), which there is one of for each command.
  static void check_invariants(const LiveWorkflow& workflow);
  // What is said where limits.read_only.
  static std::unexpected<Error> refuse_to_change();
  void close_segment(LiveWorkflow& workflow, std::size_t events_before, std::uint64_t first_event, bool was_terminal);
  [[nodiscard]] bool ride_along(const LiveWorkflow& workflow, std::span<const Event> events) const;
  Batch::Group& group_of(LiveWorkflow& workflow, std::uint64_t first_event, bool was_terminal);
  void commit();
  void assemble(Batch& batch);
  void complete_commit(WorkflowCommit& commit, const Batch::Group& group);
  void complete_broken(WorkflowCommit& commit, const Batch::Group& group);
  void note_changes(LiveWorkflow& workflow, Batch::Group* group, std::span<const Event> events);
  Result<bool> release_durable();
  [[nodiscard]] bool is_store_behind() const { return in_flight_.size() >= environment_.limits.commits; }
  // commit(), and then waits while too many batches are on their way.
  Result<void> commit_within_limit();
  [[nodiscard]] bool is_commit_settled() const;
  void release(Batch& batch);
  // Only the effects of what rides, before the batch is durable; or the events, and the effects of all else.
  void release_segments(Batch& batch, bool early);
  void note_end(LiveWorkflow& workflow, std::size_t effects_before);

  // dispatch.cc
  void release_effect(LiveWorkflow& workflow, const Effect& effect);
  void dispatch(LiveWorkflow& workflow, const effect::DispatchTask& dispatched);
  void make_attempt_here(const Assignment& assignment);
  void wait_for_time(LiveWorkflow& workflow, const Assignment& assignment);
  void stop_attempt(LiveWorkflow& workflow, const effect::StopTask& stopped);
  void end_workflow(LiveWorkflow& workflow, const effect::EndWorkflow& ended);
  void announce_end(const LiveWorkflow& workflow);
  void tell_ends();
  void flush_assignments();
  void give_slot_back();

  // shard_switch.cc
  Result<void> copy_to(Store& next, Epoch epoch, const std::vector<WorkflowCommit>& commits);
  void break_promises(const Error& why);
  void drop_inbox();

  // recover.cc
  void bind_again();
  // Whether stored workflows with this id are run here.
  [[nodiscard]] bool is_wanted(std::string_view id) const;
  Result<LiveWorkflow*> take_up(const StoredWorkflow& stored);
  void recover(LiveWorkflow& workflow, bool crashed);
  void orphan_attempts();
  void stop_running(const LiveWorkflow& workflow);
  void stop_forced(std::optional<WorkflowAddress> of);
  void stop_unforced(const LiveWorkflow& workflow, const effect::StopTask& stopped);
  void stop_as_asked(const Batch& batch);
  void stop_on_runner(Runner& runner, const AttemptAddress& address, Duration grace);

  // shard_policies.cc
  void refresh_policies();
  // What the events tell of the policies that the workflow refers to: counts, and outcomes for circuit breakers.
  void observe(LiveWorkflow& workflow, std::span<const Event> events);
  void end_passage(const LiveWorkflow& workflow, TaskIndex task, policy::Verdict verdict);
  void end_all_passages(const LiveWorkflow& workflow);
  // Whether the task's circuit breaker lets it through; if not, it is held, or its attempt has failed.
  bool passes_breaker(LiveWorkflow& workflow, TaskIndex task);
  bool release_held();
  void forget_held();

  [[nodiscard]] bool moves_open_compensations(const LiveWorkflow& workflow, const Definition& to) const;
  // Error: `not_found`, for a stored policy that the definition refers to.
  [[nodiscard]] Result<void> check_policies(const Definition& definition) const;

  void hold(LiveWorkflow& workflow, TaskIndex task);
  void unhold(LiveWorkflow& workflow, TaskIndex task);
  void unhold_unless_held(LiveWorkflow& workflow);
  void unhold_all(LiveWorkflow& workflow);

  // workflow_time.cc
  void read_wall_clock();
  [[nodiscard]] Timestamp wall() const { return now_ + correction_; }
  // The times that the workflow lives in, as its shard counts them.
  [[nodiscard]] static Timestamp shard_time(const LiveWorkflow& workflow, Timestamp time) {
    return time - workflow.time_offset;
  }
  [[nodiscard]] static Timestamp workflow_time(const LiveWorkflow& workflow, Timestamp time) {
    return time + workflow.time_offset;
  }
  void arm(LiveWorkflow& workflow, const effect::ArmTimer& timer);
  void disarm(LiveWorkflow& workflow, TimerKind kind, TaskIndex task);
  // All but those that are attempts.
  void disarm_all(LiveWorkflow& workflow);

  void live_again(LiveWorkflow& workflow);
  void withdraw(LiveWorkflow& workflow);
  [[nodiscard]] Result<void> check_new(const BoundDefinition& bound, std::size_t more) const;
  Result<LiveWorkflow*> make(BoundDefinitionPtr bound, WorkflowFactsPtr facts);
  static Result<void> check_removable(const LiveWorkflow& workflow, std::string_view verb);
  Result<void> exchange_definition(LiveWorkflow& workflow, BoundDefinitionPtr bound, const Command& command);
  Result<void> change_facts(LiveWorkflow& workflow, const std::function<Result<void>()>& change);
  LiveWorkflow& new_place();
  void queue_again(LiveWorkflow& workflow);
  void start_on(LiveWorkflow& workflow, ExecutorIndex executor);
  void pass_slots_on();
  void leave_executor(ExecutorIndex executor);
  void deliver_placements();
  [[nodiscard]] LiveWorkflow* at(const WorkflowAddress& address);
  [[nodiscard]] TimerKey timer_key(const LiveWorkflow& workflow, TimerKind kind, TaskIndex task) const;
  void forget(LiveWorkflow& workflow);
  void forget_oldest_finished();

  const std::uint32_t index_;
  ShardEnvironment environment_;
  Store* store_ = nullptr;
  Epoch epoch_{};
  BoundedQueue<ShardMessage> inbox_;
  Parking parking_;
  std::atomic<bool> stop_is_near_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> nudged_{false};
  std::atomic<bool> rebinds_{false};  // looked at when it was nudged
  std::atomic<bool> ended_{false};    // nobody looks into the inbox any more
  std::optional<Error> down_;

  Timestamp now_;
  std::chrono::microseconds correction_{0};  // the wall clock is ahead of now_ by so much
  Timestamp wall_clock_read_{};              // in now_'s time
  Random random_;
  expression::Evaluator evaluator_;
  Timers timers_;  // by now_
  Timers alarms_;  // by the wall clock: attempts that wait for a time of day

  policy::CatalogPtr catalog_ = std::make_shared<policy::Catalog>();
  std::uint64_t catalog_version_ = 0;
  // Attempts that a circuit breaker let through and that have not ended, by task (the key's kind says nothing).
  struct Passage {
    std::string breaker;
    std::uint64_t period;
  };
  boost::unordered_flat_map<TimerKey, Passage, TimerKeyHash> passages_;
  // Tasks that a circuit breaker holds, the oldest first.
  struct HeldTask {
    WorkflowAddress workflow;
    TaskIndex task;
  };
  struct HeldTasks {
    std::map<std::uint64_t, HeldTask> tasks;  // numbered in the order they were held
    std::uint64_t seen_change = ~0ULL;        // of the breaker, when some were released to probe it
    Timestamp released_at{};
  };
  std::map<std::string, HeldTasks> held_;
  struct HeldAt {
    std::string breaker;
    std::uint64_t number;
  };
  boost::unordered_flat_map<TimerKey, HeldAt, TimerKeyHash> held_at_;  // by task (the key's kind says nothing)
  std::uint64_t last_held_ = 0;
  std::optional<Timestamp> held_due_;

  std::vector<std::unique_ptr<LiveWorkflow>> places_;
  std::vector<std::uint32_t> free_places_;
  boost::unordered_flat_map<std::string_view, std::uint32_t> by_id_;  // the keys live in the workflows' facts
  boost::unordered_flat_map<std::uint32_t, EndWaiters> waiters_;  // by place
  struct UntoldEnd {
    EndWaiters waiters;
    std::shared_ptr<const core::Workflow> workflow;
  };
  std::vector<UntoldEnd> ends_untold_;  // durable; told when what the batch holds is let go
  // Terminal workflows, the oldest first; not those that have been revived since, or have ended once more.
  struct Finished {
    WorkflowAddress workflow;
    std::uint64_t end_event;
  };
  std::deque<Finished> finished_;
  std::uint32_t next_generation_ = 1;
  std::vector<Quarantined> quarantined_;
  const LiveWorkflow* in_hand_ = nullptr;              // whose part of a commit is being made
  boost::unordered_flat_map<std::string, int> broke_;  // how often an invariant broke while it was in hand; by id
  // Forgotten workflows with attempts still out, which refer to them; by generation.
  boost::unordered_flat_map<std::uint32_t, std::unique_ptr<LiveWorkflow>> orphans_;

  AttemptsOut out_;

  std::deque<LiveWorkflow*> run_queue_[4];  // workflows with ready tasks, by priority
  std::deque<LiveWorkflow*> wait_queue_;    // workflows with tasks that are to wait for something, not for a slot
  std::deque<Placement> placements_;        // workflows that were given a place and have to be notified
  bool has_late_outcomes_ = false;          // of workflows that had ended, and may be forgotten now
  bool placements_blocked_ = false;         // by inboxes that are full
  std::vector<FinishedAttempt> made_here_;  // outcomes of attempts made on this thread, for the next turn
  std::vector<FinishedAttempt> handling_;
  std::vector<std::pair<Runner*, std::vector<Assignment>>> assignments_;  // by runner, for the end of a release

  std::unique_ptr<Batch> open_;
  std::deque<std::unique_ptr<Batch>> in_flight_;
  std::vector<std::unique_ptr<Batch>> spare_;
  std::uint64_t last_sequence_ = 0;
  std::uint64_t released_ = 0;   // batches up to this one
  std::uint64_t releasing_ = 0;  // the one whose effects are released just now
  bool starts_bind_ = false;     // an attempt may end this process, and then it must be known that it was made
  std::atomic<std::uint64_t> durable_{0};
  std::atomic<bool> failed_{false};
  std::mutex failure_mutex_;  // guards all below
  std::optional<Error> failure_;
  std::uint64_t abandoned_ = 0;  // batches up to this one were given up by reset()
};

class Shard::Here {
 public:
  explicit Here(const Shard& shard);
  ~Here();
  Here(const Here&) = delete;
  Here& operator=(const Here&) = delete;
};

}  // namespace pawl
