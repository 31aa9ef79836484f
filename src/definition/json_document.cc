#include "definition/json_document.h"

#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/basic_parser_impl.hpp>
#include <fmt/format.h>

#include "base/assert.h"
#include "base/number.h"

namespace pawl::definition {
namespace {

using JsonErrorCode = boost::json::error_code;

constexpr std::string_view kWhiteSpace = " \t\n\r";
constexpr std::string_view kBetweenStarts = " \t\n\r,:]}";  // what can follow a scalar, and no value or key starts with

// What the parser calls, as boost::json::basic_parser prescribes it: false and an error code stop it.
class JsonEvents {
 public:
  // The builder's limits hold instead.
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = max_object_size;
  static constexpr std::size_t max_key_size = max_object_size;
  static constexpr std::size_t max_string_size = max_object_size;

  explicit JsonEvents(DocumentBuilder& builder) : builder_(builder) {}

  // Why the builder stopped the parser, if it did.
  [[nodiscard]] Result<void>& outcome() { return outcome_; }

  static bool on_document_begin(JsonErrorCode& /*error*/) { return true; }
  static bool on_document_end(JsonErrorCode& /*error*/) { return true; }
  bool on_object_begin(JsonErrorCode& error) { return proceed(builder_.begin(NodeKind::object), error); }
  bool on_object_end(std::size_t /*members*/, JsonErrorCode& error) { return proceed(builder_.end(), error); }
  bool on_array_begin(JsonErrorCode& error) { return proceed(builder_.begin(NodeKind::array), error); }
  bool on_array_end(std::size_t /*elements*/, JsonErrorCode& error) { return proceed(builder_.end(), error); }
  bool on_key_part(std::string_view part, std::size_t /*size*/, JsonErrorCode& /*error*/) { return keep(part); }
  bool on_key(std::string_view last, std::size_t /*size*/, JsonErrorCode& error) { return string(last, error); }
  bool on_string_part(std::string_view part, std::size_t /*size*/, JsonErrorCode& /*error*/) { return keep(part); }
  bool on_string(std::string_view last, std::size_t /*size*/, JsonErrorCode& error) { return string(last, error); }
  bool on_number_part(std::string_view part, JsonErrorCode& /*error*/) { return keep(part); }
  // JSON has one way to write an integer, but for -0.
  bool on_int64(std::int64_t value, std::string_view last, JsonErrorCode& error) {
    return value == 0 ? written(value, last, true, error) : number(value, error);
  }
  bool on_uint64(std::uint64_t value, std::string_view /*last*/, JsonErrorCode& error) { return number(value, error); }
  // Boost 1.81 may be off by the last bit, which a second look at the digits is not.
  bool on_double(double value, std::string_view last, JsonErrorCode& error) {
    const std::string_view text = parts_.empty() ? last : parts_ += last;
    const std::optional<double> exact = nearest_double(text);
    return written(exact.value_or(value), text, exact && !is_integer_text(text), error);
  }
  bool on_bool(bool value, JsonErrorCode& error) { return proceed(builder_.add(value), error); }
  bool on_null(JsonErrorCode& error) { return proceed(builder_.add(std::monostate()), error); }
  static bool on_comment_part(std::string_view /*part*/, JsonErrorCode& /*error*/) { return true; }
  static bool on_comment(std::string_view /*last*/, JsonErrorCode& /*error*/) { return true; }

 private:
  bool keep(std::string_view part) {
    parts_ += part;
    return true;
  }

  // A string without escapes comes in one piece, as a view into the text.
  bool string(std::string_view last, JsonErrorCode& error) {
    if (parts_.empty()) return proceed(builder_.add_text(last), error);
    parts_ += last;
    const bool added = proceed(builder_.add_text(parts_), error);
    parts_.clear();
    return added;
  }

  bool written(const Scalar& value, std::string_view text, bool is_kept, JsonErrorCode& error) {
    const bool added = proceed(builder_.add_written(value, text, is_kept), error);
    parts_.clear();
    return added;
  }

  bool number(const Scalar& value, JsonErrorCode& error) {
    parts_.clear();
    return proceed(builder_.add(value), error);
  }

  bool proceed(Result<void> added, JsonErrorCode& error) {
    if (added) [[likely]]
      return true;
    outcome_ = std::move(added);
    error = make_error_code(boost::system::errc::operation_canceled);
    return false;
  }

