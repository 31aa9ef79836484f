// What is behind a stream: a terminal that can be steered, one that cannot, or none; and how much it shows at once.
#pragma once

#include <cstddef>
#include <cstdio>

namespace pawl::cli {

// Whether it is a terminal that obeys escape sequences: TERM is set, and not `dumb`.
[[nodiscard]] bool takes_escapes(std::FILE* out);

// Whether there are to be colours. NO_COLOR (not empty) forbids them; FORCE_COLOR or CLICOLOR_FORCE (neither empty nor
// 0) wants them everywhere; CLICOLOR=0 forbids them; otherwise a terminal that takes escapes has them.
[[nodiscard]] bool takes_colours(std::FILE* out);

struct ScreenSize {
  std::size_t rows = 24;
  std::size_t columns = 80;
};

// As the terminal has it; else COLUMNS and LINES, else 24 rows of 80.
[[nodiscard]] ScreenSize screen_size(std::FILE* out);

// The columns that a line of a summary may take: those of the screen, or, where nothing says how wide that is, many.
[[nodiscard]] std::size_t line_columns(std::FILE* out);

}  // namespace pawl::cli
