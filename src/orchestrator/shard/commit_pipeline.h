// The commit pipeline of a shard: a turn's events go to the store as one batch; its effects and replies wait until it
// is durable. Batches become durable in the order of their sequence numbers.
//
// That an attempt starts rests on no event of its own turn, so the effects of TaskStarted are released before the batch
// is durable (decision 5), unless an attempt may end this process: then it must be known that it was made.
//
// Threads: committed() from any, everything else on the shard's own.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "pawl/actor.h"

#include "base/mutex.h"
#include "orchestrator/shard/batch.h"
#include "orchestrator/shard/environment.h"
#include "persistence/store.h"

namespace pawl {

class CommitPipeline final : public CommitListener {
 public:
  // What there was before a decision.
  struct Before {
    std::size_t events = 0;  // in the open batch
    std::uint64_t event_count = 0;
    bool was_terminal = false;
  };

  // `settled`: called, from any thread, when a batch is durable, or has failed.
  CommitPipeline(std::uint32_t shard, const ShardEnvironment& environment, std::function<void()> settled);

  void use_store(Store& store, Epoch epoch);
  [[nodiscard]] Store& store() const { return *store_; }
  [[nodiscard]] Epoch epoch() const { return epoch_; }
  // Another number whenever what was committed before may be gone, or another store is used. From any thread.
  [[nodiscard]] std::uint64_t life() const { return life_.load(std::memory_order_acquire); }
  // From now on attempts may end this process.
  void bind_starts() { starts_bind_ = true; }

  // Where decisions write their events and effects.
  [[nodiscard]] core::Turn& turn() { return open_->turn; }
  [[nodiscard]] Before before(const LiveWorkflow& workflow) const {
    return {.events = open_->turn.events.size(),
            .event_count = workflow.state.event_count,
            .was_terminal = is_terminal(workflow.state.state)};
  }
  [[nodiscard]] std::span<const Event> events_since(const Before& before) const {
    return std::span<const Event>(open_->turn.events).subspan(before.events);
  }
  // What is decided while it lives was asked for by `actor`, who outlives it.
  class [[nodiscard]] Asking {
   public:
    Asking(CommitPipeline& commits, const Actor& actor) : commits_(commits), before_(commits.asking_) {
      commits.asking_ = &actor;
    }
    Asking(const Asking&) = delete;
    Asking& operator=(const Asking&) = delete;
    ~Asking() { commits_.asking_ = before_; }

   private:
    CommitPipeline& commits_;
    const Actor* const before_;
  };
  // A decision on the workflow is complete. False: it has changed nothing.
  bool add(LiveWorkflow& workflow, const Before& before);
  // What was decided since the last add() is taken back.
  void take_back();
  // Its whole state goes along, as a checkpoint.
  void save(LiveWorkflow& workflow);
  // It has the id of `former`, of which nothing is left.
  void replace(LiveWorkflow& workflow, std::unique_ptr<WorkflowSummary> former);
  // The store has the definition with what is committed next, or before. Its canonical form should be held by whoever
  // asked for this: otherwise it is made here.
  void need(const BoundDefinition& bound) {
    if (!store_->is_durable() || bound.is_kept(shard_, life())) return;
    open_->records.push_back(bound.record());
    bound.note_kept(shard_, life());
  }
  // A record that is durable with what is decided in this turn.
  void put(RecordChange record) {
    if (store_->is_durable()) open_->records.push_back(std::move(record));
  }
  // The workflow, which is not in memory, goes.
  void remove(std::unique_ptr<Removal> removal) { open_->removals.push_back(std::move(removal)); }
  // What makes a workflow known to a store, be it all that is known of it.
  [[nodiscard]] WorkflowChange commit_of_all(LiveWorkflow& workflow);
  // Sent when all that was decided before is durable.
  void reply_when_durable(ShardReply reply) { open_->replies.push_back(std::move(reply)); }

