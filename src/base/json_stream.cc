#include "base/json_stream.h"

#include <cstddef>

namespace pawl {
namespace {

constexpr std::size_t kMostOpen = std::size_t{1} << 20;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

}  // namespace

void JsonStream::add(std::string_view bytes) {
  for (const char c : bytes) {
    if (at_ == At::no_json) return;
    at_ = next(c);
  }
}

bool JsonStream::is_document() const {
  if (!open_.empty()) return false;
  return at_ == At::after_value || at_ == At::zero || at_ == At::integer || at_ == At::fraction || at_ == At::power;
}

JsonStream::At JsonStream::next(char c) {
  switch (at_) {
    case At::value:
      return is_blank(c) ? at_ : begin_value(c);
    case At::array_start:
      if (is_blank(c)) return at_;
      return c == ']' ? after_value(c) : begin_value(c);
    case At::object_start:
    case At::key:
      if (is_blank(c)) return at_;
      if (c == '}' && at_ == At::object_start) return after_value(c);
      string_is_key_ = true;
      return c == '"' ? At::string : At::no_json;
    case At::colon:
      if (is_blank(c)) return at_;
      return c == ':' ? At::value : At::no_json;
    case At::after_value:
      return after_value(c);
    case At::string:
      return in_string(c);
    case At::escape:
      left_ = 4;
      if (c == 'u') return At::hex;
      return std::string_view("\"\\/bfnrt").contains(c) ? At::string : At::no_json;
    case At::hex:
      if (!is_hex(c)) return At::no_json;
      return --left_ == 0 ? At::string : At::hex;
    case At::utf8:
      return in_character(static_cast<unsigned char>(c));
    case At::literal:
      if (c != literal_.front()) return At::no_json;
      literal_.remove_prefix(1);
      return literal_.empty() ? At::after_value : At::literal;
    default:
      return in_number(c);
  }
}

JsonStream::At JsonStream::begin_value(char c) {
  if (c == '[' || c == '{') return open(c == '{');
  string_is_key_ = false;
  if (c == '"') return At::string;
  for (const std::string_view word : {"true", "false", "null"}) {
    if (c != word.front()) continue;
    literal_ = word.substr(1);
    return At::literal;
  }
  if (c == '-') return At::minus;
  if (!is_digit(c)) return At::no_json;
  return c == '0' ? At::zero : At::integer;
}

JsonStream::At JsonStream::open(bool is_object) {
  if (open_.size() == kMostOpen) return At::no_json;
  open_.push_back(is_object);
  return is_object ? At::object_start : At::array_start;
}

JsonStream::At JsonStream::after_value(char c) {
  if (is_blank(c)) return At::after_value;
  if (open_.empty()) return At::no_json;
  const bool in_object = open_.back();
  if (c == ',') return in_object ? At::key : At::value;
  if (c != (in_object ? '}' : ']')) return At::no_json;
  open_.pop_back();
  return At::after_value;
}

JsonStream::At JsonStream::in_string(char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (c == '"') return string_is_key_ ? At::colon : At::after_value;
  if (c == '\\') return At::escape;
  if (byte < 0x20) return At::no_json;
  return byte < 0x80 ? At::string : begin_character(byte);
}

// The table of well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
JsonStream::At JsonStream::begin_character(unsigned char byte) {
  if (byte < 0xC2 || byte > 0xF4) return At::no_json;
  left_ = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
  lowest_ = byte == 0xE0 ? 0xA0 : byte == 0xF0 ? 0x90 : 0x80;
  highest_ = byte == 0xED ? 0x9F : byte == 0xF4 ? 0x8F : 0xBF;
  return At::utf8;
}

JsonStream::At JsonStream::in_character(unsigned char byte) {
  if (byte < lowest_ || byte > highest_) return At::no_json;
  lowest_ = 0x80;
  highest_ = 0xBF;
  return --left_ == 0 ? At::string : At::utf8;
}

JsonStream::At JsonStream::in_number(char c) {
  const bool digit = is_digit(c);
  const bool e = c == 'e' || c == 'E';
  switch (at_) {
    case At::minus:
      if (!digit) return At::no_json;
      return c == '0' ? At::zero : At::integer;
    case At::zero:
    case At::integer:
      if (digit) return at_ == At::integer ? at_ : At::no_json;
      if (c == '.') return At::point;
      return e ? At::exponent : after_value(c);
    case At::point:
      return digit ? At::fraction : At::no_json;
    case At::fraction:
      if (digit) return at_;
      return e ? At::exponent : after_value(c);
    case At::exponent:
      if (c == '+' || c == '-') return At::sign;
      return digit ? At::power : At::no_json;
    case At::sign:
      return digit ? At::power : At::no_json;
    case At::power:
      return digit ? at_ : after_value(c);
    default:
      return At::no_json;
  }
}

}  // namespace pawl
