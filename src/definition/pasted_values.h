// Values that are pasted into a line for a shell, where they are code: how the line is written so that they are not.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pawl/json.h"

namespace pawl::definition {

// Which of the args of `exec` a shell reads: of exec.shell the first, of exec.run the one behind `sh -c` and the like.
[[nodiscard]] std::optional<std::size_t> place_of_shell_line(std::string_view function, const boost::json::array& args);

// A line, and what is known of where it stands.
struct PastedLine {
  std::string_view line;
  std::string_view shell;             // the program that reads it
  std::vector<std::string_view> env;  // the variables that the task sets itself
  const Json* input = nullptr;        // the defaults of the workflow; nullptr: nothing is known of them
};

// What to say of a line that has `${{ }}` places in it, with the lines as they should be; in words where the lines
// cannot be told: in a here-document, or in the language of another interpreter than a shell. Nothing if there is no
// place, or if the line is one place as a whole: who writes that gives the code on purpose.
[[nodiscard]] std::optional<std::string> find_pasted_values(const PastedLine& pasted);

// The same of the word at `place` in the args of exec.run, where the program, or one that it runs, reads it as a
// script:
// `[python3, -c, "print('${{ input.who }}')"]`.
[[nodiscard]] std::optional<std::string> find_inner_script(const boost::json::array& args, std::size_t place,
                                                           const std::vector<std::string_view>& env);

}  // namespace pawl::definition
