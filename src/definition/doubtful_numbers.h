// Numbers in a definition that are read otherwise than they may be meant: 0755 and 1.10, which are texts elsewhere, and
// durations without a unit.
#pragma once

#include <string_view>
#include <vector>

#include "definition/document.h"
#include "definition/problem.h"

namespace pawl::definition {

// Of `value`, the workflow's member `key`: numbers that do not keep how they are written.
[[nodiscard]] std::vector<Problem> doubt_numbers(Node value, std::string_view key);

// Durations of the `object` at `path`, a workflow, a task or what stands in it, that have no unit and may be meant as
// seconds (base/time.h). Adds to `found`, up to kMostWarnings.
void doubt_durations(Node object, const Path& path, std::vector<Problem>& found);

}  // namespace pawl::definition
