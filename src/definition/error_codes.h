// The codes with which a command can fail, for `retryable_errors`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pawl::definition {

// What to say of a code with which no command fails; nothing of one that there is.
[[nodiscard]] std::optional<std::string> doubt_error_code(std::string_view code);

}  // namespace pawl::definition
