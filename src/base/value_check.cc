#include "base/value_check.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/json_place.h"
#include "base/text.h"

namespace pawl {
namespace {

constexpr std::size_t kMessageBytes = 64U << 10U;

bool is_utf8(std::string_view text) { return find_invalid_utf8(text) == std::string_view::npos; }

std::unexpected<Error> below(const std::string& step, Error error) {
  error.field.insert(0, step);
  return std::unexpected(std::move(error));
}

std::string too_deep(std::size_t max_depth) {
  return fmt::format("arrays and objects are nested deeper than {} levels, the limit", max_depth);
}

// `left`: how many more arrays and objects may stand inside one another here. The field of an error begins at `value`.
Result<void> check(const Json& value, std::size_t left, std::size_t max_depth) {  // NOLINT(misc-no-recursion)
  switch (value.kind()) {
    case boost::json::kind::string:
      if (is_utf8(value.get_string())) return {};
      return fail(ErrorCode::invalid_argument, "the string is not valid UTF-8");
    case boost::json::kind::double_:
      if (std::isfinite(value.get_double())) return {};
      return fail(ErrorCode::invalid_argument, "the number is not finite, and JSON has no word for it");
    case boost::json::kind::array: {
      if (left == 0) return fail(ErrorCode::limit_exceeded, too_deep(max_depth));
      std::size_t position = 0;
      for (const Json& element : value.get_array()) {
        if (Result<void> ok = check(element, left - 1, max_depth); !ok)
          return below(fmt::format("[{}]", position), std::move(ok.error()));
        ++position;
      }
      return {};
    }
    case boost::json::kind::object:
      if (left == 0) return fail(ErrorCode::limit_exceeded, too_deep(max_depth));
      for (const auto& member : value.get_object()) {
        if (!is_utf8(member.key()))
          return fail(ErrorCode::invalid_argument,
                      fmt::format("the key {} is not valid UTF-8", in_quotes(member.key())));
        if (Result<void> ok = check(member.value(), left - 1, max_depth); !ok)
          return below(json_place_of_member(member.key()), std::move(ok.error()));
      }
      return {};
    default:
      return {};
  }
}

// Of two keys that are the same afterwards, the first one stays.
void mend_keys(boost::json::object& members) {
  if (std::ranges::all_of(members, [](const auto& member) { return is_utf8(member.key()); })) return;
  boost::json::object mended;
  for (auto& member : members) mended.emplace(valid_utf8(std::string(member.key())), std::move(member.value()));
  members = std::move(mended);
}

void make_storable(Json& value, std::size_t left, std::size_t max_depth) {  // NOLINT(misc-no-recursion)
  if (value.is_string()) {
    if (!is_utf8(value.get_string())) value = valid_utf8(std::string(value.get_string()));
  } else if (value.is_double()) {
    if (!std::isfinite(value.get_double())) value = nullptr;
  } else if (value.is_structured() && left == 0) {
    dismantle(std::exchange(value, Json(too_deep(max_depth))));
  } else if (value.is_array()) {
    for (Json& element : value.get_array()) make_storable(element, left - 1, max_depth);
  } else if (value.is_object()) {
    mend_keys(value.get_object());
    for (auto& member : value.get_object()) make_storable(member.value(), left - 1, max_depth);
  }
}

}  // namespace

Result<void> check_value(const Json& value, std::string_view root, std::size_t max_depth) {
  Result<void> ok = check(value, max_depth, max_depth);
  if (!ok) ok.error().field.insert(0, root);
  return ok;
}

void make_storable(Json& value, std::size_t max_depth) { make_storable(value, max_depth, max_depth); }

void dismantle(Json value) {
  std::vector<Json> open;
  const auto take = [&](Json& part) {
    if (part.is_structured()) open.push_back(std::move(part));
  };
  take(value);
  while (!open.empty()) {
    Json next = std::move(open.back());
    open.pop_back();
    if (auto* const elements = next.if_array()) {
      for (Json& element : *elements) take(element);
    } else {
      for (auto& member : next.get_object()) take(member.value());
    }
  }
}

std::string storable_message(std::string text) {
  if (text.size() > kMessageBytes) {
    const std::size_t whole = text.size();
    // Not inside a character: its later bytes are 10xxxxxx.
    std::size_t end = kMessageBytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    text = fmt::format("{}... ({} bytes)", std::string_view(text).substr(0, end), whole);
  }
  return valid_utf8(std::move(text));
}

}  // namespace pawl
