#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "operations/policy/operations.h"
#include "operations/reads.h"
#include "operations/walk.h"

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
    Result<void> walked = co_await walk(call, *shard, look_at);
    if (!walked) co_return std::unexpected(std::move(walked.error()));
    if (!user.empty()) co_return user;
  }
  // An end that was seen must not be lost in a crash that keeps the deletion.
  Result<void> durable = co_await until_all_durable(call);
  if (!durable) co_return std::unexpected(std::move(durable.error()));
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
    removed = co_await policies.remove(request.id);
    co_await InSteps(call);
  }
  if (!removed) policies.keep_after_all(request.id);
  co_return removed;
}

}  // namespace pawl::operations
