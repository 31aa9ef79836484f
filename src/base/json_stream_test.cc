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
  const std::string deep(5000, '[');
  for (const std::string& text :
       {std::string("{}"), std::string("\n [1, {\"a\": [true, null, \"\\u00e9\xC3\xA9\"]}, -1.5e3] \r\n\t"),
        std::string("[1e400, 2]"), std::string("[123456789012345678901234567890]"), deep})
    for (const std::size_t piece : {1U, 2U, 3U, 7U, 10'000U}) EXPECT_TRUE(is_document(text, piece)) << text << piece;
}

TEST(JsonStream, knows_what_is_none) {
  for (const std::string_view text : {"", " ", "[INFO] starting", "[1/234] Building", "[2026-01-01 10:00] log", "{} {}",
                                      "{\"a\": 1}\n{\"a\": 2}\n", "[1, 2", "[1]x", "[\"\xFF\"]", "{a: 1}"})
    for (const std::size_t piece : {1U, 2U, 3U, 7U, 10'000U}) EXPECT_FALSE(is_document(text, piece)) << text << piece;
}

}  // namespace
}  // namespace pawl
