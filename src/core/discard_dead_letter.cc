// A failed task stays failed; its dead letter is not listed any more.
#include <algorithm>

#include "core/settle.h"

namespace pawl::core {

Result<void> apply(Decision& decision, const command::DiscardDeadLetter& command) {
  const Workflow& workflow = decision.workflow();
  if (Result<void> known = check_action(workflow, command.action); !known) return known;
  if (!workflow.is_dead_letter(command.action)) return {};  // redriven or discarded already
  decision.raise(event::DeadLetterDiscarded{.action = command.action, .at = decision.now(), .reason = command.reason});
  return {};
}

void evolve(Workflow& workflow, const event::DeadLetterDiscarded& happened) {
  ++workflow.event_count;
  std::vector<ActionId>& discarded = workflow.after.edit().discarded;
  const auto place = std::ranges::lower_bound(discarded, happened.action);
  if (place == discarded.end() || *place != happened.action) discarded.insert(place, happened.action);
}

}  // namespace pawl::core
