// Dead letters: tasks, and compensations, that failed for good. What they are follows from the workflows; the store
// keeps a list of them.
#pragma once

#include <optional>

#include "pawl/policy.h"

#include "model/workflow_facts.h"

namespace pawl::operations {

[[nodiscard]] std::unexpected<Error> no_such_letter(const DeadLetterId& id);
// The action that a letter is of.
[[nodiscard]] std::optional<ActionId> find_action(const Definition& definition, const DeadLetterId& id);

}  // namespace pawl::operations
