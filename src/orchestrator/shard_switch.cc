// What a shard does when its engine exchanges the store under it (store_switch.h), and at its end.
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "orchestrator/ask.h"
#include "orchestrator/shard.h"

namespace pawl {
namespace {

// Copied with one commit, at most.
constexpr std::size_t kWorkflowsPerCopy = 1000;
constexpr std::size_t kBytesPerCopy = std::size_t{64} << 20U;

struct CopyListener final : CommitListener {
  Reply<void> reply;
  void committed(std::uint64_t, Result<void> outcome) override { reply.set(std::move(outcome)); }
};

}  // namespace

Result<void> Shard::copy_to(Store& next, Epoch epoch, const std::vector<WorkflowCommit>& commits) {
  if (commits.empty()) return {};
  CopyListener copied;
  next.commit({.epoch = epoch, .sequence = ++last_sequence_, .workflows = commits}, copied);
  next.help();
  return *copied.reply.wait();
}

// What has been decided belongs to the store it was decided under, and is durable there first.
Result<void> Shard::copy_all_to(Store& next, Epoch epoch,
                                const std::function<Result<void>(const core::Workflow&)>& may_go_there) {
  if (!open_->empty()) commit();
  if (Result<void> settled = settle(); !settled) return settled;
  if (!next.is_durable()) return {};
  std::vector<WorkflowCommit> commits;
  std::size_t bytes = 0;
  for (const auto& workflow : places_) {
    if (!workflow || workflow->broken) continue;
    const core::Workflow& state = workflow->state;
    if (Result<void> ok = may_go_there(state); !ok) return ok;
    if (Result<void> kept = workflow->bound->keep_in(next); !kept) return kept;
    commits.push_back(
        {.facts = state.facts.get(), .first_event = state.event_count, .events = {}, .checkpoint = {}, .summary = {}});
    complete_commit(commits.back(), {.workflow = workflow.get(),
                                     .first_event = state.event_count,
                                     .was_terminal = false,
                                     .save = true,
                                     .pieces = 0,
                                     .letters_anew = true,
                                     .letters = {}});
    if (commits.back().checkpoint.empty())
      return fail(ErrorCode::limit_exceeded,
                  fmt::format("workflow {} has results of more than 2 GiB, which no store takes in one piece",
                              in_quotes(state.id())));
    bytes += commits.back().checkpoint.size();
    if (commits.size() < kWorkflowsPerCopy && bytes < kBytesPerCopy) continue;
    if (Result<void> copied = copy_to(next, epoch, commits); !copied) return copied;
    commits.clear();
    bytes = 0;
  }
  return copy_to(next, epoch, commits);
}

void Shard::break_off(const Error& why) {
  const MutexLock lock(failure_mutex_);
  if (!failure_) failure_ = why;
  failed_.store(true, std::memory_order_seq_cst);
}

// Replies and waits: those that asked get an answer, whatever becomes of this shard.
void Shard::break_promises(const Error& why) {
  const std::uint64_t durable = durable_.load();
  for (const auto& batch : in_flight_)
    for (ShardReply& reply : batch->replies)
      if (reply) std::exchange(reply, nullptr)(batch->sequence <= durable ? nullptr : &why);
  tell_ends();
  for (ShardReply& reply : open_->replies)
    if (reply) std::exchange(reply, nullptr)(&why);
  for (auto& [place, waiters] : waiters_)
    for (const auto& each : waiters)
      if (const auto waiter = each.lock()) waiter->lost(why);
  waiters_.clear();
}

void Shard::end(const Error& why) {
  break_promises(why);
  ended_.store(true, std::memory_order_seq_cst);
  drop_inbox();
}

// Of calls that are dropped each answers for itself.
void Shard::drop_inbox() {
  while (inbox_.try_pop()) {
  }
}

void Shard::abandon(const Error& why) {
  down_ = why;
  break_promises(why);
  in_flight_.clear();
  open_->clear();
  pass_slots_on();
  const MutexLock lock(failure_mutex_);
  failure_.reset();
  abandoned_ = last_sequence_;
  failed_ = false;
}

// Of its workflows nothing can be relied on, so that outcomes are only counted: each that arrives held a task slot.
bool Shard::refuse_abandoned() {
  if (nudged_.exchange(false, std::memory_order_seq_cst)) pass_slots_on();
  bool busy = false;
  while (std::optional<ShardMessage> message = inbox_.try_pop()) {
    busy = true;
    if (auto* const call = std::get_if<ShardCall>(&*message)) {
      (*call)(*this);
    } else if (environment_.slots.held(index_) > 0) {
      give_slot_back();
    }
  }
  deliver_placements();
  return busy || (!placements_.empty() && !placements_blocked_);
}

}  // namespace pawl
