// What is wrong with a command line, in one sentence that says what was meant, perhaps, and where there is help.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "pawl/result.h"

namespace pawl::cli {

// "run: unknown option "--inptu" (did you mean "--input"?); see pawl run --help". `wrong` is what `app` threw when it
// parsed `words`, argv without the program.
std::string explain_usage(const CLI::App& app, std::span<const std::string> words, const CLI::ParseError& wrong);

// "--id needs a value", said as explain_usage() says it, of the first option that is followed by a word which begins
// with a hyphen: an empty variable in a script, `--id $ID --quiet`, must not make an option of the next one its value.
// Nothing if there is none.
std::optional<std::string> explain_missing_value(const CLI::App& app, std::span<const std::string> words);

// `words` with `--id=` as `--id` and an empty word. CLI11 would take the word behind it for the value.
std::vector<std::string> with_empty_values(const CLI::App& app, std::span<const std::string> words);

// The value of an option that is one of a few words.
CLI::Validator one_of(std::vector<std::string_view> words);

// The value of an option that is a number, both ends included.
CLI::Validator integer_between(std::int64_t least, std::int64_t most);
CLI::Validator number_between(double least, double most);

}  // namespace pawl::cli
