// Shells, and how a command line is given to them: as a script with a name, so that its messages name lines, and
// without a file that could be left behind.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::runners {

struct Shell {
  std::vector<std::string> words;  // to which the command line is added
  bool is_posix = false;           // whether it takes the name of the script, and its parameters, behind that
};

// Whether a program, by its name or path, is one of the shells that understand `-c` and `set -x`.
[[nodiscard]] bool is_posix_shell(std::string_view program);

[[nodiscard]] Shell bash_shell();   // bash -eo pipefail
[[nodiscard]] Shell posix_shell();  // /bin/sh -e
[[nodiscard]] Shell custom_shell(std::vector<std::string> words);

// What is to be executed, for a line of any length: the kernel takes 128 KiB in one argument.
[[nodiscard]] std::vector<std::string> shell_argv(Shell shell, const std::string& line);

// The number of the line that a shell started with shell_argv names in its `message`: 3 of "run: line 3: ...".
[[nodiscard]] std::optional<std::size_t> line_named_in(std::string_view message);

}  // namespace pawl::runners
