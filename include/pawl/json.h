// Json is the JSON value of Pawl's API. The engine itself carries JSON as bytes and parses it only where it must.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/value.hpp>

#include "pawl/result.h"

namespace pawl {

using Json = boost::json::value;

// Parses one JSON document. Numbers keep their value, or are refused: an integer must fit into 64 bits (-2^63 to
// 2^64 - 1; `-0` is 0); a number with a point or an exponent becomes the nearest double, with 15 significant digits at
// least, and must be neither too large for one nor so small that it would become 0.
// Error: `invalid_argument`, or `limit_exceeded` where arrays and objects are nested deeper than 200 levels, each with
// line and column; for a number that cannot be kept its place ("$.rows[3].id") is the `field`.
[[nodiscard]] Result<Json> parse_json(std::string_view text);

// Compact JSON. Numbers are written in their shortest form that reads back as the same value.
[[nodiscard]] std::string to_json_text(const Json& value);

// The same, indented by two spaces.
[[nodiscard]] std::string to_pretty_json(const Json& value);

}  // namespace pawl
