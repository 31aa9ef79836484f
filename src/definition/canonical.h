// The canonical form of a definition and its hash: the same content gives the same bytes, however it was written.
//
// Fields stand in a fixed order and only where they differ from their default; sugar is spelled out; durations are
// integer milliseconds; members of JSON objects are sorted; dependencies are in the order of the tasks. The order of
// the tasks is kept, for it decides which of several ready tasks starts first.
#pragma once

#include <string>

#include "pawl/definition.h"

namespace pawl::definition {

// SHA-256 of the canonical form, in hex.
[[nodiscard]] std::string content_hash(const Definition& definition);

// Equal rules, and only they, have equal keys.
[[nodiscard]] std::string rules_key(const TaskRules& rules);

}  // namespace pawl::definition
