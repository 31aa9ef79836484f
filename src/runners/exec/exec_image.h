// What is to be executed, laid out in the memory that is shared with the keeper process.
#pragma once

#include <string>
#include <vector>

namespace pawl::runners {

// A program, ready to be executed.
struct Execution {
  const std::string& program;
  const std::vector<std::string>& argv;
  const std::vector<std::string>& env;  // "NAME=VALUE"
  const std::string& cwd;               // empty: that of this process
};

// The directory of this process; empty: it is not known.
[[nodiscard]] std::string current_directory();

// Fills the kImageBytes from `begin` with an ExecImage. `marker` is put into the environment; `keepers`: the directory
// of the keeper process. 0, or E2BIG.
[[nodiscard]] int fill_image(char* begin, const Execution& execution, const std::string& marker,
                             const std::string& keepers);

}  // namespace pawl::runners
