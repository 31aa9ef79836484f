// Whether bytes that come in pieces are one JSON document, told without keeping them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace pawl {

// The grammar of RFC 8259 alone: numbers of any size and nesting of (nearly) any depth are JSON here, also where no
// value keeps them. Memory: one bit for each array or object that is open, 128 KiB at most; what nests deeper is taken
// for no document.
class JsonStream {
 public:
  void add(std::string_view bytes);
  // Whether all that was added is one JSON document.
  [[nodiscard]] bool is_document() const;

 private:
  // What has been read last, or what must come next.
  enum class At : std::uint8_t {
    value,         // a value must come
    array_start,   // a value, or the end of the array
    object_start,  // a key, or the end of the object
    key,           // a key must come
    colon,
    after_value,  // a comma, the end of what is open, or nothing if nothing is
    string,
    escape,   // behind a backslash
    hex,      // `left_` digits of \uXXXX
    utf8,     // `left_` bytes of a character
    literal,  // what is left of true, false or null
    minus,    // a digit must come
    zero,     // no digit may come
    integer,
    point,  // a digit must come
    fraction,
    exponent,  // a sign or a digit must come
    sign,      // a digit must come
    power,
    no_json,
  };

  [[nodiscard]] At next(char c);
  [[nodiscard]] At begin_value(char c);
  [[nodiscard]] At open(bool is_object);
  [[nodiscard]] At in_string(char c);
  [[nodiscard]] At begin_character(unsigned char byte);
  [[nodiscard]] At in_character(unsigned char byte);
  [[nodiscard]] At in_number(char c);
  [[nodiscard]] At after_value(char c);

  At at_ = At::value;
  std::vector<bool> open_;  // outermost first; whether it is an object
  bool string_is_key_ = false;
  std::string_view literal_;
  std::uint8_t left_ = 0;
  unsigned char lowest_ = 0x80;  // what the next byte of a character may be
  unsigned char highest_ = 0xBF;
};

}  // namespace pawl
