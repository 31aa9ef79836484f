// Values that are pasted into a line for a shell, where they are code: how the line is written so that they are not.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "pawl/json.h"

namespace pawl::definition {

// Which of the args of `exec` a shell reads: of exec.shell the first, of exec.run the one behind `sh -c` and the like.
[[nodiscard]] std::optional<std::size_t> place_of_shell_line(std::string_view function, const boost::json::array& args);

// What to say of a line that has `${{ }}` places in it, with the lines as they should be. Nothing if there is none, or
// if the line is one place as a whole: who writes that gives the code on purpose.
[[nodiscard]] std::optional<std::string> find_pasted_values(std::string_view line);

}  // namespace pawl::definition
