#include "base/duration_words.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <vector>

#include <fmt/format.h>

namespace pawl {
namespace {

char lower_letter(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

struct UnitWords {
  std::string_view words;  // separated by spaces
  std::string_view unit;
  int times = 1;
};
constexpr UnitWords kUnitWords[] = {{"ms msec msecs millis millisecond milliseconds", "ms"},
                                    {"s sec secs second seconds", "s"},
                                    {"m min mins minute minutes", "m"},
                                    {"h hr hrs hour hours", "h"},
                                    {"d day days", "d"},
                                    {"w wk week weeks", "d", 7},
                                    {"y yr year years", "d", 365}};

const UnitWords* find_unit(std::string_view word) {
  for (const UnitWords& row : kUnitWords) {
    for (std::string_view words = row.words; !words.empty();) {
      const std::size_t end = std::min(words.find(' '), words.size());
      if (words.substr(0, end) == word) return &row;
      words.remove_prefix(std::min(end + 1, words.size()));
    }
  }
  return nullptr;
}

// `number` of `unit`, which may be seven days.
std::string in_our_unit(const std::string& number, const UnitWords& unit) {
  double value = 0;
  if (unit.times == 1) return number + std::string(unit.unit);
  const char* const end = number.data() + number.size();
  if (std::from_chars(number.data(), end, value, std::chars_format::fixed).ptr != end) return {};
  return fmt::format("{}{}", value * unit.times, unit.unit);
}

// The unit below that of `last`: what `1h30` means by 30.
std::string_view next_smaller(std::string_view last) {
  return last == "d" ? "h" : last == "h" ? "m" : last == "m" ? "s" : last == "s" ? "ms" : "";
}

// How "5 minutes", "1HR", "1h 30min", "1w" and "1h30" are written here; empty if it is not known what they are.
std::string from_words(std::string_view text) {
  std::string out;
  std::string_view last;
  const auto take_while = [&](auto is_part) {
    std::string part;
    while (!text.empty() && is_part(text.front())) {
      part += lower_letter(text.front());
      text.remove_prefix(1);
    }
    return part;
  };
  const auto is_space = [](char c) { return c == ' '; };
  if (text.starts_with('+')) text.remove_prefix(1);
  while (!text.empty()) {
    take_while(is_space);
    const std::string number = take_while([](char c) { return (c >= '0' && c <= '9') || c == '.'; });
    take_while(is_space);
    std::string word = take_while([](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
    take_while(is_space);
    if (word.empty() && text.empty()) word = next_smaller(last);
    const UnitWords* const unit = find_unit(word);
    if (number.empty() || unit == nullptr) return {};
    const std::string ours = in_our_unit(number, *unit);
    if (ours.empty()) return {};
    out += ours;
    last = unit->unit;
  }
  return out;
}

// `PT5M` and `P1DT2H` of ISO 8601, where M before the T is months.
std::string from_iso(std::string_view text) {
  if (!text.starts_with('P') && !text.starts_with('p')) return {};
  text.remove_prefix(1);
  const std::size_t time = text.find_first_of("Tt");
  const std::string_view days = text.substr(0, time);
  if (days.find_first_of("Mm") != std::string_view::npos) return {};
  return from_words(days) + (time == std::string_view::npos ? std::string() : from_words(text.substr(time + 1)));
}

// `00:05:00`; `1:30` is one of two.
std::string from_clock(std::string_view text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0, end = 0; begin <= text.size(); begin = end + 1) {
    end = std::min(text.find(':', begin), text.size());
    std::string_view part = text.substr(begin, end - begin);
    if (part.empty() || part.find_first_not_of("0123456789") != std::string_view::npos) return {};
    part.remove_prefix(std::min(part.find_first_not_of('0'), part.size()));
    parts.emplace_back(part);
  }
  const auto with_units = [&](std::string_view units) {
    std::string out;
    for (std::size_t i = 0; i < parts.size(); ++i)
      if (!parts[i].empty()) out += parts[i] + units[i];
    return out;
  };
  if (parts.size() == 3) return with_units("hms");
  const std::string hours = parts.size() == 2 ? with_units("hm") : std::string();
  return hours.empty() ? hours : fmt::format("{} or {}", hours, with_units("ms"));
}

}  // namespace

std::string as_duration(std::string_view text) {
  constexpr std::size_t kLongest = 40;
  if (text.size() > kLongest) return {};
  if (text.contains(':')) return from_clock(text);
  std::string ours = from_iso(text);
  return ours.empty() ? from_words(text) : ours;
}

}  // namespace pawl
