// The first half of a turn: what has arrived, and what has become due.
#include <utility>

#include "base/assert.h"
#include "orchestrator/shard.h"
#include "orchestrator/shard_decide.h"

namespace pawl {
namespace {

// Messages and timers handled in one turn, so that what was decided first is not kept from its commit for long.
constexpr int kMessagesPerTurn = 512;

}  // namespace

bool Shard::drain() {
  handling_.swap(made_here_);
  for (FinishedAttempt& attempt : handling_) handle(attempt);
  bool busy = !handling_.empty();
  handling_.clear();
  for (int i = 0; i < kMessagesPerTurn; ++i) {
    std::optional<ShardMessage> message = inbox_.try_pop();
    if (!message) break;
    busy = true;
    if (auto* attempt = std::get_if<FinishedAttempt>(&*message)) {
      handle(*attempt);
    } else {
      std::get<ShardCall> (*message)(*this);
    }
  }
  return busy;
}

void Shard::handle(FinishedAttempt& attempt) {
  LiveWorkflow* const workflow = at(attempt.address.workflow);
  PAWL_ASSERT(workflow != nullptr && workflow->holds > 0, "shard {} place {}: an outcome for a workflow that is gone",
              index_, attempt.address.workflow.place);
  --workflow->holds;
  const TaskIndex task = attempt.address.task;
  if (!workflow->bound->definition->waits(task)) give_slot_back();
  // A refusal means that another outcome came first (a timeout, the end of a grace period): this one is ignored.
  if (attempt.outcome.error) {
    (void)decide(*workflow,
                 command::FailTask{
                     .task = task, .attempt = attempt.address.attempt, .error = std::move(*attempt.outcome.error)});
  } else {
    (void)decide(*workflow,
                 command::CompleteTask{
                     .task = task, .attempt = attempt.address.attempt, .result = std::move(attempt.outcome.result)});
  }
}

bool Shard::fire_timers() {
  bool fired = false;
  for (int i = 0; i < kMessagesPerTurn; ++i) {
    const std::optional<Timer> timer = timers_.take_due(now_);
    if (!timer) break;
    fire(*timer);
    fired = true;
  }
  return fired;
}

void Shard::fire(const Timer& timer) {
  LiveWorkflow* const workflow = at({.shard = index_, .place = timer.key.place, .generation = timer.key.generation});
  if (workflow == nullptr) return;
  const TaskIndex task = timer.key.task;
  // Refusals are expected: what the timer was for may have ended in this very turn.
  switch (timer.key.kind) {
    case TimerKind::attempt_timeout:
      (void)decide(*workflow, command::TimeOutTask{.task = task, .attempt = timer.attempt});
      break;
    case TimerKind::retry:
      (void)decide(*workflow, command::RetryTask{.task = task, .attempt = timer.attempt});
      break;
    case TimerKind::workflow_timeout:
      (void)decide(*workflow, command::TimeOutWorkflow{});
      break;
    case TimerKind::cancel_grace:
      (void)decide(*workflow, command::EndGrace{});
      break;
    case TimerKind::wake: {
      FinishedAttempt woken{.address = {.workflow = workflow->address, .task = task, .attempt = timer.attempt},
                            .outcome = {}};
      handle(woken);
      break;
    }
  }
}

}  // namespace pawl
