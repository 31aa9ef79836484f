// The door for what programs hand over: results and errors of handlers, inputs, texts of operations. What has passed is
// text that every reader of JSON takes, whatever it becomes a part of later.
//
// Values are refused, for to change one silently would be worse; texts for people, and the details of an error, which
// must not hide the error, are made fit instead.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "pawl/json.h"

#include "base/json_depth.h"

namespace pawl {

// Whether the strings of `value` are UTF-8, its numbers finite, and arrays and objects nested no deeper than
// `max_depth`. Error: `invalid_argument` or `limit_exceeded`, its field the place under `root`: "$.rows[3].name".
[[nodiscard]] Result<void> check_value(const Json& value, std::string_view root = "$",
                                       std::size_t max_depth = kAcceptedDepth);

// What check_value would refuse is replaced: bytes by U+FFFD, numbers that are not finite by null, what is too deep by
// a string that says so.
void make_storable(Json& value, std::size_t max_depth = kAcceptedDepth);

// Ends the life of a value that may be nested as deep as memory allows, without recursion.
void dismantle(Json value);

// A message as it is kept: UTF-8 of at most 64 KiB.
[[nodiscard]] std::string storable_message(std::string text);

}  // namespace pawl