  DocumentBuilder& builder_;
  std::string parts_;  // of a string or number that is not complete
  Result<void> outcome_;
};

Scalar to_scalar(const Json& value) {
  switch (value.kind()) {
    case boost::json::kind::null:
      return std::monostate();
    case boost::json::kind::bool_:
      return value.get_bool();
    case boost::json::kind::int64:
      return value.get_int64();
    case boost::json::kind::uint64:  // as a text would have it: only what is too large for an integer
      if (std::in_range<std::int64_t>(value.get_uint64())) return static_cast<std::int64_t>(value.get_uint64());
      return value.get_uint64();
    case boost::json::kind::double_:
      return value.get_double();
    case boost::json::kind::string:
      return std::string_view(value.get_string());
    case boost::json::kind::array:
    case boost::json::kind::object:
      break;
  }
  PAWL_ASSERT(false, "JSON of kind {} is not a scalar", static_cast<int>(value.kind()));
}

// Walks a value without recursion: a caller's value may be nested as deep as its memory allows.
class JsonWalk {
 public:
  explicit JsonWalk(DocumentBuilder& builder) : builder_(builder) {}

  void add(const Json& root) {
    enter(root);
    while (!open_.empty()) {
      Open& innermost = open_.back();
      if (innermost.next == size(*innermost.container)) {
        must(builder_.end());
        open_.pop_back();
        continue;
      }
      const std::size_t i = innermost.next++;
      if (const auto* array = innermost.container->if_array()) {
        enter((*array)[i]);
      } else {
        const auto member = innermost.container->get_object().begin() + static_cast<std::ptrdiff_t>(i);
        must(builder_.add(std::string_view(member->key())));
        enter(member->value());
      }
    }
  }

 private:
  struct Open {
    const Json* container;
    std::size_t next;
  };

  void enter(const Json& value) {
    if (!value.is_structured()) return must(builder_.add(to_scalar(value)));
    must(builder_.begin(value.is_array() ? NodeKind::array : NodeKind::object));
    open_.push_back({.container = &value, .next = 0});
  }

  static std::size_t size(const Json& container) {
    return container.is_array() ? container.get_array().size() : container.get_object().size();
  }

  static void must(const Result<void>& added) {
    PAWL_ASSERT(added.has_value(), "a JSON value makes no document: {}", added.error().message);
  }

  DocumentBuilder& builder_;
  std::vector<Open> open_;
};

}  // namespace

Result<void> read_json(std::string_view text, DocumentBuilder& builder) {
  if (text.find_first_not_of(kWhiteSpace) == std::string_view::npos)
    return std::unexpected(error_at({}, ErrorCode::invalid_argument, "the document is empty"));
  boost::json::parse_options options;
  options.max_depth = std::numeric_limits<std::size_t>::max();  // the builder says when it is too deep
  boost::json::basic_parser<JsonEvents> parser(options, builder);
  JsonErrorCode error;
  const std::size_t parsed = parser.write_some(false, text.data(), text.size(), error);
  Result<void>& outcome = parser.handler().outcome();
  if (!outcome) return std::move(outcome);
  if (!error && parsed < text.size()) error = boost::json::error::extra_data;
  if (!error) return {};
  return std::unexpected(error_at(line_and_column(text, parsed), ErrorCode::invalid_argument,
                                  fmt::format("not valid JSON: {}", error.message())));
}

void add_json(const Json& value, DocumentBuilder& builder) { JsonWalk(builder).add(value); }

Position json_position(std::string_view text, std::uint32_t ordinal) {
  std::size_t i = 0;
  for (std::uint32_t starts = 0; i < text.size();) {
    i = text.find_first_not_of(kBetweenStarts, i);
    if (i == std::string_view::npos) break;
    if (starts++ == ordinal) return line_and_column(text, i);
    if (text[i] == '"') {
      for (++i; i < text.size() && text[i] != '"'; ++i)
        if (text[i] == '\\') ++i;
      ++i;
    } else if (text[i] == '[' || text[i] == '{') {
      ++i;
    } else {
      i = text.find_first_of(kBetweenStarts, i);
    }
  }
  return line_and_column(text, text.size());
}

}  // namespace pawl::definition
