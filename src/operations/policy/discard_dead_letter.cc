#include "base/value_check.h"
#include "operations/policy/letters.h"
#include "operations/policy/operations.h"
#include "orchestrator/workflow_ask.h"

namespace pawl::operations {

Steps<void> discard_dead_letter(Call call, request::DiscardDeadLetter request) {
  const DeadLetterId& id = request.id;
  if (request.reason.empty())
    co_return fail(ErrorCode::invalid_argument, "give a reason for discarding the dead letter", "reason");
  Result<void> done =
      co_await ask_workflow_last<void>(call, id.workflow, [&](Shard& shard, LiveWorkflow& workflow) -> Result<void> {
        const auto action = find_action(workflow.state.definition(), id);
        if (!action || !workflow.state.is_dead_letter(*action)) return no_such_letter(id);
        Result<void> discarded = shard.lifecycle().command(
            workflow, command::DiscardDeadLetter{.action = *action, .reason = storable_message(request.reason)});
        if (discarded) call.node.letter_was_discarded();
        return discarded;
      });
  co_return done;
}

}  // namespace pawl::operations
