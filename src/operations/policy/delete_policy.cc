#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "operations/policy/operations.h"
#include "operations/reads.h"
#include "orchestrator/shard_ask.h"

namespace pawl::operations {
namespace {

// A workflow that has not ended and refers to the policy; empty: none does.
Steps<std::string> find_user(const Call& call, const std::string& policy) {
  std::string user;
  // Whether to look further.
  const auto look_at = [&](const core::Workflow& workflow) {
    const auto named = workflow.definition().policies();
    if (!is_terminal(workflow.state) && std::ranges::find(named, policy, &PolicyReference::name) != named.end())
      user = workflow.id();
    return user.empty();
  };
  for (const auto& shard : call.node.shards()) {
    Result<void> looked = co_await ask<void>(call, *shard, [&](Shard& there) -> Result<void> {
      there.workflows().for_each_sound([&](const LiveWorkflow& workflow) { return look_at(workflow.state); });
      return {};
    });
    if (!looked) co_return std::unexpected(std::move(looked.error()));
    if (!user.empty()) co_return user;
  }
  if (call.node.options().runs_all()) co_return user;
  const std::shared_ptr<Store> store = call.node.store();
  Result<void> scanned = scan_live(call.node, *store, [&](const StoredWorkflow&, const Result<core::Workflow>& state) {
    return !state || look_at(*state);
  });
  if (!scanned) co_return std::unexpected(std::move(scanned.error()));
  co_return user;
}

}  // namespace

Steps<void> delete_policy(Call call, request::DeletePolicy request) {
  PolicyBook& policies = call.node.policies();
  // First: a workflow that is created while the shards are asked is either seen by them or refused.
  if (Result<void> announced = policies.announce_removal(request.id); !announced) co_return announced;
  const Result<std::string> user = co_await find_user(call, request.id);
  Result<void> removed;
  if (!user) {
    removed = std::unexpected(user.error());
  } else if (!user->empty()) {
    removed = fail(ErrorCode::invalid_state,
                   fmt::format("cannot delete policy {}: workflow {} refers to it, and has not ended",
                               in_quotes(request.id), in_quotes(*user)));
  } else {
    removed = policies.remove(request.id);
  }
  if (!removed) policies.keep_after_all(request.id);
  co_return removed;
}

}  // namespace pawl::operations
