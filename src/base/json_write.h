// Writing JSON piece by piece, for documents too large to build as one value first.
#pragma once

#include <string>
#include <string_view>

namespace pawl {

// Appends `text`, which must be UTF-8, as a JSON string with its quotes.
void write_json_string(std::string& out, std::string_view text);

// Appends the shortest number that reads back as the same double; what is not finite becomes `null`.
void write_json_number(std::string& out, double number);

}  // namespace pawl
