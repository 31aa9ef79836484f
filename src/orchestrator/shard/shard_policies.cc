// What a shard does about stored policies: it looks at the latest ones, tells their counts, and holds the tasks that a
// circuit breaker does not let through.
#include <algorithm>

#include "base/assert.h"
#include "orchestrator/shard/shard.h"
#include "orchestrator/shard/shard_decide.h"

namespace pawl {
void Shard::refresh_policies() {
  const std::uint64_t version = environment_.policies.version();
  if (version == catalog_version_) [[likely]]
    return;
  catalog_version_ = version;
  catalog_ = environment_.policies.catalog();
}

bool Shard::passes_breaker(LiveWorkflow& workflow, TaskIndex task) {
  const auto held_until = breakers_.enter(workflow, task, timers_.now());
  if (held_until) [[unlikely]]
    (void)decide(workflow, command::HoldTask{.task = task, .until = workflow.own_time(*held_until)});
  return !held_until;
}

bool Shard::release_held() {
  const std::vector<BreakerGate::HeldTask> found = breakers_.find_releasable(timers_.now());
  for (const auto& [address, task] : found) {
    LiveWorkflow* const workflow = workflows_.at(address);
    PAWL_ASSERT(workflow != nullptr, "a circuit breaker holds task {} of a workflow that is gone", task);
    (void)decide(*workflow, command::ReleaseTask{task});
    breakers_.unhold(*workflow, task);  // if that was refused
  }
  return !found.empty();
}

}  // namespace pawl