  [[nodiscard]] bool has_open() const { return !open_->is_empty(); }
  [[nodiscard]] bool is_idle() const { return in_flight_.empty(); }
  // So many are on their way that the shard takes nothing more.
  [[nodiscard]] bool is_behind() const { return in_flight_.size() >= most_in_flight_; }
  // Hands the open batch to the store, unless it adds no fact; `release_early(batch)` before that, if some of it may
  // be.
  template <class ReleaseEarly>
  void commit(ReleaseEarly release_early) {
    Batch* const batch = seal();
    if (batch == nullptr) return;
    if (batch->has_riders) release_early(*batch);
    store_->commit(
        {.epoch = epoch_, .sequence = batch->sequence, .workflows = batch->commits, .records = batch->records}, *this);
  }
  // The oldest batch on its way is durable, or has failed.
  [[nodiscard]] bool is_settled() const {
    return failed_.load(std::memory_order_seq_cst) ||
           (!in_flight_.empty() && durable_.load(std::memory_order_seq_cst) >= in_flight_.front()->sequence);
  }
  // The oldest batch if it is durable; nullptr: it is not, or there is none. It is released now, and then done().
  [[nodiscard]] Batch* next_durable();
  void done();
  // Error: why a batch will not become durable.
  [[nodiscard]] Result<void> check() const;
  // During a release: what the effects of the workflow that were decided last wait for is durable.
  [[nodiscard]] bool is_durable(const LiveWorkflow& workflow) const {
    return !store_->is_durable() || workflow.waits_for <= releasing_;
  }

  void committed(std::uint64_t sequence, Result<void> outcome) override;
  // The next check() fails for this reason.
  void break_off(const Error& why);

  // A number for a batch that goes to another store.
  [[nodiscard]] std::uint64_t next_sequence() { return ++last_sequence_; }
  // Whoever waits for a reply gets one: that what is durable is so, `why` all else will not be.
  void answer_in_flight(const Error& why);
  void answer_open(const Error& why) { open_->reply(&why); }
  template <class Visit>
  void for_each_batch(Visit visit) const {
    for (const auto& batch : in_flight_) visit(*batch);
    visit(*open_);
  }
  // Whose part of a commit was being made when that broke off; nullptr: nobody's.
  [[nodiscard]] const LiveWorkflow* in_hand() const { return in_hand_; }
  // Forgets all that has not been released. What the store still tells of it comes too late, and is ignored.
  void reset();
  // The same, when its workflows must not be touched any more.
  void abandon();

 private:
  [[nodiscard]] std::uint32_t asking();
  Batch::Group& group_of(LiveWorkflow& workflow, const Before& before);
  [[nodiscard]] bool may_ride(const LiveWorkflow& workflow, std::span<const Event> events) const;
  void note_end(LiveWorkflow& workflow, std::size_t effects_before);
  void note_changes(LiveWorkflow& workflow, Batch::Group* group, std::span<const Event> events);
  Batch* seal();
  void assemble(Batch& batch);
  void complete(WorkflowChange& commit, const Batch::Group& group);

  const std::uint32_t shard_;
  const ShardLimits& limits_;
  const std::size_t most_in_flight_;
  std::atomic<std::uint64_t>& letter_count_;
  const std::function<void()> settled_;
  Store* store_ = nullptr;
  std::atomic<std::uint64_t> life_{1};
  Epoch epoch_{};
  const Actor* asking_ = nullptr;  // nobody: the engine goes on by itself
  std::unique_ptr<Batch> open_;
  std::deque<std::unique_ptr<Batch>> in_flight_;
  std::vector<std::unique_ptr<Batch>> spare_;
  std::uint64_t last_sequence_ = 0;
  std::uint64_t released_ = 0;   // batches up to this one
  std::uint64_t releasing_ = 0;  // the one that is released just now, or was last
  bool starts_bind_ = false;
  const LiveWorkflow* in_hand_ = nullptr;
  std::atomic<std::uint64_t> durable_{0};
  std::atomic<bool> failed_{false};
  mutable Mutex failure_mutex_;
  std::optional<Error> failure_ PAWL_GUARDED_BY(failure_mutex_);
  std::uint64_t abandoned_ PAWL_GUARDED_BY(failure_mutex_) = 0;  // batches up to this one were given up
};

}  // namespace pawl
