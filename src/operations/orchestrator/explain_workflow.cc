#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"
#include "core/explain.h"
#include "operations/orchestrator/operations.h"
#include "operations/reads.h"
#include "orchestrator/shard_ask.h"

namespace pawl::operations {
namespace {

// What a task may wait for outside its workflow.
core::ExplainInputs explain_inputs(Node& node) {
  constexpr std::size_t kNamedWaiters = 3;
  const WorkflowWaits::Holders waiting = node.waits().holders(kNamedWaiters);
  std::string named;
  for (const auto& [waiter, awaited] : waiting.some)
    named += fmt::format("{}{} of {} for {}", named.empty() ? "" : ", ", in_quotes(waiter.task_id),
                         in_quotes(waiter.attempt.workflow), in_quotes(awaited));
  if (waiting.count > waiting.some.size()) named += fmt::format(" and {} more", waiting.count - waiting.some.size());
  return {.nobody_runs_it = node.options().shard.standby,
          .max_args_bytes = node.options().shard.args_bytes,
          .slots_in_use = node.slots().in_use(),
          .slots = node.slots().capacity(),
          .slots_of_waiting = waiting.count,
          .waiting = std::move(named),
          .awaited = [&node](const AttemptId& attempt) { return node.waits().awaited_by(attempt); },
          .previous = nullptr,
          .hold = nullptr};
}

}  // namespace

Steps<std::vector<Explanation>> explain_workflow(Call call, request::ExplainWorkflow request) {
  const std::string& id = request.id;
  core::ExplainInputs inputs = explain_inputs(call.node);
  // A few reasons are found on the shard sooner than the state is copied there.
  constexpr std::size_t kFoundOnShard = 1000;
  if (request.max_tasks <= kFoundOnShard) {
    Result<std::vector<Explanation>> found = co_await ask_live_first<std::vector<Explanation>>(
        call, id, [&](Shard& shard, const LiveWorkflow& workflow) -> Result<std::vector<Explanation>> {
          inputs.previous = [&](ActionId action) -> std::optional<core::ExplainInputs::Previous> {
            const AttemptsOut::Attempt* const before = shard.ready().attempt_before(workflow, action);
            if (before == nullptr) return std::nullopt;
            return core::ExplainInputs::Previous{.attempt = before->address.attempt, .ends_by = before->ends_by};
          };
          inputs.hold = [&](ActionId action) { return shard.hold_of(workflow, action); };
          return core::explain(workflow.state, inputs, request.max_tasks);
        });
    if (found || found.error().code != ErrorCode::not_found) co_return found;
  }
  inputs.previous = nullptr;
  const Result<core::Workflow> state = co_await state_of(call, id);
  if (!state) co_return std::unexpected(state.error());
  inputs.hold = [&](ActionId action) {
    return call.node.permits().hold_of_breaker(state->definition().rules(action).circuit_breaker);
  };
  std::vector<Explanation> explanations = core::explain(*state, inputs, request.max_tasks);
  const Result<void> sound = co_await check_quarantine(call, id);
  if (!sound)
    explanations.insert(explanations.begin(), {.task = {}, .code = "quarantined", .text = sound.error().message});
  co_return explanations;
}

}  // namespace pawl::operations
