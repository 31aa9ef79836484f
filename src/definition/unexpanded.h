// Variables of a shell, `$HOME`, that stand where no shell reads them: in `env`, `cwd` and lists of words.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pawl::definition {

// The first `$NAME` or `${NAME}` in `text` that is spelt as variables of the environment are, in capitals, or a
// `$(...)` that is all of it; empty if there is none.
[[nodiscard]] std::string_view find_variable(std::string_view text);

// What to say of one in the variable `name` of `env`, in `cwd`, and in a word of a list.
[[nodiscard]] std::optional<std::string> doubt_env(std::string_view name, std::string_view text);
[[nodiscard]] std::optional<std::string> doubt_cwd(std::string_view text);
[[nodiscard]] std::optional<std::string> doubt_word(std::string_view text);

}  // namespace pawl::definition
