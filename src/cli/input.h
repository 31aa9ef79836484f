// The input of a run, as the command line gives it.
#pragma once

#include <string>
#include <string_view>

#include "pawl/json.h"
#include "pawl/result.h"

namespace pawl::cli {

// The JSON object that `text` is, or that stands in a file: `@path`, `@-` for standard input.
Result<Json> read_input(const std::string& text);

// What other tools write as `name=value`: `{"name":"value"}`, and `{"n":7}` where the value is a number, true, false or
// null of JSON. `assignment` has a `=`.
[[nodiscard]] std::string input_of_assignment(std::string_view assignment);

}  // namespace pawl::cli
