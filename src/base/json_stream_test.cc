// A stream of bytes is told to be JSON or not, in whatever pieces it comes.
#include "base/json_stream.h"

#include <string>

#include <gtest/gtest.h>

namespace pawl {
namespace {

bool is_document(std::string_view text, std::size_t piece) {
  JsonStream stream;
  for (std::size_t at = 0; at < text.size(); at += piece) stream.add(text.substr(at, piece));
  return stream.is_document();
}

TEST(JsonStream, knows_a_document_in_whatever_pieces_it_comes) {
  const std::string deep = std::string(5000, '[') + std::string(5000, ']');
  for (const std::string& text :
       {std::string("{}"), std::string("\n [1, {\"a\": [true, null, \"\\u00e9\xC3\xA9\"]}, -1.5e3] \r\n\t"),
        std::string("[1e400, 2]"), std::string("[123456789012345678901234567890]"), deep,
        std::string("\"a \\\"text\\\" of one line\""), std::string("-0"), std::string("[[], {}, {\"a\": {}}, 0.5E+7]"),
        std::string("1e99999999999999999999"), std::string("\"\xF0\x9F\x98\x80\xED\x9F\xBF\"")})
    for (const std::size_t piece : {1U, 2U, 3U, 7U, 10'000U}) EXPECT_TRUE(is_document(text, piece)) << text << piece;
}

TEST(JsonStream, knows_what_is_none) {
  for (const std::string_view text : {"",
                                      " ",
                                      "[INFO] starting",
                                      "[1/234] Building",
                                      "[2026-01-01 10:00] log",
                                      "{} {}",
                                      "{\"a\": 1}\n{\"a\": 2}\n",
                                      "[1, 2",
                                      "[1]x",
                                      "[\"\xFF\"]",
                                      "{a: 1}",
                                      "[18446744073709551616] kernel: hi",
                                      "{\"v\": 1e400} is what I got",
                                      "123456789012345678901\n2",
                                      "01",
                                      "-",
                                      "1.",
                                      "1e",
                                      "[1,]",
                                      "{\"a\":1,}",
                                      "[,1]",
                                      "tru",
                                      "nulls",
                                      "\"a\nb\"",
                                      "\"\\x\"",
                                      "\"\\u12G4\"",
                                      "\"\xC0\x80\"",
                                      "\"\xED\xA0\x80\"",
                                      "\"\xF4\x90\x80\x80\"",
                                      "\"text\" and more",
                                      "[}",
                                      "]"})
    for (const std::size_t piece : {1U, 2U, 3U, 7U, 10'000U}) EXPECT_FALSE(is_document(text, piece)) << text << piece;
}

TEST(JsonStream, takes_what_only_begins_deep_for_text) {
  EXPECT_FALSE(is_document(std::string(250, '[') + " hello", 7));
  EXPECT_FALSE(is_document(std::string(5000, '['), 1000));
  const std::size_t many = 2'000'000;
  EXPECT_FALSE(is_document(std::string(many, '[') + std::string(many, ']'), 1U << 16U));
}

}  // namespace
}  // namespace pawl
