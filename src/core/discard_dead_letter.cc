// A failed task stays failed; its dead letter is not listed any more.
#include <algorithm>

#include "core/settle.h"

namespace pawl::core {

Result<void> apply(Decision& decision, const command::DiscardDeadLetter& command) {
  const Workflow& workflow = decision.workflow();
  if (Result<void> known = check_task(workflow, command.task); !known) return known;
  if (!workflow.is_dead_letter(command.task)) return {};  // redriven or discarded already
  decision.raise(event::DeadLetterDiscarded{.task = command.task, .at = decision.now(), .reason = command.reason});
  return {};
}

void evolve(Workflow& workflow, const event::DeadLetterDiscarded& happened) {
  ++workflow.event_count;
  std::vector<TaskIndex>& discarded = workflow.after.edit().discarded;
  const auto place = std::ranges::lower_bound(discarded, happened.task);
  if (place == discarded.end() || *place != happened.task) discarded.insert(place, happened.task);
}

}  // namespace pawl::core
