// What is wrong with a command line, in one sentence that says what was meant, perhaps, and where there is help.
#pragma once

#include <cstdint>
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

// The value of an option that is one of a few words.
CLI::Validator one_of(std::vector<std::string_view> words);

// The value of an option that is a number, both ends included.
CLI::Validator integer_between(std::int64_t least, std::int64_t most);
CLI::Validator number_between(double least, double most);

}  // namespace pawl::cli
