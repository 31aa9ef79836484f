// FILE of a command line: a definition in a file, or on standard input.
#pragma once

#include <string>

#include "pawl/definition.h"

namespace pawl::cli {

// Whether FILE is `-`, standard input. A file of that name is `./-`.
[[nodiscard]] inline bool is_standard_input(const std::string& file) { return file == "-"; }

// What errors and warnings call it.
[[nodiscard]] std::string shown_name(const std::string& file);

// As read_definition_file(), or from standard input.
[[nodiscard]] Result<DefinitionPtr> read_definition_argument(const std::string& file,
                                                             const DefinitionChecks& checks = {});

// The whole of a file, or of standard input. `what` is "a definition". Error: as read_file().
[[nodiscard]] Result<std::string> read_argument(const std::string& file, std::size_t max_bytes, std::string_view what);

}  // namespace pawl::cli
