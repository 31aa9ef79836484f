#include "orchestrator/shard/shard.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"
#include "orchestrator/permits/node_permits.h"
#include "orchestrator/shard/store_copy.h"

namespace pawl {
namespace {

// When an inbox that was full is tried once more.
constexpr std::chrono::milliseconds kRetryPlacement(1);
// Workflows that are taken up between two commits.
constexpr std::size_t kLoadedPerBatch = 1000;

}  // namespace

Shard::Shard(std::uint32_t index, const ShardEnvironment& environment, std::uint64_t seed)
    : index_(index),
      environment_(environment),
      mailbox_(environment.limits.inbox),
      timers_(environment.clock),
      permits_(environment.permits.table(), mailbox_),
      workflows_(index, environment.workflow_count),
      places_(environment.executors),
      quarantine_(environment.quarantined),
      attempts_(
          index, environment.slots, [this](std::uint32_t other) { environment_.shards[other]->mailbox().nudge(); },
          workflows_, timers_),
      ready_(attempts_.out(), environment_.limits),
      commits_(index, environment_,
               [this] {
                 if (!mailbox_.is_here()) mailbox_.wake();
               }),
      decider_(
          environment_, timers_, permits_, ready_, commits_,
          [this](LiveWorkflow& workflow, WorkflowState sound, std::string_view why) {
            return put_into_quarantine(workflow, sound, why);
          },
          seed),
      scheduler_(ready_, decider_, attempts_, permits_, workflows_, timers_),
      effects_(environment_, mailbox_, decider_, commits_, attempts_, timers_, workflows_, places_, waiters_),
      lifecycle_(environment_, decider_, commits_, timers_, workflows_, places_, waiters_, quarantine_),
      recovery_(index, environment_, decider_, commits_, timers_, workflows_, places_, ready_, quarantine_, lifecycle_),
      intake_(mailbox_, decider_, attempts_, timers_, workflows_, ready_, environment.policies) {}

Result<bool> Shard::turn() {
  if (commits_.is_behind()) return release_durable();
  timers_.tick();
  decider_.refresh_policies();
  if (mailbox_.take_nudge() && mailbox_.take_handlers_added()) recovery_.bind_again();
  const bool waits_for_commit = !commits_.is_idle();
  bool busy = intake_.take_messages(*this);
  busy |= intake_.fire_timers();
  deliver_placements();
  busy |= scheduler_.release_held();
  scheduler_.run();
  if (commits_.has_open()) {
    commit();
    busy = true;
  }
  if (intake_.take_late_outcome()) [[unlikely]]
    forget_ended();
  // Only if there is more to do than to wait for the commit is it worth another thread's while.
  if (busy && waits_for_commit) commits_.store().expedite();
  Result<bool> released = release_durable();
  if (!released) return released;
  return busy || *released || mailbox_.has_own() || places_.has_deliverable();
}

void Shard::park(std::optional<Timestamp> due) {
  if (!commits_.is_idle()) {
    commits_.store().help();
    if (commits_.is_settled()) return;
  }
  const bool takes_more = !commits_.is_behind();
  std::optional<Parking::Clock::time_point> until;
  if (due && takes_more) until = steady_deadline(*due - environment_.clock.now());
  mailbox_.wait(until, !takes_more, [this] { return commits_.is_settled(); });
}

void Shard::commit() {
  commits_.commit([this](const Batch& batch) { effects_.release_early(batch); });
}

// A batch stays in flight until all of it is released: whoever waits for a reply gets one even if something breaks
// meanwhile.
Result<bool> Shard::release_durable() {
  bool released = false;
  while (Batch* const batch = commits_.next_durable()) {
    effects_.release(*batch);
    batch->unpin();
    forget_ended();  // before anyone hears of an end, who may count on the room that it makes
    waiters_.tell_ends();
    batch->reply(nullptr);
    commits_.done();
    released = true;
  }
  if (Result<void> sound = commits_.check(); !sound) return std::unexpected(std::move(sound.error()));
  return released;
}

Result<void> Shard::commit_within_limit() {
  if (commits_.has_open()) commit();
  while (commits_.is_behind() && !mailbox_.is_stopping()) {
    commits_.store().help();
    mailbox_.wait(std::nullopt, true, [this] { return commits_.is_settled(); });
    if (const Result<bool> released = release_durable(); !released) return std::unexpected(released.error());
  }
  return {};
}

Result<void> Shard::settle() {
  while (!commits_.is_idle()) {
    commits_.store().help();
    if (const Result<bool> released = release_durable(); !released) return std::unexpected(released.error());
  }
  return {};
}

std::optional<Timestamp> Shard::next_due() {
  std::optional<Timestamp> next = timers_.next_due();
  const auto consider = [&](std::optional<Timestamp> due) {
    if (due) next = next ? std::min(*next, *due) : *due;
  };
  consider(permits_.next_due());
  if (places_.is_blocked()) consider(timers_.now() + kRetryPlacement);
  return next;
}

std::optional<Timestamp> Shard::next_due_while_down() const {
  return places_.is_blocked() ? std::optional(environment_.clock.now() + kRetryPlacement) : std::nullopt;
}

// What the store keeps need not be remembered.
void Shard::forget_ended() { workflows_.forget_ended(can_reload() ? 0 : environment_.limits.finished); }

void Shard::start_placed(const Placement& placement) {
  if (down_) return places_.give_back(placement.executor);
  lifecycle_.start_placed(placement);
}

void Shard::deliver_placements() {
  places_.deliver([this](const Placement& placement) {
    Shard& shard = *environment_.shards[placement.workflow.shard];
    if (&shard != this) return shard.mailbox().post([placement](Shard& there) { there.start_placed(placement); });
    start_placed(placement);
    return true;
  });
}

Error Shard::put_into_quarantine(LiveWorkflow& workflow, WorkflowState sound, std::string_view why) {
  const std::string id = workflow.state.id();
  if (std::exchange(workflow.broken, true)) return *quarantine_.reason_of(id);
  workflow.sound_state = sound;
  commits_.take_back();
  Error reason{.code = ErrorCode::corruption,
               .message = fmt::format("workflow {} is in quarantine: {}", in_quotes(id), why),
               .field = {}};
  log().warn("{}", reason.message);
  quarantine_.add(id, reason);
  workflows_.unname(workflow);
  places_.withdraw(workflow);
  places_.leave(workflow);
  timers_.disarm_all(workflow);
  permits_.drop(workflow);
  effects_.flush();  // what is stopped must have arrived
  attempts_.stop_all_of(workflow);
  EndWaiters::lose(waiters_.take(workflow.route.place), reason);
  return reason;
}

Result<void> Shard::copy_all_to(Store& next, Epoch epoch,
                                const std::function<Result<void>(const core::Workflow&)>& may_go_there) {
  if (commits_.has_open()) commit();
  if (Result<void> settled = settle(); !settled) return settled;
  return copy_all(workflows_, commits_, next, epoch, may_go_there);
}

void Shard::use_store(Store& store, Epoch epoch) {
  commits_.use_store(store, epoch);
  // What did not read in another store may do so here; what broke in memory is still broken.
  quarantine_.keep_if([this](const std::string& id) { return workflows_.find_broken(id) != nullptr; });
  forget_ended();  // as many as this store keeps
}

Result<void> Shard::load(bool crashed) {
  std::size_t loaded = 0;
  return recovery_.load(crashed, [&]() -> Result<bool> {
    if (++loaded % kLoadedPerBatch == 0)
      if (Result<void> committed = commit_within_limit(); !committed) return std::unexpected(committed.error());
    return !mailbox_.is_stopping() && !stop_is_near_.load(std::memory_order_relaxed);
  });
}

// Replies and waits: those that asked get an answer, whatever becomes of this shard.
void Shard::break_promises(const Error& why) {
  commits_.answer_in_flight(why);
  waiters_.tell_ends();
  commits_.answer_open(why);
  waiters_.lose_all(why);
}

// Attempts that are out with runners refer to their workflow; told to stop, they come back some time. All others end
// here.
void Shard::reset(const Error& why) {
  down_ = why;
  if (why.code == ErrorCode::internal && commits_.in_hand() != nullptr)
    quarantine_.note_break(commits_.in_hand()->state.id());
  break_promises(why);
  commits_.for_each_batch([this](const Batch& batch) { effects_.stop_as_asked(batch); });
  commits_.reset();
  quarantine_.clear();
  ready_.clear();
  workflows_.for_each([this](LiveWorkflow& workflow) {
    places_.withdraw(workflow);
    places_.leave(workflow);
    return true;
  });
  permits_.drop_all();
  effects_.drop_assignments();
  intake_.drop_outcomes();
  timers_.clear();
  attempts_.orphan_all();
  attempts_.pass_slots_on();
}

bool Shard::refuse() {
  if (mailbox_.take_nudge()) attempts_.pass_slots_on();
  const bool busy = intake_.take_messages(*this);
  deliver_placements();
  return busy || places_.has_deliverable();
}

void Shard::abandon(const Error& why) {
  down_ = why;
  break_promises(why);
  commits_.abandon();
  ready_.abandon();
  permits_.drop_all();  // other shards may wait for them
  attempts_.pass_slots_on();
}

// Of its workflows nothing can be relied on, so that outcomes are only counted: each that arrives held a task slot.
bool Shard::refuse_abandoned() {
  if (mailbox_.take_nudge()) attempts_.pass_slots_on();
  bool busy = false;
  while (std::optional<Mailbox::Message> message = mailbox_.take()) {
    busy = true;
    if (auto* const call = std::get_if<ShardCall>(&*message)) {
      (*call)(*this);
    } else if (attempts_.holds_slots()) {
      attempts_.give_slot_back();
    }
  }
  deliver_placements();
  return busy || places_.has_deliverable();
}

void Shard::end(const Error& why) {
  break_promises(why);
  permits_.drop_all();
  mailbox_.close();
}

}  // namespace pawl
