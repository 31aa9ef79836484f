// JSON in: Boost's parser with numbers that keep their value.
#include "base/json_parse.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>

#include <boost/json/value_stack.hpp>
#include <fmt/format.h>

#include "base/json_depth.h"
#include "base/json_grammar.h"
#include "base/json_place.h"
#include "base/number.h"
#include "base/text.h"

namespace pawl {
namespace {

// What becomes of an integer that 64 bits do not hold.
enum class Numbers : std::uint8_t {
  kept,     // it is refused
  nearest,  // it becomes the nearest double, as it did in what older versions stored
};

// What the parser calls, as boost::json::basic_parser prescribes it: false and an error code stop it.
class JsonValues {
 public:
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = max_object_size;
  static constexpr std::size_t max_key_size = max_object_size;
  static constexpr std::size_t max_string_size = max_object_size;

  explicit JsonValues(Numbers numbers) : numbers_(numbers) { stack_.reset(); }
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
    const std::string_view written = number_.empty() ? last : number_ += last;
    const bool is_kept = numbers_ == Numbers::nearest || !is_integer_text(written);
    const std::optional<double> exact = is_kept ? nearest_double(written) : std::nullopt;
    number_.clear();
    if (!exact) {
      error = kUnkept;
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
  const Numbers numbers_;
  boost::json::value_stack stack_;
  std::string number_;  // what is known of one that is not complete
};

template <class Handler, class... Args>
boost::json::basic_parser<Handler> parser_for(std::size_t max_depth, const Args&... args) {
  boost::json::parse_options options;
  options.max_depth = max_depth;
  return boost::json::basic_parser<Handler>(options, args...);
}

// How much of `text` is one document, or the start of one; all of it, if there is no error.
template <class Handler>
std::size_t run(boost::json::basic_parser<Handler>& parser, std::string_view text, JsonErrorCode& error) {
  const std::size_t parsed = parser.write_some(false, text.data(), text.size(), error);
  if (!error && parsed < text.size()) error = boost::json::error::extra_data;
  return parsed;
}

Error error_of(std::string_view text, std::size_t parsed, const JsonErrorCode& error, std::size_t max_depth) {
  // To the parser, bytes that are no text are a syntax error like any other.
  const std::size_t invalid = find_invalid_utf8(text);
  const bool is_text = invalid > parsed;
  const auto [line, column] = line_and_column(text, is_text ? parsed : invalid);
  if (is_text && error == boost::json::error::too_deep)
    return {.code = ErrorCode::limit_exceeded,
            .message = fmt::format("arrays and objects are nested deeper than {} levels, the limit", max_depth),
            .field = {},
            .line = line,
            .column = column};
  const std::string why =
      is_text ? error.message()
              : fmt::format("the byte 0x{:02X} is not valid UTF-8", static_cast<unsigned char>(text[invalid]));
  return {.code = ErrorCode::invalid_argument,
          .message = fmt::format("not valid JSON: {}", why),
          .field = {},
          .line = line,
          .column = column};
}

// About the number at, in or behind which the parser stopped.
Error unkept_number(std::string_view text, std::size_t parsed) {
  constexpr std::string_view kNumber = "0123456789+-.eE";
  std::size_t begin = std::min(parsed, text.size());
  while (begin > 0 && kNumber.contains(text[begin - 1])) --begin;
  const std::size_t end = std::min(text.find_first_not_of(kNumber, begin), text.size());
  const auto [line, column] = line_and_column(text, begin);
  return {.code = ErrorCode::invalid_argument,
          .message = why_not_kept(text.substr(begin, end - begin)),
          .field = json_place(text, begin),
          .line = line,
          .column = column};
}

Result<Json> parse(std::string_view text, std::size_t max_depth, Numbers numbers) {
  auto parser = parser_for<JsonValues>(max_depth, numbers);
  JsonErrorCode error;
  const std::size_t parsed = run(parser, text, error);
  if (!error) return parser.handler().release();
  if (error == kUnkept) return std::unexpected(unkept_number(text, parsed));
  return std::unexpected(error_of(text, parsed, error, max_depth));
}

}  // namespace

Result<Json> parse_json(std::string_view text, std::size_t max_depth) {
  return parse(text, max_depth, Numbers::nearest);
}

Result<Json> parse_json(std::string_view text) { return parse(text, kAcceptedDepth, Numbers::kept); }

bool is_stored_json(std::string_view text) {
  auto parser = parser_for<JsonGrammar>(kStoredDepth);
  JsonErrorCode error;
  run(parser, text, error);
  return !error;
}

}  // namespace pawl
