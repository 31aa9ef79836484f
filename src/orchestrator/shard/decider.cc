#include "orchestrator/shard/decider.h"

#include "base/assert.h"
#include "core/invariants.h"
#include "orchestrator/policy_book.h"

namespace pawl {

void Decider::refresh_policies() {
  const std::uint64_t version = environment_.policies.registry().version();
  if (version == catalog_version_) [[likely]]
    return;
  catalog_version_ = version;
  catalog_ = environment_.policies.registry().catalog();
}

std::unexpected<Error> Decider::refuse_to_change() {
  return fail(ErrorCode::invalid_state, "the data directory is open read-only, so nothing in it can be changed");
}

void Decider::check_invariants(const LiveWorkflow& workflow) {
  if (!core::is_check_due(workflow.state)) return;
  const auto broken = core::broken_invariant(workflow.state);
  PAWL_ASSERT(!broken, "{}", *broken);
}

void Decider::note(LiveWorkflow& workflow, const CommitPipeline::Before& before) {
  if (!workflow.state.definition().policies().empty()) [[unlikely]]
    count_decisions(environment_.policies.statistics(), workflow.state.definition(), commits_.events_since(before));
  if (workflow.gated) [[unlikely]]
    permits_.observe(workflow, commits_.events_since(before), timers_.now());
  if (commits_.add(workflow, before)) ready_.add(workflow);
}

}  // namespace pawl
