#include "base/json_place.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"

namespace pawl {
namespace {

constexpr std::size_t kPlainKeyBytes = 64;

// What is open at the offset: an array and the number of its element, or an object and its key as it is written.
struct Open {
  bool is_array;
  std::size_t element = 0;
  std::string_view key = {};
};

// The offset behind the string whose opening quote stands at `at`.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return std::min(at + 1, text.size());
}

}  // namespace

std::string json_place_of_member(std::string_view key) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  if (!key.empty() && key.size() <= kPlainKeyBytes && std::ranges::all_of(key, is_plain))
    return fmt::format(".{}", key);
  return fmt::format("[{}]", in_quotes(key));
}

std::string json_place(std::string_view text, std::size_t offset) {
  text = text.substr(0, offset);
  std::vector<Open> open;
  std::string_view last_string;  // a key, if a colon follows
  for (std::size_t at = 0; at < text.size();) {
    switch (text[at]) {
      case '"': {
        const std::size_t end = end_of_string(text, at);
        last_string = text.substr(at + 1, end - std::min(end, at + 2));
        at = end;
        continue;
      }
      case '[':
      case '{':
        open.push_back({.is_array = text[at] == '['});
        break;
      case ']':
      case '}':
        if (!open.empty()) open.pop_back();
        break;
      case ':':
        if (!open.empty()) open.back().key = last_string;
        break;
      case ',':
        if (!open.empty()) ++open.back().element;
        break;
      default:
        break;
    }
    ++at;
  }
  std::string place = "$";
  for (const Open& each : open)
    place += each.is_array ? fmt::format("[{}]", each.element) : json_place_of_member(each.key);
  return place;
}

}  // namespace pawl
