// A workflow's output on a screen: each of its members shortened for itself, so that a large one hides no other.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "pawl/json.h"

namespace pawl::cli {

// No more lines than these are made of an output.
inline constexpr std::size_t kMostOutputLines = 24;

struct OutputLines {
  std::vector<std::string> lines;  // printable, of at most as many columns as there are
  bool is_cut = false;             // something is left out
};

// The value as indented JSON if that has no more lines than are made; otherwise a line for each of its members.
// `first_columns`: what there is for the first line, which stands behind a title.
[[nodiscard]] OutputLines output_lines(const Json& output, std::size_t columns, std::size_t first_columns);

}  // namespace pawl::cli
