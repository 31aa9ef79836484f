// JSON values as Pawl's users see them. The engine itself carries JSON as bytes and parses it only where it must.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/value.hpp>

#include "pawl/result.h"

namespace pawl {

using Json = boost::json::value;

// Parses one JSON document. Error: `invalid_argument`, or `limit_exceeded` where arrays and objects are nested deeper
// than 200 levels, each with line and column.
[[nodiscard]] Result<Json> parse_json(std::string_view text);

// Compact JSON. Numbers are written in their shortest form that reads back as the same value.
[[nodiscard]] std::string to_json_text(const Json& value);

// The same, indented by two spaces.
[[nodiscard]] std::string to_pretty_json(const Json& value);

}  // namespace pawl
