// The small change of what people see.
#include "base/text.h"

#include <fmt/format.h>

#include "cli/view.h"

namespace pawl::cli {

std::string short_duration(std::chrono::microseconds duration) {
  const double seconds = static_cast<double>(duration.count()) / 1e6;
  if (seconds < 0.001) return fmt::format("{}us", duration.count());
  if (seconds < 1) return fmt::format("{:.0f}ms", seconds * 1e3);
  if (seconds < 60) return fmt::format("{:.1f}s", seconds);
  const auto whole = static_cast<long>(seconds);
  if (whole < 3600) return fmt::format("{}m{:02}s", whole / 60, whole % 60);
  return fmt::format("{}h{:02}m", whole / 3600, whole / 60 % 60);
}

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t valid = std::min(find_invalid_utf8(text), text.size());
    for (const char c : text.substr(0, valid)) {
      if (c == '\t') {
        out += "  ";
      } else if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) {
        out += c;
      }
    }
    if (valid == text.size()) break;
    out += '?';
    text.remove_prefix(valid + 1);
  }
  return out;
}

Palette palette(bool colour) {
  if (!colour) return {};
  return {.bold = "\033[1m",
          .dim = "\033[2m",
          .red = "\033[31m",
          .green = "\033[32m",
          .yellow = "\033[33m",
          .blue = "\033[34m",
          .reset = "\033[0m"};
}

}  // namespace pawl::cli
