#include "operations/policy/letters.h"

#include <fmt/format.h>

#include "base/text.h"

namespace pawl::operations {

std::unexpected<Error> no_such_letter(const DeadLetterId& id) {
  return fail(ErrorCode::not_found,
              fmt::format("there is no dead letter of {}task {} of workflow {}",
                          id.compensation ? "the compensation of " : "", in_quotes(id.task), in_quotes(id.workflow)));
}

std::optional<ActionId> find_action(const Definition& definition, const DeadLetterId& id) {
  const auto task = definition.find_task(id.task);
  if (!task || !id.compensation) return task;
  return definition.compensation_of(*task);
}

}  // namespace pawl::operations
