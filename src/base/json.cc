#include "pawl/json.h"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/json_write.h"
#include "base/text.h"

namespace pawl {
namespace {

class Writer {
 public:
  explicit Writer(std::string& out, bool pretty) : out_(out), pretty_(pretty) {}

  void value(const Json& json) {
    switch (json.kind()) {
      case boost::json::kind::null:
        out_ += "null";
        break;
      case boost::json::kind::bool_:
        out_ += json.get_bool() ? "true" : "false";
        break;
      case boost::json::kind::int64:
        number(json.get_int64());
        break;
      case boost::json::kind::uint64:
        number(json.get_uint64());
        break;
      case boost::json::kind::double_:
        write_json_number(out_, json.get_double());
        break;
      case boost::json::kind::string:
        write_json_string(out_, json.get_string());
        break;
      case boost::json::kind::array:
        array(json.get_array());
        break;
      case boost::json::kind::object:
        object(json.get_object());
        break;
    }
  }

 private:
  void number(auto integer) {
    char digits[24];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), integer).ptr;
    out_.append(digits, end);
  }

  void array(const boost::json::array& elements) {
    out_ += '[';
    ++depth_;
    bool first = true;
    for (const Json& element : elements) {
      separate(first);
      value(element);
    }
    close(first, ']');
  }

  void object(const boost::json::object& members) {
    out_ += '{';
    ++depth_;
    bool first = true;
    for (const auto& member : members) {
      separate(first);
      write_json_string(out_, member.key());
      out_ += pretty_ ? ": " : ":";
      value(member.value());
    }
    close(first, '}');
  }

  void separate(bool& first) {
    if (!first) out_ += ',';
    first = false;
    new_line();
  }

  void close(bool empty, char bracket) {
    --depth_;
    if (!empty) new_line();
    out_ += bracket;
  }

  void new_line() {
    if (!pretty_) return;
    out_ += '\n';
    out_.append(2 * depth_, ' ');
  }

  std::string& out_;
  bool pretty_;
  std::size_t depth_ = 0;
};

}  // namespace

std::string to_json_text(const Json& value) {
  std::string out;
  Writer(out, false).value(value);
  return out;
}

std::string to_pretty_json(const Json& value) {
  std::string out;
  Writer(out, true).value(value);
  return out;
}

void write_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t copied = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, copied, i - copied);
    copied = i + 1;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      default:
        fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
    }
  }
  out.append(text, copied);
  out += '"';
}

void write_json_number(std::string& out, double number) {
  if (!std::isfinite(number)) {  // JSON has no word for it
    out += "null";
    return;
  }
  char digits[32];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
  const std::string_view written(digits, static_cast<std::size_t>(end - digits));
  out += written;
  if (written.find_first_of(".e") == std::string_view::npos) out += ".0";
}

}  // namespace pawl
