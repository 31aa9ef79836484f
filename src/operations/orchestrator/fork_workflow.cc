#include <limits>

#include <fmt/format.h>

#include "base/text.h"
#include "core/stored_state.h"
#include "operations/new_workflow.h"
#include "operations/orchestrator/operations.h"
#include "orchestrator/replay.h"
#include "orchestrator/workflow_ask.h"

namespace pawl::operations {

Steps<std::string> fork_workflow(Call call, request::ForkWorkflow request) {
  const std::string& id = request.id;
  const ForkOptions& options = request.options;
  if (Result<void> given = check_given(id); !given) co_return std::unexpected(std::move(given.error()));
  if (options.event.has_value() != options.task.empty())
    co_return fail(ErrorCode::invalid_argument, "name the point to fork from: an event or a task");
  if (options.id)
    if (Result<void> ok = check_workflow_id(*options.id); !ok) co_return std::unexpected(std::move(ok.error()));
  co_await OffShard(call);
  const std::shared_ptr<Store> store = call.node.store();
  if (!store->is_durable())
    co_return fail(ErrorCode::invalid_state,
                   "histories are kept only with persistence: enable it, or name a data directory");
  Result<void> durable = co_await until_durable(call, call.node.shard_of(id));
  if (!durable) co_return std::unexpected(std::move(durable.error()));
  Result<std::vector<StoredRun>> runs = store->read_history(id, 0, std::numeric_limits<std::size_t>::max());
  if (!runs && runs.error().code == ErrorCode::not_found) co_return no_such_workflow(id);
  if (!runs) co_return std::unexpected(std::move(runs.error()));
  const StoredWorkflow stored{.id = id, .ended = false, .checkpoint = {}, .runs = *std::move(runs)};
  const DefinitionSource definitions = call.node.definitions().source(*store);
  const Result<core::Workflow> past = replay_past(stored, definitions, options);
  if (!past) co_return std::unexpected(past.error());
  Result<BoundDefinitionPtr> bound = call.node.definitions().load(past->definition().hash(), *store);
  if (!bound) co_return std::unexpected(std::move(bound.error()));
  WorkflowFacts facts = *past->facts;
  facts.id = WorkflowId(options.id ? *options.id : call.node.new_id());
  const auto known = std::make_shared<const WorkflowFacts>(std::move(facts));
  const std::string& fork = known->id.text();
  auto state = std::make_shared<const std::string>(core::encode_state(*past));
  if (state->empty() || state->size() > core::kMostStateBytes)
    co_return fail(ErrorCode::limit_exceeded,
                   fmt::format("the state of workflow {} takes more than {} bytes, the limit", in_quotes(id),
                               core::kMostStateBytes));
  const command::RestoreWorkflow restore{.snapshot = fmt::format("{}, event {}", id, past->event_count),
                                         .taken_at = past->last_event_at,
                                         .facts = known,
                                         .state = std::move(state)};
  const CanonicalText canonical = canonical_for(call.node, fork, **bound);
  const auto make = [&](Shard& shard, const StoreLookup* lookup, bool& is_outdated) -> Result<std::string> {
    is_outdated = lookup != nullptr && shard.recovery().is_outdated(*lookup);
    if (is_outdated) return no_such_workflow(fork);
    const Result<LiveWorkflow*> created =
        shard.lifecycle().create(*bound, known, lookup != nullptr && lookup->is_stored());
    if (!created) return std::unexpected(created.error());
    if (Result<void> restored = shard.lifecycle().restore(**created, restore); !restored)
      return std::unexpected(std::move(restored.error()));
    return fork;
  };
  const FirstLook look = options.id ? FirstLook::whether_stored : FirstLook::none;
  Result<std::string> forked = co_await ask_with_lookup<std::string>(call, fork, look, Then::answer, make);
  co_return forked;
}

}  // namespace pawl::operations
