#include "definition/yaml_scalar.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/number.h"
#include "base/text.h"

namespace pawl::definition {
namespace {

constexpr std::string_view kStandardTag = "tag:yaml.org,2002:";
constexpr std::string_view kDigits = "0123456789";

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, text) != words.end();
}

// Takes what `set` allows off the front of `text`; says how much that was.
std::size_t skip(std::string_view& text, std::string_view set) {
  const std::size_t length = std::min(text.find_first_not_of(set), text.size());
  text.remove_prefix(length);
  return length;
}

bool skip_one(std::string_view& text, std::string_view set) {
  if (text.empty() || !set.contains(text.front())) return false;
  text.remove_prefix(1);
  return true;
}

bool is_decimal_integer(std::string_view text) {
  skip_one(text, "+-");
  return skip(text, kDigits) > 0 && text.empty();
}

bool is_prefixed_integer(std::string_view text, std::string_view prefix, std::string_view digits) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return skip(text, digits) > 0 && text.empty();
}

bool is_octal(std::string_view text) { return is_prefixed_integer(text, "0o", "01234567"); }
bool is_hexadecimal(std::string_view text) { return is_prefixed_integer(text, "0x", "0123456789abcdefABCDEF"); }

// Any decimal number, an integer included.
bool is_decimal(std::string_view text) {
  skip_one(text, "+-");
  std::size_t digits = skip(text, kDigits);
  if (skip_one(text, ".")) digits += skip(text, kDigits);
  if (digits == 0) return false;
  if (skip_one(text, "eE")) {
    skip_one(text, "+-");
    if (skip(text, kDigits) == 0) return false;
  }
  return text.empty();
}

bool is_infinity_or_nan(std::string_view text) {
  if (is_one_of(text, {".nan", ".NaN", ".NAN"})) return true;
  skip_one(text, "+-");
  return is_one_of(text, {".inf", ".Inf", ".INF"});
}

YamlScalar resolve_decimal(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const std::optional<double> number = nearest_double(text);
  return {.value = number.value_or(0), .is_kept = number.has_value()};
}

template <class Integer>
std::optional<Integer> parse_integer(std::string_view digits, int base) {
  Integer value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc()) return std::nullopt;
  return value;
}

YamlScalar resolve_integer(std::string_view text) {
  const int base = is_hexadecimal(text) ? 16 : is_octal(text) ? 8 : 10;
  std::string_view digits = text;
  if (base != 10) digits.remove_prefix(2);
  if (digits.starts_with('+')) digits.remove_prefix(1);
  if (const auto value = parse_integer<std::int64_t>(digits, base)) return {.value = *value};
  if (const auto value = parse_integer<std::uint64_t>(digits, base)) return {.value = *value};
  return {.value = base == 10 ? nearest_double(digits).value_or(0) : 0, .is_kept = false};
}

bool is_integer(std::string_view text) { return is_decimal_integer(text) || is_octal(text) || is_hexadecimal(text); }

std::optional<bool> parse_boolean(std::string_view text) {
  if (is_one_of(text, {"true", "True", "TRUE"})) return true;
  if (is_one_of(text, {"false", "False", "FALSE"})) return false;
  return std::nullopt;
}

// JSON has no word for it.
YamlScalar resolve_infinity_or_nan() { return {.value = 0.0, .is_kept = false}; }

YamlScalar resolve_plain(std::string_view text) {
  // Most scalars are words that begin like nothing else.
  if (!text.empty() && !std::string_view("0123456789+-.~nNtTfF").contains(text.front())) return {.value = text};
  if (is_yaml_null(text)) return {.value = std::monostate()};
  if (const auto boolean = parse_boolean(text)) return {.value = *boolean};
  if (is_integer(text)) return resolve_integer(text);
  if (is_decimal(text)) return resolve_decimal(text);
  if (is_infinity_or_nan(text)) return resolve_infinity_or_nan();
  return {.value = text};
}

}  // namespace

bool is_yaml_null(std::string_view text) { return is_one_of(text, {"", "~", "null", "Null", "NULL"}); }

std::expected<YamlScalar, std::string> resolve_yaml_scalar(std::string_view tag, std::string_view text) {
  if (tag == "?") return resolve_plain(text);
  if (tag == "!") return YamlScalar{.value = text};
  std::string_view type = tag;
  if (!type.starts_with(kStandardTag))
    return std::unexpected(fmt::format(
        "unknown tag {}{}", in_quotes(tag),
        tag.starts_with('!') ? "; put a text that begins with ! in quotes, and in a condition write `not x` for `!x`"
                             : ""));
  type.remove_prefix(kStandardTag.size());
  if (type == "str") return YamlScalar{.value = text};
  if (type == "null" && is_yaml_null(text)) return YamlScalar{.value = std::monostate()};
  if (type == "int" && is_integer(text)) return resolve_integer(text);
  if (type == "float" && is_decimal(text)) return resolve_decimal(text);
  if (type == "float" && is_infinity_or_nan(text)) return resolve_infinity_or_nan();
  if (const auto boolean = parse_boolean(text); type == "bool" && boolean) return YamlScalar{.value = *boolean};
  if (!is_one_of(type, {"null", "int", "float", "bool", "map", "seq"}))
    return std::unexpected(fmt::format("unknown tag {}", show_yaml_tag(tag)));
  return std::unexpected(fmt::format("the tag {} does not fit {}", show_yaml_tag(tag), in_quotes(text)));
}

bool fits_yaml_sequence(std::string_view tag) { return is_one_of(tag, {"?", "!", "tag:yaml.org,2002:seq"}); }
bool fits_yaml_mapping(std::string_view tag) { return is_one_of(tag, {"?", "!", "tag:yaml.org,2002:map"}); }

std::string show_yaml_tag(std::string_view tag) {
  if (tag.starts_with(kStandardTag)) return fmt::format("!!{}", tag.substr(kStandardTag.size()));
  return std::string(tag);
}

}  // namespace pawl::definition
