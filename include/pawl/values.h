// Conversions between C++ values and JSON: the args of tasks, their results, and what handlers read.
//
//   .args = pawl::args("orders.csv", 7, true)                  ["orders.csv", 7, true]
//   return pawl::ok(rows)                                      from a handler, whatever can be JSON
//   auto who = pawl::as<std::string>(task.input().at("who"), "input.who");
//
// Both directions support bool, numbers, strings, std::optional (null if empty), std::vector and
// std::map<std::string, ...> of these, and JSON itself. JSON in braces has surprises: `Json{x}` is an array around x,
// and `{{"a", "b"}}` is the object {"a": "b"}. args() always makes an array.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include "pawl/json.h"
#include "pawl/json_text.h"
#include "pawl/result.h"
#include "pawl/task_error.h"

namespace pawl {

namespace detail {

template <class T>
concept JsonItself = std::same_as<T, Json> || std::same_as<T, boost::json::object> ||
                     std::same_as<T, boost::json::array> || std::same_as<T, boost::json::string>;
template <class T>
concept Character =
    std::same_as<T, char> || std::same_as<T, signed char> || std::same_as<T, unsigned char> ||
    std::same_as<T, wchar_t> || std::same_as<T, char8_t> || std::same_as<T, char16_t> || std::same_as<T, char32_t>;
template <class T>
concept Number = std::is_arithmetic_v<T> && !Character<T> && !std::same_as<T, bool>;
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;
template <class T>
inline constexpr bool is_map = false;
template <class T, class Less>
inline constexpr bool is_map<std::map<std::string, T, Less>> = true;
template <class T>
concept MapOfTexts = std::ranges::range<T> && requires { typename T::mapped_type; } &&
                     std::convertible_to<const typename T::key_type&, std::string_view>;
template <class T>
inline constexpr bool cannot_be_json = false;

[[nodiscard]] inline Json json_from_text(std::string_view text) {
  return boost::json::string(text.data(), text.size());
}

template <class T>
[[nodiscard]] Json json_from(const T& value) {
  using Value = std::remove_cvref_t<T>;
  if constexpr (JsonItself<Value>) {
    return Json(value);
  } else if constexpr (std::same_as<Value, JsonText>) {
    return value.parse();
  } else if constexpr (std::same_as<Value, std::nullptr_t> || std::same_as<Value, std::nullopt_t>) {
    return nullptr;
  } else if constexpr (std::same_as<Value, bool>) {
    return value;
  } else if constexpr (std::floating_point<Value>) {
    return static_cast<double>(value);
  } else if constexpr (Number<Value> && std::signed_integral<Value>) {
    return static_cast<std::int64_t>(value);
  } else if constexpr (Number<Value>) {
    return static_cast<std::uint64_t>(value);
  } else if constexpr (std::convertible_to<const T&, std::string_view>) {
    return json_from_text(value);
  } else if constexpr (is_optional<Value>) {
    return value ? json_from(*value) : Json(nullptr);
  } else if constexpr (MapOfTexts<Value>) {
    boost::json::object object;
    for (const auto& [key, each] : value) object.insert_or_assign(std::string_view(key), json_from(each));
    return object;
  } else if constexpr (std::ranges::range<const Value>) {
    boost::json::array array;
    for (const auto& each : value)
      array.push_back(json_from(static_cast<const std::ranges::range_value_t<Value>&>(each)));
    return array;
  } else {
    static_assert(cannot_be_json<Value>, "Pawl does not know how to make JSON of this type: make a pawl::Json of it");
  }
}

[[nodiscard]] std::unexpected<Error> wrong_type(const Json& value, std::string_view expected, const std::string& place);
// Whole numbers are integers, however they were written.
[[nodiscard]] Result<std::int64_t> as_signed(const Json& value, std::int64_t low, std::int64_t high,
                                             const std::string& place);
[[nodiscard]] Result<std::uint64_t> as_unsigned(const Json& value, std::uint64_t high, const std::string& place);
[[nodiscard]] Result<double> as_double(const Json& value, const std::string& place);

template <class T, class From>
[[nodiscard]] Result<T> cast(Result<From> from) {
  if (!from) return std::unexpected(std::move(from).error());
  return static_cast<T>(*from);
}

}  // namespace detail

// `value` as a T. Error: `invalid_argument`, "expected a string, got 7"; its `field` is `place`, or a place below it.
// Integers must be whole and fit into T. A string_view lives as long as `value`.
template <class T>
[[nodiscard]] Result<T> as(const Json& value, const std::string& place = {}) {
  if constexpr (std::same_as<T, Json>) {
    return value;
  } else if constexpr (std::same_as<T, bool>) {
    if (!value.is_bool()) return detail::wrong_type(value, "true or false", place);
    return value.get_bool();
  } else if constexpr (std::same_as<T, std::string> || std::same_as<T, std::string_view>) {
    if (!value.is_string()) return detail::wrong_type(value, "a string", place);
    return T(value.get_string().data(), value.get_string().size());
  } else if constexpr (std::same_as<T, boost::json::string>) {
    if (!value.is_string()) return detail::wrong_type(value, "a string", place);
    return value.get_string();
  } else if constexpr (std::floating_point<T>) {
    return detail::cast<T>(detail::as_double(value, place));
  } else if constexpr (detail::Number<T> && std::signed_integral<T>) {
    using Limits = std::numeric_limits<T>;
    return detail::cast<T>(detail::as_signed(value, Limits::min(), Limits::max(), place));
  } else if constexpr (detail::Number<T> && std::unsigned_integral<T>) {
    return detail::cast<T>(detail::as_unsigned(value, std::numeric_limits<T>::max(), place));
  } else if constexpr (std::same_as<T, boost::json::object>) {
    if (!value.is_object()) return detail::wrong_type(value, "an object", place);
    return value.get_object();
  } else if constexpr (std::same_as<T, boost::json::array>) {
    if (!value.is_array()) return detail::wrong_type(value, "an array", place);
    return value.get_array();
  } else if constexpr (detail::is_optional<T>) {
    if (value.is_null()) return T();
    return as<typename T::value_type>(value, place);
  } else if constexpr (detail::is_vector<T>) {
    if (!value.is_array()) return detail::wrong_type(value, "an array", place);
    T made;
    for (const Json& element : value.get_array()) {
      auto one = as<typename T::value_type>(element, place + '[' + std::to_string(made.size()) + ']');
      if (!one) return std::unexpected(std::move(one).error());
      made.push_back(*std::move(one));
    }
    return made;
  } else if constexpr (detail::is_map<T>) {
    if (!value.is_object()) return detail::wrong_type(value, "an object", place);
    T made;
    for (const auto& member : value.get_object()) {
      const std::string key(member.key());
      std::string within = place;
      if (!within.empty()) within += '.';
      within += key;
      auto one = as<typename T::mapped_type>(member.value(), within);
      if (!one) return std::unexpected(std::move(one).error());
      made.emplace(key, *std::move(one));
    }
    return made;
  } else {
    static_assert(detail::cannot_be_json<T>, "Pawl does not know how to read JSON as this type: take a pawl::Json");
  }
}

// The args of a task, one after another.
template <class... Values>
[[nodiscard]] Json args(const Values&... values) {
  boost::json::array array;
  array.reserve(sizeof...(values));
  (array.push_back(detail::json_from(values)), ...);
  return array;
}

// The result of a handler that succeeded; without an argument it is null. `ok({{"rows", 7}})` is an object.
[[nodiscard]] inline TaskResult ok() { return Json(nullptr); }
[[nodiscard]] inline TaskResult ok(Json result) { return result; }
template <class T>
[[nodiscard]] TaskResult ok(T&& result) {
  if constexpr (detail::JsonItself<std::remove_cvref_t<T>>) {
    return Json(std::forward<T>(result));
  } else {
    return detail::json_from(result);
  }
}

}  // namespace pawl
