// Which ready tasks start now: by priority of their workflows, in turn among workflows of one priority, as far as there
// are task slots.
#include <algorithm>
#include <utility>

#include "orchestrator/shard/shard.h"
#include "orchestrator/shard/shard_decide.h"

namespace pawl {
namespace {

// Tasks started in one turn, and of one workflow before the next one has its go.
constexpr std::size_t kStartsPerTurn = 1024;
constexpr std::size_t kStartsInARow = 64;
// So many ready tasks ahead, what is known of a task is loaded.
constexpr std::size_t kTasksLoadedAhead = 8;

}  // namespace

void Shard::enqueue_if_ready(LiveWorkflow& workflow) {
  if (workflow.broken || !workflow.state.may_start_tasks() || workflow.unserved || workflow.held ||
      environment_.limits.standby)
    return;
  if (!workflow.state.waiting.empty() && !std::exchange(workflow.in_wait_queue, true))
    wait_queue_.emplace_back(workflow);
  if (has_task_to_start(workflow) && !std::exchange(workflow.in_run_queue, true))
    run_queue_[static_cast<std::size_t>(workflow.state.facts->priority)].emplace_back(workflow);
}

AttemptsOut::Action Shard::action_at(const LiveWorkflow& workflow, TaskIndex action) {
  const Definition& definition = workflow.state.definition();
  return {.workflow = workflow.state.id(),
          .task = definition.task_id(action),
          .undoes = definition.is_compensation(action)};
}

// Of what it makes itself, a workflow knows the number. What was out before this shard went down is counted by no
// workflow: attempts whose start was lost, and those of a namesake that has been deleted since.
const AttemptsOut::Attempt* Shard::attempt_before(const LiveWorkflow& workflow, TaskIndex task) const {
  if (out_.empty() || (workflow.attempts == 0 && !out_.has_disowned())) [[likely]]
    return nullptr;
  return out_.find(action_at(workflow, task));
}

// At most so many ready tasks wait for an attempt as are out.
bool Shard::has_task_to_start(const LiveWorkflow& workflow) const {
  const core::ReadyQueue& ready = workflow.state.ready;
  if (ready.empty() || ready.size() > out_.size()) [[likely]]
    return !ready.empty();
  for (std::size_t i = 0; i < ready.size(); ++i)
    if (attempt_before(workflow, ready.peek(i)) == nullptr) return true;
  return false;
}

void Shard::schedule() {
  start_waiting_tasks();
  std::size_t budget = kStartsPerTurn;
  for (int priority = 3; priority >= 0; --priority) {
    std::deque<Pin>& queue = run_queue_[priority];
    // Each workflow has its go once; those that still have ready tasks stand at the back again.
    for (std::size_t i = queue.size(); i > 0 && budget > 0; --i) {
      LiveWorkflow& workflow = *queue.front();
      queue.pop_front();
      workflow.in_run_queue = false;
      const bool has_slots = start_tasks_of(workflow, budget);
      enqueue_if_ready(workflow);
      if (!has_slots) return;  // lower priorities do not overtake
    }
  }
  bool idle = true;
  for (const auto& queue : run_queue_) idle &= queue.empty();
  if (!idle) return;
  pass_slots_on();
}

// Tasks that only wait need no slot, so they wait for nobody's.
void Shard::start_waiting_tasks() {
  std::size_t budget = kStartsPerTurn;
  while (!wait_queue_.empty() && budget > 0) {
    LiveWorkflow& workflow = *wait_queue_.front();
    wait_queue_.pop_front();
    workflow.in_wait_queue = false;
    for (std::size_t i = 0; i < kStartsInARow && budget > 0; ++i, --budget) {
      if (workflow.broken || !workflow.state.may_start_tasks() || workflow.state.waiting.empty()) break;
      const TaskIndex task = workflow.state.waiting.front();
      if (!is_served(workflow, task)) break;
      if (passes_breaker(workflow, task)) start_task(workflow, task);
    }
    enqueue_if_ready(workflow);
  }
}

// False if there was no slot for a ready task.
bool Shard::start_tasks_of(LiveWorkflow& workflow, std::size_t& budget) {
  core::Workflow& state = workflow.state;
  std::size_t waiting = 0;  // tasks at the front whose attempt before has not ended
  for (std::size_t i = 0; i < std::min(kTasksLoadedAhead, state.ready.size()); ++i) state.prefetch(state.ready.peek(i));
  for (std::size_t i = 0; i < kStartsInARow && budget > 0; ++i, --budget) {
    if (workflow.broken || !state.may_start_tasks() || state.ready.size() <= waiting) break;
    state.prefetch(state.ready.peek(waiting + kTasksLoadedAhead));
    const TaskIndex task = state.ready.peek(waiting);
    if (!is_served(workflow, task)) break;
    if (attempt_before(workflow, task) != nullptr) [[unlikely]] {
      ++waiting;
      --i;  // there are no more of these than attempts
      ++budget;
      continue;
    }
    if (!environment_.slots.try_take(index_)) return false;
    const std::uint32_t attempts = state.tasks[task].attempt;
    if (passes_breaker(workflow, task)) start_task(workflow, task);
    // Whatever became of an attempt, its dispatch or its outcome gives the slot back.
    if (workflow.broken || state.tasks[task].attempt == attempts) give_slot_back();
  }
  return true;
}

// A stored workflow may be taken up before the program has added its handlers; it waits until then (bind_again).
bool Shard::is_served(LiveWorkflow& workflow, TaskIndex task) {
  if (workflow.handler(task) == nullptr) [[unlikely]]
    workflow.unserved = true;
  return !workflow.unserved;
}

// It may have no attempt after this (its condition did not hold), or one that has failed (it could not be evaluated).
void Shard::start_task(LiveWorkflow& workflow, TaskIndex task) {
  const WorkflowState before = workflow.state.state;
  const Result<void> started = decide(workflow, command::StartTask{task});
  // It stood in the queue of tasks that may start: what is stored of the workflow does not fit together.
  if (!started) quarantine(workflow, before, started.error().message);
}

}  // namespace pawl
