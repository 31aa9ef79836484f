#include "orchestrator/shard/ready_queues.h"

#include <algorithm>
#include <utility>

namespace pawl {

void ReadyQueues::add(LiveWorkflow& workflow) {
  if (workflow.broken || !workflow.state.may_start_tasks() || workflow.unserved || workflow.held || limits_.standby)
    return;
  if (!workflow.state.waiting.empty() && !std::exchange(workflow.in_wait_queue, true)) waiting_.emplace_back(workflow);
  if (has_task_to_start(workflow) && !std::exchange(workflow.in_run_queue, true))
    of(workflow.state.facts->priority).emplace_back(workflow);
}

bool ReadyQueues::has_ready() const {
  return std::ranges::any_of(ready_, [](const Queue& queue) { return !queue.empty(); });
}

Pin ReadyQueues::take(Queue& queue) {
  Pin first = std::move(queue.front());
  queue.pop_front();
  return first;
}

// Of what it makes itself, a workflow knows the number. What was out before this shard went down is counted by no
// workflow: attempts whose start was lost, and those of a namesake that has been deleted since.
const AttemptsOut::Attempt* ReadyQueues::attempt_before(const LiveWorkflow& workflow, ActionId action) const {
  if (out_.empty() || (workflow.attempts == 0 && !out_.has_disowned())) [[likely]]
    return nullptr;
  return out_.find(AttemptsOut::action_of(workflow.state, action));
}

// At most so many ready tasks wait for an attempt as are out.
bool ReadyQueues::has_task_to_start(const LiveWorkflow& workflow) const {
  const core::ReadyQueue& ready = workflow.state.ready;
  if (ready.empty() || ready.size() > out_.size()) [[likely]]
    return !ready.empty();
  for (std::size_t i = 0; i < ready.size(); ++i)
    if (attempt_before(workflow, ready.peek(i)) == nullptr) return true;
  return false;
}

void ReadyQueues::clear() {
  waiting_.clear();
  for (Queue& queue : ready_) queue.clear();
}

void ReadyQueues::abandon() {
  for (Pin& pin : waiting_) pin.abandon();
  for (Queue& queue : ready_)
    for (Pin& pin : queue) pin.abandon();
  clear();
}

}  // namespace pawl
