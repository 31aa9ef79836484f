// A shard: a share of the workflows, owned by one thread.
//
// A turn drains what has arrived, decides on each command, fires timers, starts what may start, hands the turn's events
// to the store as one batch, and releases the effects and replies of batches that have become durable. Nothing is
// visible outside before the events it rests on are durable. Threads: post(), finished() and committed() from any;
// everything else on the shard's own.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
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
#include "orchestrator/executors.h"
#include "orchestrator/live_workflow.h"
#include "orchestrator/task_slots.h"
#include "orchestrator/timers.h"
#include "persistence/store.h"
#include "runners/handler.h"

namespace pawl {

class Shard;

// What the shards of a node share. All outlive the shards.
struct ShardEnvironment {
  Store& store;
  TaskSlots& slots;
  Executors& executors;
  Observer& observer;
  AttemptSink& sink;  // for the attempts that shards make themselves
  const Clock& clock;
  std::vector<std::unique_ptr<Shard>>& shards;
  std::atomic<std::size_t>& workflow_count;  // on all shards
  std::size_t max_workflows;
  std::size_t max_args_bytes;
  std::size_t max_result_bytes;
  std::size_t max_finished;  // terminal workflows a shard remembers
  std::size_t inbox_capacity;
};

// The outcome of an attempt, on its way back to the shard.
struct FinishedAttempt {
  AttemptAddress address;
  AttemptOutcome outcome;
};

// Something to be done on the shard's thread.
using ShardCall = std::move_only_function<void(Shard&)>;
using ShardMessage = std::variant<FinishedAttempt, ShardCall>;

// Someone who waits for the end of a workflow. Called on the shard's thread.
class EndWaiter {
 public:
  virtual ~EndWaiter() = default;
  virtual void ended(const core::Workflow& workflow) = 0;
};

class Shard final : public CommitListener {
 public:
  Shard(std::uint32_t index, const ShardEnvironment& environment, std::uint64_t seed);
  ~Shard() override;

  // False if the inbox is full.
  bool post(ShardCall call);
  // Waits for room if it must: an outcome is never lost.
  void finished(FinishedAttempt attempt);
  void committed(std::uint64_t sequence, Result<void> outcome) override;
  // There may be a task slot.
  void nudge();

  // Takes turns until stop(). The thread that calls it is the shard's.
  void run();
  void stop();
  // One turn. False if there was nothing to do.
  bool turn();

  // For calls. A reply is sent when all that was decided before it is durable.
  void reply_when_durable(std::move_only_function<void()> reply);
  [[nodiscard]] LiveWorkflow* find(std::string_view id);
  Result<void> create(BoundDefinitionPtr bound, WorkflowFactsPtr facts);
  Result<void> execute(LiveWorkflow& workflow);
  Result<void> command(LiveWorkflow& workflow, const Command& command);
  // The definition of a pending workflow is exchanged for another one.
  Result<void> redefine(LiveWorkflow& workflow, BoundDefinitionPtr bound, WorkflowFactsPtr facts);
  Result<void> remove(LiveWorkflow& workflow);
  // `waiter` is told once, when the workflow is durably terminal, which may be now; unless it has gone by then.
  void when_ended(LiveWorkflow& workflow, const std::shared_ptr<EndWaiter>& waiter);
  void start_placed(const Placement& placement);
  void for_each_workflow(const std::function<void(const LiveWorkflow&)>& visit) const;

  [[nodiscard]] std::uint32_t index() const { return index_; }
  // The shard whose thread this is, or nullptr.
  [[nodiscard]] static const Shard* of_this_thread();

 private:
  // What one turn decided, until it is durable and released.
  struct Batch {
    struct Segment {
      LiveWorkflow* workflow;
      std::uint64_t first_event;
      std::uint32_t events_end;
      std::uint32_t effects_end;
    };
    std::uint64_t sequence = 0;
    core::Turn turn;
    std::vector<Segment> segments;
    std::vector<EventRun> runs;
    std::vector<std::move_only_function<void()>> replies;

    [[nodiscard]] bool empty() const { return segments.empty() && replies.empty(); }
    void clear();
  };

  // inbox.cc
  bool drain();
  void load_dependents(const FinishedAttempt& attempt) const;
  void handle(FinishedAttempt& attempt);
  bool fire_timers();
  void fire(const Timer& timer);

  // schedule.cc
  void schedule();
  void start_waiting_tasks();
  bool start_tasks_of(LiveWorkflow& workflow, std::size_t& budget);
  bool start_task(LiveWorkflow& workflow, TaskIndex task);
  void enqueue_if_ready(LiveWorkflow& workflow);

  // commit.cc
  template <class C>
  Result<void> decide(LiveWorkflow& workflow, const C& command);
  void close_segment(LiveWorkflow& workflow, std::size_t events_before, std::uint64_t first_event);
  void commit();
  bool release_durable();
  void release(Batch& batch);

  // dispatch.cc
  void release_effect(LiveWorkflow& workflow, const Effect& effect);
  void dispatch(LiveWorkflow& workflow, const effect::DispatchTask& dispatched);
  void make_attempt_here(const Assignment& assignment);
  void wait_for_time(LiveWorkflow& workflow, const Assignment& assignment);
  void stop_attempt(LiveWorkflow& workflow, const effect::StopTask& stopped);
  void end_workflow(LiveWorkflow& workflow);
  void flush_assignments();
  void give_slot_back();
  void leave_executor(ExecutorIndex executor);
  void deliver_placements();

  [[nodiscard]] LiveWorkflow* at(const WorkflowAddress& address);
  [[nodiscard]] TimerKey timer_key(const LiveWorkflow& workflow, TimerKind kind, TaskIndex task) const;
  void forget(LiveWorkflow& workflow);
  void forget_oldest_finished();

  const std::uint32_t index_;
  ShardEnvironment environment_;
  BoundedQueue<ShardMessage> inbox_;
  Parking parking_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> nudged_{false};

  Timestamp now_;
  Random random_;
  expression::Evaluator evaluator_;
  Timers timers_;

  std::vector<std::unique_ptr<LiveWorkflow>> places_;
  std::vector<std::uint32_t> free_places_;
  boost::unordered_flat_map<std::string_view, std::uint32_t> by_id_;  // the keys live in the workflows' facts
  boost::unordered_flat_map<std::uint32_t, std::vector<std::weak_ptr<EndWaiter>>> waiters_;  // by place
  std::deque<WorkflowAddress> finished_;                                                     // terminal, oldest first
  std::uint32_t next_generation_ = 1;

  std::deque<LiveWorkflow*> run_queue_[4];  // workflows with ready tasks, by priority
  std::deque<LiveWorkflow*> wait_queue_;    // workflows with tasks that are to wait for something, not for a slot
  std::vector<FinishedAttempt> made_here_;  // outcomes of attempts made on this thread, for the next turn
  std::vector<FinishedAttempt> handling_;
  std::deque<Placement> placements_;  // workflows that were given a place and have to be told
  std::vector<std::pair<Runner*, std::vector<Assignment>>> assignments_;  // by runner, for the end of a release

  std::unique_ptr<Batch> open_;
  std::deque<std::unique_ptr<Batch>> in_flight_;
  std::vector<std::unique_ptr<Batch>> spare_;
  std::uint64_t last_sequence_ = 0;
  std::atomic<std::uint64_t> durable_{0};
};

}  // namespace pawl
