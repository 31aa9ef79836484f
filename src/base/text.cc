#include "base/text.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include <fmt/format.h>

namespace pawl {
namespace {

// Words longer than this are not compared: nobody mistypes a word of that length by a letter and needs our help.
constexpr std::size_t kMaxCompared = 64;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Edits (insert, delete, replace, swap of neighbours) that turn one word into the other; stops counting above `limit`.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
  if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) > limit) return limit + 1;
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> current(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    std::size_t smallest = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      current[j] = std::min({last[j] + 1, current[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        current[j] = std::min(current[j], before[j - 2] + 1);
      smallest = std::min(smallest, current[j]);
    }
    if (smallest > limit) return limit + 1;
    before.swap(last);
    last.swap(current);
  }
  return last[b.size()];
}

// The length of the well-formed UTF-8 sequence at the start of `rest`, or 0 (Unicode 15, table 3-7).
std::size_t utf8_sequence(std::string_view rest) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(rest[i]); };
  const auto tail = [&](std::size_t i, unsigned char low = 0x80, unsigned char high = 0xBF) {
    return i < rest.size() && byte(i) >= low && byte(i) <= high;
  };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return tail(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const unsigned char low = lead == 0xE0 ? 0xA0 : 0x80;
    const unsigned char high = lead == 0xED ? 0x9F : 0xBF;
    return tail(1, low, high) && tail(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const unsigned char low = lead == 0xF0 ? 0x90 : 0x80;
    const unsigned char high = lead == 0xF4 ? 0x8F : 0xBF;
    return tail(1, low, high) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

Position line_and_column(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 == 0: the first line
  return {.line = static_cast<std::uint32_t>(std::ranges::count(before, '\n') + 1),
          .column = static_cast<std::uint32_t>(before.size() - line_start + 1)};
}

std::size_t find_invalid_utf8(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080'8080'8080'8080;
  for (std::size_t i = 0; i < text.size();) {
    // Nearly all text is ASCII, and its check must not be felt where results pass by.
    std::uint64_t word = 0;
    if (i + sizeof(word) <= text.size()) {
      std::memcpy(&word, text.data() + i, sizeof(word));
      if ((word & kHighBits) == 0) {
        i += sizeof(word);
        continue;
      }
    }
    const std::size_t length = utf8_sequence(text.substr(i));
    if (length == 0) return i;
    i += length;
  }
  return std::string_view::npos;
}

std::string valid_utf8(std::string text) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  std::size_t invalid = find_invalid_utf8(text);
  if (invalid == std::string_view::npos) return text;
  std::string out;
  std::string_view rest = text;
  for (; invalid != std::string_view::npos; invalid = find_invalid_utf8(rest)) {
    out += rest.substr(0, invalid);
    out += kReplacement;
    rest.remove_prefix(invalid + 1);
  }
  out += rest;
  return out;
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> known) {
  const auto is_same_letter = [](char a, char b) { return lower(a) == lower(b); };
  // The other case first, whatever else is close.
  for (const std::string_view candidate : known)
    if (std::ranges::equal(word, candidate, is_same_letter)) return candidate;
  std::string_view best;
  if (word.size() < 2 || word.size() > kMaxCompared) return best;  // a letter resembles every other one
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string_view candidate : known) {
    const std::size_t distance = edit_distance(word, candidate, best_distance - 1);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> known) {
  const std::string_view best = nearest(word, known);
  return best.empty() ? std::string() : fmt::format(" (did you mean {}?)", in_quotes(best));
}

Character first_character(std::string_view text) {
  const std::size_t size = utf8_sequence(text);
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (size == 0) return {.code = kNoCharacter, .size = 1};
  if (size == 1) return {.code = byte(0), .size = 1};
  char32_t code = byte(0) & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) code = code << 6U | (byte(i) & 0x3FU);
  return {.code = code, .size = size};
}

bool steers_terminal(char32_t code) {
  const auto within = [&](char32_t first, char32_t last) { return code >= first && code <= last; };
  return code < 0x20 || within(0x7F, 0x9F) || within(0x2028, 0x202E) || within(0x2066, 0x2069);
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kShown = 80;
  std::string out = "\"";
  std::size_t shown = std::min(text.size(), kShown);
  while (shown < text.size() && shown > 0 && (static_cast<unsigned char>(text[shown]) & 0xC0U) == 0x80U) --shown;
  for (std::size_t i = 0; i < shown;) {
    const Character next = first_character(text.substr(i, shown - i));
    if (next.code == '\n' || next.code == '\t') {
      out += next.code == '\n' ? "\\n" : "\\t";
    } else if (next.code == kNoCharacter || next.code < 0x20 || next.code == 0x7F) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[i]));
    } else if (steers_terminal(next.code)) {
      out += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(next.code));
    } else {
      if (next.code == '"') out += '\\';
      out += text.substr(i, next.size);
    }
    i += next.size;
  }
  out += shown < text.size() ? "...\"" : "\"";
  return out;
}

}  // namespace pawl
