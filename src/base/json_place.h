// Where something stands in a JSON text, as messages name it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pawl {

// The place of the value that starts at `offset`: "$", "$.rows[3].id", `$["a b"]`. The text before it must be the start
// of a JSON document.
[[nodiscard]] std::string json_place(std::string_view text, std::size_t offset);

// How the member `key` is named in a place: ".id", or `["a b"]`.
[[nodiscard]] std::string json_place_of_member(std::string_view key);

}  // namespace pawl
