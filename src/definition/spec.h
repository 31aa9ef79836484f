// A definition turned back into what it was made of.
#pragma once

#include "pawl/definition.h"

namespace pawl::definition {

[[nodiscard]] WorkflowSpec to_spec(const Definition& definition);

}  // namespace pawl::definition
