#include "cli/view/terminal.h"

#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>

#include <sys/ioctl.h>
#include <unistd.h>

namespace pawl::cli {
namespace {

// Of a file or a pipe, in which lines do not wrap.
constexpr std::size_t kManyColumns = 500;

// Of the environment; empty if it is not set.
std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

bool is_on(std::string_view value) { return !value.empty() && value != "0"; }

std::optional<std::size_t> number_in(const char* name) {
  constexpr std::size_t kMost = 10'000;
  const std::string_view text = variable(name);
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number == 0 || number > kMost) return std::nullopt;
  return number;
}

std::optional<ScreenSize> size_of_terminal(std::FILE* out) {
  winsize size{};
  if (::ioctl(::fileno(out), TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return std::nullopt;
  return ScreenSize{.rows = size.ws_row, .columns = size.ws_col};
}

}  // namespace

bool takes_escapes(std::FILE* out) {
  const std::string_view kind = variable("TERM");
  return !kind.empty() && kind != "dumb" && ::isatty(::fileno(out)) == 1;
}

bool takes_colours(std::FILE* out) {
  if (!variable("NO_COLOR").empty()) return false;
  if (is_on(variable("FORCE_COLOR")) || is_on(variable("CLICOLOR_FORCE"))) return true;
  return variable("CLICOLOR") != "0" && takes_escapes(out);
}

ScreenSize screen_size(std::FILE* out) {
  if (const auto size = size_of_terminal(out)) return *size;
  constexpr ScreenSize kUsual;
  return {.rows = number_in("LINES").value_or(kUsual.rows), .columns = number_in("COLUMNS").value_or(kUsual.columns)};
}

std::size_t line_columns(std::FILE* out) {
  if (const auto size = size_of_terminal(out)) return size->columns;
  return number_in("COLUMNS").value_or(kManyColumns);
}

}  // namespace pawl::cli
