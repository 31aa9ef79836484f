#include "orchestrator/shard/intake.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace pawl {
namespace {

// Messages and timers handled in one turn, so that what was decided first is not kept from its commit for long.
constexpr int kMessagesPerTurn = 512;
// So many outcomes ahead, and of each the first so many dependents, what is known of a task is loaded.
constexpr std::size_t kOutcomesLoadedAhead = 8;
constexpr std::size_t kLoadedDependents = 16;

// When a limit of the workflow or of one of its tasks is over, as they are now; none: there is no such limit, or the
// timer is of another kind.
std::optional<Timestamp> end_of_limit(const core::Workflow& state, const TimerKey& timer) {
  const Definition& definition = state.definition();
  const auto after = [](Timestamp from, std::optional<Duration> limit) {
    return limit ? std::optional(from + *limit) : std::nullopt;
  };
  if (timer.kind == TimerKind::workflow_timeout) return after(state.times_out_from, definition.timeout());
  if (timer.action.undo || timer.action.task >= definition.task_count()) return std::nullopt;
  const TaskRules& rules = definition.rules(timer.action);
  if (timer.kind == TimerKind::schedule_to_start)
    return after(core::ready_since(state, timer.action), rules.schedule_to_start);
  if (timer.kind == TimerKind::schedule_to_close)
    return after(core::scheduled_at(state, timer.action), rules.schedule_to_close);
  return std::nullopt;
}

}  // namespace

bool Intake::take_messages(Shard& shard) {
  mailbox_.take_own(handling_);
  bool busy = false;
  for (int i = 0; i < kMessagesPerTurn; ++i) {
    std::optional<Mailbox::Message> message = mailbox_.take();
    if (!message) break;
    busy = true;
    if (auto* attempt = std::get_if<FinishedAttempt>(&*message)) {
      handling_.push_back(std::move(*attempt));
    } else {
      std::get<ShardCall> (*message)(shard);
    }
  }
  busy |= !handling_.empty();
  for (std::size_t i = 0; i < std::min(kOutcomesLoadedAhead, handling_.size()); ++i) load_dependents(handling_[i]);
  for (std::size_t i = 0; i < handling_.size(); ++i) {
    if (i + kOutcomesLoadedAhead < handling_.size()) load_dependents(handling_[i + kOutcomesLoadedAhead]);
    handle(handling_[i]);
  }
  handling_.clear();
  return busy;
}

// In a large workflow the tasks that wait for this outcome may be anywhere in memory.
void Intake::load_dependents(const FinishedAttempt& attempt) const {
  const LiveWorkflow* const live = workflows_.at(attempt.address.route);
  if (live == nullptr) return;
  const core::Workflow& workflow = live->state;
  if (!workflow.has(attempt.address.action)) return;
  const auto dependents = workflow.definition().dependents(attempt.address.action);
  for (const TaskIndex dependent : dependents.first(std::min(kLoadedDependents, dependents.size())))
    workflow.prefetch(dependent);
}

void Intake::handle(FinishedAttempt& attempt) {
  const AttemptAddress address = attempt.address;
  attempt.address.route.generation = 0;  // handled: should this turn be broken off, it is not to be counted again
  const auto [workflow, successor] = attempts_.end(address);
  if (successor != nullptr) ready_.add(*successor);
  if (workflow == nullptr) [[unlikely]]
    return;
  const ActionId action = address.action;
  // A refusal means that another outcome came first (a timeout, the end of a grace period): this one is ignored.
  if (attempt.outcome.error) {
    (void)decider_.decide(
        *workflow,
        command::FailTask{.action = action, .attempt = address.attempt, .error = std::move(*attempt.outcome.error)});
  } else {
    (void)decider_.decide(
        *workflow, command::CompleteTask{
                       .action = action, .attempt = address.attempt, .result = std::move(attempt.outcome.result)});
  }
  has_late_outcome_ |= workflow->ended;
  ready_.add(*workflow);  // another attempt may have waited for this one
}

bool Intake::fire_timers() {
  bool fired = false;
  for (int i = 0; i < kMessagesPerTurn; ++i) {
    const std::optional<Timer> timer = timers_.take_due();
    if (!timer) break;
    fire(*timer);
    fired = true;
  }
  return fired;
}

void Intake::fire(const Timer& timer) {
  LiveWorkflow* const workflow = workflows_.at(timer.key.place, timer.key.generation);
  if (workflow == nullptr) return;
  --workflow->timers;
  // The workflow may have been restored or run again since the timer was armed, and that is not durable yet.
  if (const auto due = end_of_limit(workflow->state, timer.key); due && *due > workflow->own_time(timers_.now()))
    return timers_.arm(*workflow,
                       {.kind = timer.key.kind, .action = timer.key.action, .attempt = timer.attempt, .due = *due});
  const ActionId action = timer.key.action;
  // Refusals are expected: what the timer was for may have ended in this very turn.
  switch (timer.key.kind) {
    case TimerKind::attempt_timeout:
      if (decider_.decide(*workflow, command::TimeOutTask{.action = action, .attempt = timer.attempt}))
        if (const std::string& policy = workflow->state.definition().timeout_policy(); !policy.empty())
          policies_.statistics().count(policy, {.timeouts = 1});
      break;
    case TimerKind::schedule_to_start:
    case TimerKind::schedule_to_close: {
      const bool to_close = timer.key.kind == TimerKind::schedule_to_close;
      (void)decider_.decide(*workflow, command::ExpireTask{.action = action, .to_close = to_close});
      break;
    }
    case TimerKind::wait:
      (void)decider_.decide(*workflow, command::ExpireWait{.action = action, .attempt = timer.attempt});
      break;
    case TimerKind::workflow_timeout:
      (void)decider_.decide(*workflow, command::TimeOutWorkflow{});
      break;
    case TimerKind::cancel_grace:
      (void)decider_.decide(*workflow, command::EndGrace{});
      break;
  }
}

void Intake::drop_outcomes() {
  const auto drop = [this] {
    for (const FinishedAttempt& attempt : handling_) attempts_.end_unreported(attempt.address);
    handling_.clear();
  };
  drop();
  mailbox_.take_own(handling_);
  drop();
}

}  // namespace pawl
