#include "operations/orchestrator/operations.h"
#include "operations/reads.h"
#include "orchestrator/shard_ask.h"

namespace pawl::operations {

Steps<std::vector<QuarantinedWorkflow>> list_quarantined(Call call, request::ListQuarantined /*request*/) {
  std::vector<QuarantinedWorkflow> all;
  if (call.node.options().shard.standby) {  // nobody has tried to take them up
    co_await OffShard(call);
    const std::shared_ptr<Store> store = call.node.store();
    const auto add = [&](const StoredWorkflow& stored, const Result<core::Workflow>& state) {
      if (!state) all.push_back({.id = stored.id, .reason = describe(state.error())});
      return true;
    };
    Result<void> scanned = scan_live(call.node, *store, add);
    if (!scanned) co_return std::unexpected(std::move(scanned.error()));
    co_return all;
  }
  for (const auto& shard : call.node.shards()) {
    Result<std::vector<Quarantined>> found = co_await ask<std::vector<Quarantined>>(
        call, *shard, [](Shard& there) -> Result<std::vector<Quarantined>> { return there.quarantine().all(); });
    if (!found) co_return std::unexpected(std::move(found.error()));
    for (const Quarantined& each : *found) all.push_back({.id = each.id, .reason = describe(each.reason)});
  }
  co_return all;
}

}  // namespace pawl::operations
