// Whether a failed program wanted a terminal, which tasks do not have.
#pragma once

#include <string>
#include <string_view>

namespace pawl::runners {

// "tasks have no terminal: ..." with what to do, if the last lines of the standard error of a program that exited with
// an error say that it wanted to ask somebody; else empty.
[[nodiscard]] std::string terminal_hint(std::string_view standard_error);

}  // namespace pawl::runners
