#include "definition/error_codes.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "pawl/result.h"

#include "base/text.h"

namespace pawl::definition {
namespace {

// Those that a list of retryable errors can be about: what is never tried again is left out.
constexpr std::string_view kOfCommands[] = {"exit_code",    "signal",  "timeout",
                                            "spawn_failed", "crashed", "circuit_open"};
// What a command may fail with as well.
constexpr std::string_view kOthers[] = {"cancelled",  "expression_error", "limit_exceeded", "invalid_argument",
                                        "corruption", "exception",        "unavailable",    "internal"};

// "TimeoutError" and "Exit-Code" as words of ours: "timeout", "exitcode".
std::string as_code(std::string_view word) {
  std::string letters;
  for (const char c : word)
    if (c != '-' && c != '_' && c != ' ') letters += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (letters.size() > 5 && letters.ends_with("error")) letters.resize(letters.size() - 5);
  return letters;
}

}  // namespace

std::optional<std::string> doubt_error_code(std::string_view code) {
  const auto is_among = [&](const auto& codes) { return std::ranges::find(codes, code) != std::end(codes); };
  if (is_among(kOfCommands) || is_among(kOthers)) return std::nullopt;
  const bool is_number = !code.empty() && code.find_first_not_of("0123456789") == std::string_view::npos;
  if (is_number)
    return fmt::format("{} is not a code: a command that exits with {} fails with exit_code, as with all others",
                       in_quotes(code), code);
  const auto same = std::ranges::find(kOfCommands, as_code(code), [](std::string_view each) { return as_code(each); });
  const std::string meant = same != std::end(kOfCommands) ? fmt::format(" (did you mean {}?)", in_quotes(*same))
                                                          : did_you_mean(code, kOfCommands);
  return fmt::format("no command fails with {}{}; the codes are {}", in_quotes(code), meant,
                     fmt::join(kOfCommands, ", "));
}

}  // namespace pawl::definition
