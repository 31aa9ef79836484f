#include "orchestrator/shard/executor_places.h"

#include <iterator>

namespace pawl {

bool ExecutorPlaces::try_acquire(LiveWorkflow& workflow) {
  if (workflow.ticket != 0) return false;  // it waits already
  const auto place = executors_.try_acquire(workflow.route, workflow.state.facts->priority, workflow.ticket);
  if (place) take(workflow, *place);
  return place.has_value();
}

void ExecutorPlaces::place_running(LiveWorkflow& workflow) {
  if (!workflow.placed) take(workflow, executors_.place_running());
}

void ExecutorPlaces::take(LiveWorkflow& workflow, ExecutorIndex executor) {
  workflow.executor = executor;
  workflow.placed = true;
}

void ExecutorPlaces::withdraw(LiveWorkflow& workflow) {
  if (workflow.ticket == 0) return;
  executors_.withdraw(std::exchange(workflow.ticket, 0), workflow.state.facts->priority);
}

void ExecutorPlaces::leave(LiveWorkflow& workflow) {
  if (std::exchange(workflow.placed, false)) give_back(workflow.executor);
}

void ExecutorPlaces::give_back(ExecutorIndex executor) {
  std::ranges::copy(executors_.leave(executor), std::back_inserter(undelivered_));
}

}  // namespace pawl
