#include "operations/policy/letters.h"
#include "operations/policy/operations.h"
#include "orchestrator/workflow_ask.h"

namespace pawl::operations {

Steps<void> redrive_dead_letter(Call call, request::RedriveDeadLetter request) {
  const DeadLetterId& id = request.id;
  Result<void> done =
      co_await ask_workflow<void>(call, id.workflow, [&](Shard& shard, LiveWorkflow& workflow) -> Result<void> {
        const auto action = find_action(workflow.state.definition(), id);
        if (!action) return no_such_letter(id);
        const bool is_letter = workflow.state.is_dead_letter(*action);
        const bool was_redriven =
            workflow.state.record(*action).state != TaskState::failed && workflow.state.retry_base(*action) != nullptr;
        if (!is_letter && !was_redriven) return no_such_letter(id);
        const TaskIndex task = action->task;
        Result<void> redriven = id.compensation
                                    ? shard.lifecycle().revive(workflow, command::RedriveCompensation{task})
                                    : shard.lifecycle().revive(workflow, command::ReviveWorkflow{.start = task});
        if (redriven && is_letter) call.node.letter_was_redriven();
        return redriven;
      });
  co_return done;
}

}  // namespace pawl::operations
