// Text for a terminal: what is printable, how wide it is, and how much of it fits.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/view/view.h"

namespace pawl::cli {
namespace {

// The length of the escape sequence at the start of `text`, or 0 (ECMA-48; strings such as titles and links included).
std::size_t escape_sequence(std::string_view text) {
  constexpr char kEscape = '\033';
  if (!text.starts_with(kEscape)) return 0;
  std::size_t i = 1;
  const auto skip = [&](char first, char last) {
    while (i < text.size() && text[i] >= first && text[i] <= last) ++i;
  };
  const auto take_final = [&] { return i < text.size() && text[i] >= '0' && text[i] <= '~' ? i + 1 : i; };
  if (text.substr(1).starts_with('[')) {
    ++i;
    skip('0', '?');
    skip(' ', '/');
    return take_final();
  }
  if (i < text.size() && std::string_view("]PX^_").contains(text[i])) {
    const std::size_t end = text.find_first_of("\a\033", i);
    if (end == std::string_view::npos) return i + 1;  // not closed in this line: what follows is shown
    return text.substr(end).starts_with("\033\\") ? end + 2 : end + 1;
  }
  skip(' ', '/');
  return take_final();
}

// How many bytes at the start of `text` are printable ASCII. By eight, without a branch on each.
std::size_t plain_prefix(std::string_view text) {
  constexpr std::size_t kStep = 8;
  const auto is_plain = [](char c) { return c >= ' ' && c <= '~'; };
  std::size_t i = 0;
  for (; i + kStep <= text.size(); i += kStep) {
    bool all = true;
    for (std::size_t j = 0; j < kStep; ++j) all &= is_plain(text[i + j]);
    if (!all) break;
  }
  while (i < text.size() && is_plain(text[i])) ++i;
  return i;
}

struct Range {
  char32_t first, last;
};

// What stands on the character before it.
constexpr Range kCombining[] = {{0x300, 0x36F}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}};
// East Asian and pictures: two columns each.
constexpr Range kWide[] = {{0x1100, 0x115F}, {0x231A, 0x231B},   {0x2614, 0x2615},  {0x26A1, 0x26A1},
                           {0x2705, 0x2705}, {0x274C, 0x274C},   {0x2B50, 0x2B50},  {0x2E80, 0xA4CF},
                           {0xAC00, 0xD7A3}, {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},  {0xFF00, 0xFF60},
                           {0xFFE0, 0xFFE6}, {0x1F000, 0x1FAFF}, {0x20000, 0x3FFFD}};

std::size_t width_of(char32_t code) {
  const auto within = [&](const Range& range) { return code >= range.first && code <= range.last; };
  if (std::ranges::any_of(kCombining, within)) return 0;
  return std::ranges::any_of(kWide, within) ? 2 : 1;
}

}  // namespace

std::string short_duration(std::chrono::microseconds duration) {
  const double seconds = static_cast<double>(duration.count()) / 1e6;
  if (seconds < 0.001) return fmt::format("{}us", duration.count());
  if (seconds < 1) return fmt::format("{:.0f}ms", seconds * 1e3);
  if (seconds < 60) return fmt::format("{:.1f}s", seconds);
  const auto whole = static_cast<long>(seconds);
  if (whole < 3600) return fmt::format("{}m{:02}s", whole / 60, whole % 60);
  return fmt::format("{}h{:02}m", whole / 3600, whole / 60 % 60);
}

std::string message_of(const JsonText& error) {
  const Json parsed = error.parse();
  if (!parsed.is_object()) return {};
  const Json* const message = parsed.get_object().if_contains("message");
  return message != nullptr && message->is_string() ? shorten(printable(message->get_string()), kMessageColumns)
                                                    : std::string();
}

std::string printable(std::string_view text) {
  std::string out;
  append_printable(out, text);
  return out;
}

void append_printable(std::string& out, std::string_view text) {
  while (!text.empty()) {
    // Nearly all that tasks write is plain, and is copied as a whole.
    const std::size_t plain = plain_prefix(text);
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) return;
    std::size_t taken = escape_sequence(text);
    if (taken == 0) {
      const Character next = first_character(text);
      taken = next.size;
      if (next.code == kNoCharacter) {
        out += '?';
      } else if (next.code == '\t' || next.code == '\n') {
        out += "  ";
      } else if (!steers_terminal(next.code)) {
        out += text.substr(0, taken);
      }
    }
    text.remove_prefix(taken);
  }
}

std::string_view cut(std::string_view text, std::size_t columns) {
  std::size_t end = 0;
  std::size_t used = 0;
  while (end < text.size()) {
    const Character next = first_character(text.substr(end));
    used += width_of(next.code);
    if (used > columns) break;
    end += next.size;
  }
  return text.substr(0, end);
}

std::string shorten(std::string_view text, std::size_t columns) {
  constexpr std::string_view kEllipsis = " ... ";
  if (width_of(text) <= columns) return std::string(text);
  if (columns <= 2 * kEllipsis.size()) return std::string(cut(text, columns));
  // Somewhat more of the beginning, which says what it is.
  const std::size_t shown = columns - kEllipsis.size();
  const std::string_view head = cut(text, shown - shown / 3);
  std::string_view tail = text.substr(head.size());
  // From the end backwards by bytes would cut characters: those that are too many go from the front.
  tail.remove_prefix(std::min(tail.size() - std::min(tail.size(), 4 * shown), tail.size()));
  while (width_of(tail) > shown / 3) tail.remove_prefix(first_character(tail).size);
  return std::string(head) + std::string(kEllipsis) + std::string(tail);
}

std::size_t width_of(std::string_view text) {
  std::size_t used = 0;
  for (std::size_t i = 0; i < text.size();) {
    const Character next = first_character(text.substr(i));
    used += width_of(next.code);
    i += next.size;
  }
  return used;
}

bool put(std::FILE* out, std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), out) == text.size() && std::fflush(out) == 0;
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
