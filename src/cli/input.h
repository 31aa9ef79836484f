// The input of a run, as the command line gives it.
#pragma once

#include <string>

#include "pawl/json.h"
#include "pawl/result.h"

namespace pawl::cli {

// The JSON object that `text` is, or that stands in a file: `@path`, `@-` for standard input.
Result<Json> read_input(const std::string& text);

}  // namespace pawl::cli
