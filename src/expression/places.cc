// The `${{ ... }}` places in strings.
#include <fmt/format.h>

#include "base/text.h"
#include "expression/expression.h"
#include "expression/tokens.h"

namespace pawl::expression {
namespace {

constexpr std::string_view kOpen = "${{";
constexpr std::string_view kSpace = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// Where the `}}` stands that closes a place whose inside starts at `begin`: not one in a string, nor one that closes
// tables.
std::size_t find_close(std::string_view text, std::size_t begin) {
  std::size_t depth = 0;
  for (std::size_t i = begin; i < text.size();) {
    if (const std::size_t end = skip_string_or_comment(text, i); end != i) {
      i = end;
      continue;
    }
    if (text[i] == '{') ++depth;
    if (text[i] == '}') {
      if (depth == 0) return text.substr(i).starts_with("}}") ? i : std::string_view::npos;
      --depth;
    }
    ++i;
  }
  return std::string_view::npos;
}

}  // namespace

bool has_places(std::string_view text) { return text.find(kOpen) != std::string_view::npos; }

Result<std::vector<std::string_view>> find_places(std::string_view text) {
  std::vector<std::string_view> places;
  for (std::size_t open = text.find(kOpen); open != std::string_view::npos; open = text.find(kOpen, open)) {
    const std::size_t begin = open + kOpen.size();
    const std::size_t close = find_close(text, begin);
    if (close == std::string_view::npos)
      return fail(ErrorCode::invalid_argument, fmt::format("the ${{{{ in {} is not closed by }}}}", in_quotes(text)));
    const std::string_view inside = trimmed(text.substr(begin, close - begin));
    if (inside.empty())
      return fail(ErrorCode::invalid_argument,
                  fmt::format("there is nothing in the ${{{{ }}}} of {}", in_quotes(text)));
    places.push_back(inside);
    open = close + 2;
  }
  return places;
}

Result<std::string_view> strip_place(std::string_view text) {
  const std::string_view whole = trimmed(text);
  if (!has_places(whole)) return whole;
  const Result<std::vector<std::string_view>> places = find_places(whole);
  if (!places) return std::unexpected(places.error());
  const bool is_one = places->size() == 1 && whole.starts_with(kOpen) && whole.ends_with("}}") &&
                      find_close(whole, kOpen.size()) == whole.size() - 2;
  if (is_one) return places->front();
  return fail(ErrorCode::invalid_argument,
              fmt::format("{} must be one expression, with or without ${{{{ }}}} around all of it", in_quotes(text)));
}

}  // namespace pawl::expression
