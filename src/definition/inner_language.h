// Programs that read one of their arguments as a script in a language of their own: `python3 -c`, `sh -c`, `awk`,
// `ssh`. A value in such a script is code there, whatever quotes the shell around it sees.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace pawl::definition {

struct InnerLanguage {
  std::string program;  // as it was called, without its folder
  std::string_view advice;
  std::string_view in_list;
};

// What reads the last of `words`, which are those of a command up to there, as a script; nothing if it is an ordinary
// argument. `sudo`, `env`, `timeout` and the like may stand before the program.
[[nodiscard]] std::optional<InnerLanguage> inner_language(std::span<const std::string> words);

// What reads the standard input of the command as a script, if it is that: `python3 - <<EOF`, `ssh host <<EOF`.
[[nodiscard]] std::optional<InnerLanguage> language_of_input(std::span<const std::string> words);

// How the script gets a value that the environment has as `variable`, as a line of a shell or in a list of words.
[[nodiscard]] std::string advice_in_line(const InnerLanguage& language, std::string_view variable);
[[nodiscard]] std::string advice_in_list(const InnerLanguage& language, std::string_view variable,
                                         std::string_view expression);

}  // namespace pawl::definition
