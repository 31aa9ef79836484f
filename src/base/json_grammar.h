// JSON as a grammar: whether a text is JSON, without building anything. Internal to base.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include <boost/json/basic_parser_impl.hpp>

#include "base/number.h"

namespace pawl {

using JsonErrorCode = boost::json::error_code;

// Of a number that no value keeps. The parser has it, too, for an exponent that is beyond everything.
inline constexpr auto kUnkept = boost::json::error::exponent_overflow;

// A handler for boost::json::basic_parser that takes what JSON is, and keeps nothing of it but the digits of a number
// that is not complete.
class JsonGrammar {
 public:
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = max_object_size;
  static constexpr std::size_t max_key_size = max_object_size;
  static constexpr std::size_t max_string_size = max_object_size;

  static bool on_document_begin(JsonErrorCode& /*error*/) { return true; }
  static bool on_document_end(JsonErrorCode& /*error*/) { return true; }
  static bool on_object_begin(JsonErrorCode& /*error*/) { return true; }
  static bool on_object_end(std::size_t /*members*/, JsonErrorCode& /*error*/) { return true; }
  static bool on_array_begin(JsonErrorCode& /*error*/) { return true; }
  static bool on_array_end(std::size_t /*elements*/, JsonErrorCode& /*error*/) { return true; }
  static bool on_key_part(std::string_view /*part*/, std::size_t /*size*/, JsonErrorCode& /*error*/) { return true; }
  static bool on_key(std::string_view /*last*/, std::size_t /*size*/, JsonErrorCode& /*error*/) { return true; }
  static bool on_string_part(std::string_view /*part*/, std::size_t /*size*/, JsonErrorCode& /*error*/) { return true; }
  static bool on_string(std::string_view /*last*/, std::size_t /*size*/, JsonErrorCode& /*error*/) { return true; }
  bool on_number_part(std::string_view part, JsonErrorCode& /*error*/) {
    number_ += part;
    return true;
  }
  bool on_int64(std::int64_t /*value*/, std::string_view /*last*/, JsonErrorCode& /*error*/) { return end_number(); }
  bool on_uint64(std::uint64_t /*value*/, std::string_view /*last*/, JsonErrorCode& /*error*/) { return end_number(); }
  bool on_double(double /*value*/, std::string_view last, JsonErrorCode& error) {
    const bool is_double = nearest_double(number_.empty() ? last : number_ += last).has_value();
    if (!is_double) error = kUnkept;
    number_.clear();
    return is_double;
  }
  static bool on_bool(bool /*value*/, JsonErrorCode& /*error*/) { return true; }
  static bool on_null(JsonErrorCode& /*error*/) { return true; }
  static bool on_comment_part(std::string_view /*part*/, JsonErrorCode& /*error*/) { return true; }
  static bool on_comment(std::string_view /*last*/, JsonErrorCode& /*error*/) { return true; }

 private:
  bool end_number() {
    number_.clear();
    return true;
  }

  std::string number_;
};

}  // namespace pawl
