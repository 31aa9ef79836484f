// Which ready tasks start now: by priority of their workflows, in turn among workflows of one priority, as far as there
// are task slots.
#include <algorithm>

#include "base/assert.h"
#include "orchestrator/shard.h"
#include "orchestrator/shard_decide.h"

namespace pawl {
namespace {

// Tasks started in one turn, and of one workflow before the next one has its go.
constexpr std::size_t kStartsPerTurn = 1024;
constexpr std::size_t kStartsInARow = 64;
// So many ready tasks ahead, what is known of a task is loaded.
constexpr std::size_t kLoadAhead = 8;

}  // namespace

void Shard::enqueue_if_ready(LiveWorkflow& workflow) {
  if (workflow.runnable || !workflow.state.may_start_tasks()) return;
  if (workflow.state.ready.empty() && workflow.state.waiting.empty()) return;
  workflow.runnable = true;
  ++workflow.holds;
  run_queue_[static_cast<std::size_t>(workflow.state.facts->priority)].push_back(&workflow);
}

void Shard::schedule() {
  std::size_t budget = kStartsPerTurn;
  for (int priority = 3; priority >= 0; --priority) {
    std::deque<LiveWorkflow*>& queue = run_queue_[priority];
    // Each workflow has its go once; those that still have ready tasks stand at the back again.
    for (std::size_t i = queue.size(); i > 0 && budget > 0; --i) {
      LiveWorkflow& workflow = *queue.front();
      queue.pop_front();
      workflow.runnable = false;
      --workflow.holds;
      const bool has_slots = start_tasks_of(workflow, budget);
      enqueue_if_ready(workflow);
      if (!has_slots) return;  // lower priorities do not overtake
    }
  }
  bool idle = true;
  for (const auto& queue : run_queue_) idle &= queue.empty();
  if (!idle) return;
  if (const auto other = environment_.slots.pass_on(index_)) environment_.shards[*other]->nudge();
}

// False if there was no slot for a ready task.
bool Shard::start_tasks_of(LiveWorkflow& workflow, std::size_t& budget) {
  core::Workflow& state = workflow.state;
  const auto start = [&](TaskIndex task) {
    const Result<void> started = decide(workflow, command::StartTask{task});
    PAWL_ASSERT(started.has_value(), "{}", started.error().message);
    --budget;
    return state.tasks[task].state == TaskState::running;
  };
  for (std::size_t i = 0; i < kStartsInARow && budget > 0; ++i) {
    if (!state.may_start_tasks() || state.waiting.empty()) break;
    start(state.waiting.front());
  }
  for (std::size_t i = 0; i < std::min(kLoadAhead, state.ready.size()); ++i) state.prefetch(state.ready.peek(i));
  for (std::size_t i = 0; i < kStartsInARow && budget > 0; ++i) {
    if (!state.may_start_tasks() || state.ready.empty()) break;
    state.prefetch(state.ready.peek(kLoadAhead));
    if (!environment_.slots.try_take(index_)) return false;
    if (!start(state.ready.front())) give_slot_back();  // its condition did not hold, or could not be evaluated
  }
  return true;
}

}  // namespace pawl
