// JSON in: Boost's parser with numbers that keep their value.
#include <limits>
#include <optional>
#include <string>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <fmt/format.h>

#include "pawl/json.h"

#include "base/number.h"
#include "base/text.h"

namespace pawl {
namespace {

using JsonErrorCode = boost::json::error_code;

// Deep enough for any data, shallow enough for the recursion of whoever walks it.
constexpr std::size_t kMaxDepth = 200;

// What the parser calls, as boost::json::basic_parser prescribes it: false and an error code stop it.
class JsonValues {
 public:
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = max_object_size;
  static constexpr std::size_t max_key_size = max_object_size;
  static constexpr std::size_t max_string_size = max_object_size;

  JsonValues() { stack_.reset(); }
  Json release() { return stack_.release(); }

  static bool on_document_begin(JsonErrorCode& /*error*/) { return true; }
  static bool on_document_end(JsonErrorCode& /*error*/) { return true; }
  static bool on_object_begin(JsonErrorCode& /*error*/) { return true; }
  bool on_object_end(std::size_t members, JsonErrorCode& /*error*/) {
    stack_.push_object(members);
    return true;
  }
  static bool on_array_begin(JsonErrorCode& /*error*/) { return true; }
  bool on_array_end(std::size_t elements, JsonErrorCode& /*error*/) {
    stack_.push_array(elements);
    return true;
  }
  bool on_key_part(std::string_view part, std::size_t /*size*/, JsonErrorCode& /*error*/) {
    stack_.push_chars(part);
    return true;
  }
  bool on_key(std::string_view last, std::size_t /*size*/, JsonErrorCode& /*error*/) {
    stack_.push_key(last);
    return true;
  }
  bool on_string_part(std::string_view part, std::size_t /*size*/, JsonErrorCode& /*error*/) {
    stack_.push_chars(part);
    return true;
  }
  bool on_string(std::string_view last, std::size_t /*size*/, JsonErrorCode& /*error*/) {
    stack_.push_string(last);
    return true;
  }
  bool on_number_part(std::string_view part, JsonErrorCode& /*error*/) {
    number_ += part;
    return true;
  }
  bool on_int64(std::int64_t value, std::string_view /*last*/, JsonErrorCode& /*error*/) {
    number_.clear();
    stack_.push_int64(value);
    return true;
  }
  bool on_uint64(std::uint64_t value, std::string_view /*last*/, JsonErrorCode& /*error*/) {
    number_.clear();
    stack_.push_uint64(value);
    return true;
  }
  // Boost 1.81 may be off by the last bit, which a second look at the digits is not.
  bool on_double(double /*value*/, std::string_view last, JsonErrorCode& error) {
    const std::optional<double> exact = nearest_double(number_.empty() ? last : number_ += last);
    number_.clear();
    if (!exact) {
      error = boost::json::error::exponent_overflow;
      return false;
    }
    stack_.push_double(*exact);
    return true;
  }
  bool on_bool(bool value, JsonErrorCode& /*error*/) {
    stack_.push_bool(value);
    return true;
  }
  bool on_null(JsonErrorCode& /*error*/) {
    stack_.push_null();
    return true;
  }
  static bool on_comment_part(std::string_view /*part*/, JsonErrorCode& /*error*/) { return true; }
  static bool on_comment(std::string_view /*last*/, JsonErrorCode& /*error*/) { return true; }

 private:
  boost::json::value_stack stack_;
  std::string number_;  // what is known of one that is not complete
};

}  // namespace

Result<Json> parse_json(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = kMaxDepth;
  boost::json::basic_parser<JsonValues> parser(options);
  JsonErrorCode error;
  const std::size_t parsed = parser.write_some(false, text.data(), text.size(), error);
  if (!error && parsed < text.size()) error = boost::json::error::extra_data;
  if (error) {
    // To the parser, bytes that are no text are a syntax error like any other.
    const std::size_t invalid = find_invalid_utf8(text);
    const bool is_text = invalid > parsed;
    const auto [line, column] = line_and_column(text, is_text ? parsed : invalid);
    const std::string why =
        is_text ? error.message()
                : fmt::format("the byte 0x{:02X} is not valid UTF-8", static_cast<unsigned char>(text[invalid]));
    return std::unexpected(Error{.code = ErrorCode::invalid_argument,
                                 .message = fmt::format("not valid JSON: {}", why),
                                 .field = {},
                                 .line = line,
                                 .column = column});
  }
  return parser.handler().release();
}

}  // namespace pawl
