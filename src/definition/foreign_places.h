// Places for values as other systems write them, `{{ inputs.x }}` or `${params.x}`, which are text here.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pawl::definition {

// What to write in place of the first one in `text`, or nothing. What shells, Go templates and jq write is not meant.
[[nodiscard]] std::optional<std::string> find_foreign_place(std::string_view text);

}  // namespace pawl::definition
