#include "orchestrator/shard/scheduler.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/assert.h"

namespace pawl {
namespace {

// Tasks started in one turn, and of one workflow before the next one has its go.
constexpr std::size_t kStartsPerTurn = 1024;
constexpr std::size_t kStartsInARow = 64;
// So many ready tasks ahead, what is known of a task is loaded.
constexpr std::size_t kTasksLoadedAhead = 8;

}  // namespace

void Scheduler::run() {
  start_waiting_tasks();
  std::size_t budget = kStartsPerTurn;
  for (int priority = 3; priority >= 0; --priority) {
    ReadyQueues::Queue& queue = ready_.of(static_cast<Priority>(priority));
    // Each workflow has its go once; those that still have ready tasks stand at the back again.
    for (std::size_t i = queue.size(); i > 0 && budget > 0; --i) {
      LiveWorkflow& workflow = *ReadyQueues::take(queue);
      workflow.in_run_queue = false;
      const bool has_slots = start_tasks_of(workflow, budget);
      ready_.add(workflow);
      if (!has_slots) return;  // lower priorities do not overtake
    }
  }
  if (!ready_.has_ready()) attempts_.pass_slots_on();
}

// Tasks that only wait need no slot, so they wait for nobody's.
void Scheduler::start_waiting_tasks() {
  std::size_t budget = kStartsPerTurn;
  while (!ready_.waiting().empty() && budget > 0) {
    LiveWorkflow& workflow = *ReadyQueues::take(ready_.waiting());
    workflow.in_wait_queue = false;
    for (std::size_t i = 0; i < kStartsInARow && budget > 0; ++i, --budget) {
      if (workflow.broken || !workflow.state.may_start_tasks() || workflow.state.waiting.empty()) break;
      const ActionId action = workflow.state.waiting.front();
      if (!is_served(workflow, action)) break;
      if (acquires_permits(workflow, action)) start(workflow, action);
    }
    ready_.add(workflow);
  }
}

// False if there was no slot for a ready task.
bool Scheduler::start_tasks_of(LiveWorkflow& workflow, std::size_t& budget) {
  core::Workflow& state = workflow.state;
  std::size_t waiting = 0;  // tasks at the front whose attempt before has not ended
  for (std::size_t i = 0; i < std::min(kTasksLoadedAhead, state.ready.size()); ++i) state.prefetch(state.ready.peek(i));
  for (std::size_t i = 0; i < kStartsInARow && budget > 0; ++i, --budget) {
    if (workflow.broken || !state.may_start_tasks() || state.ready.size() <= waiting) break;
    state.prefetch(state.ready.peek(waiting + kTasksLoadedAhead));
    const ActionId action = state.ready.peek(waiting);
    if (!is_served(workflow, action)) break;
    if (ready_.attempt_before(workflow, action) != nullptr) [[unlikely]] {
      ++waiting;
      --i;  // there are no more of these than attempts
      ++budget;
      continue;
    }
    if (!attempts_.try_acquire_slot()) return false;
    const std::uint32_t attempts = state.record(action).attempt;
    if (acquires_permits(workflow, action)) start(workflow, action);
    // Whatever became of an attempt, its dispatch or its outcome gives the slot back.
    if (workflow.broken || state.record(action).attempt == attempts) attempts_.give_slot_back();
  }
  return true;
}

// A stored workflow may be taken up before the program has added its handlers; it waits until then.
bool Scheduler::is_served(LiveWorkflow& workflow, ActionId action) {
  if (workflow.handler(action) == nullptr) [[unlikely]]
    workflow.unserved = true;
  return !workflow.unserved;
}

// It may have no attempt after this (its condition did not hold), or one that has failed (it could not be evaluated).
void Scheduler::start(LiveWorkflow& workflow, ActionId action) {
  const WorkflowState before = workflow.state.state;
  const Result<void> started = decider_.decide(workflow, command::StartTask{action});
  // It stood in the queue of tasks that may start: what is stored of the workflow does not fit together.
  if (!started) decider_.quarantine(workflow, before, started.error().message);
}

bool Scheduler::acquires_permits(LiveWorkflow& workflow, ActionId action) {
  auto acquired = permits_.try_acquire(workflow, action, timers_.now());
  if (!acquired) [[unlikely]]
    hold(workflow, action, std::move(acquired.error()));
  return acquired.has_value();
}

// If the definition says so, it fails instead.
void Scheduler::hold(LiveWorkflow& workflow, ActionId action, PermitGate::Refusal refusal) {
  (void)decider_.decide(workflow, command::HoldTask{.action = action,
                                                    .until = workflow.own_time(refusal.until),
                                                    .by_breaker = refusal.reason == &kCircuitOpen});
  if (!workflow.broken && workflow.state.record(action).held)
    permits_.hold(workflow, action, std::move(refusal.by), timers_.now());
}

bool Scheduler::release_held() {
  if (!permits_.holds_any()) [[likely]]
    return false;
  const std::vector<HeldTasks::Task> found = permits_.find_releasable(timers_.now());
  for (const auto& [place, action] : found) {
    LiveWorkflow* const workflow = workflows_.at_place(place);
    PAWL_ASSERT(workflow != nullptr && workflow->held_tasks > 0, "{} at place {} is held, and its workflow is gone",
                to_string(action), place);
    (void)decider_.decide(*workflow, command::ReleaseTask{action});
    permits_.unhold(*workflow, action);  // if that was refused
  }
  return !found.empty();
}

}  // namespace pawl
