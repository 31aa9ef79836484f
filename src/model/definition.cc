#include "pawl/definition.h"

#include <functional>
#include <queue>

#include "pawl/policy.h"

#include "base/assert.h"

namespace pawl {

std::string_view to_string(Backoff backoff) {
  switch (backoff) {
    case Backoff::exponential:
      return "exponential";
    case Backoff::fixed:
      return "fixed";
    case Backoff::linear:
      return "linear";
  }
  return "exponential";
}

std::string_view to_string(OnOpen on_open) { return on_open == OnOpen::hold ? "hold" : "fail"; }

std::string_view to_string(PolicyKind kind) {
  switch (kind) {
    case PolicyKind::timeout:
      return "timeout";
    case PolicyKind::retry:
      return "retry";
    case PolicyKind::circuit_breaker:
      return "circuit_breaker";
  }
  return "timeout";
}

std::string_view to_string(BreakerState state) {
  switch (state) {
    case BreakerState::closed:
      return "closed";
    case BreakerState::open:
      return "open";
    case BreakerState::half_open:
      return "half_open";
  }
  return "closed";
}

std::optional<TaskIndex> Definition::find_task(std::string_view id) const {
  const auto found =
      std::ranges::lower_bound(by_id_, id, std::less<>(), [this](TaskIndex task) { return task_id(task); });
  if (found == by_id_.end() || task_id(*found) != id) return std::nullopt;
  return *found;
}

std::vector<TaskIndex> Definition::topological_order() const {
  std::vector<std::uint32_t> waiting_on(task_count());
  std::priority_queue<TaskIndex, std::vector<TaskIndex>, std::greater<>> next;
  for (TaskIndex task = 0; task < task_count(); ++task) {
    waiting_on[task] = static_cast<std::uint32_t>(dependencies(task).size());
    if (waiting_on[task] == 0) next.push(task);
  }
  std::vector<TaskIndex> order;
  order.reserve(task_count());
  while (!next.empty()) {
    const TaskIndex task = next.top();
    next.pop();
    order.push_back(task);
    for (const TaskIndex dependent : dependents(task))
      if (--waiting_on[dependent] == 0) next.push(dependent);
  }
  PAWL_ASSERT(order.size() == task_count(), "definition {} has a cycle", name_);
  return order;
}

}  // namespace pawl
