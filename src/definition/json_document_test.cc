// JSON as a document: positions found in the text, numbers kept, errors placed.
#include "definition/json_document.h"

#include <gtest/gtest.h>

#include "definition/document_testing.h"

namespace pawl::definition {
namespace {

std::string json(std::string_view text) { return as_json(text, Format::json); }

TEST(JsonDocument, finds_the_position_of_every_node) {
  const std::string text = "{\"a\\\"]\": [1, {\"x\":2}],\n \"b\" : \"[,\",\n\t\"c\":[ ] ,\"d\":{},\"e\":true}";
  const Document document = *Document::parse(text, Format::json);
  std::string positions;
  for (const auto [key, value] : document.root().members())
    positions += at(key.position()) + "=" + at(value.position()) + " ";
  EXPECT_EQ(positions, "1:2=1:10 2:2=2:8 3:2=3:6 3:11=3:15 3:18=3:22 ");
  EXPECT_EQ(at(document.root().position()), "1:1");
  const Node array = (*document.root().members().begin()).value;
  const Node object = *++array.elements().begin();
  EXPECT_EQ(at(object.position()), "1:14");
  EXPECT_EQ(at((*object.members().begin()).value.position()), "1:19");
}

TEST(JsonDocument, places_syntax_errors) {
  EXPECT_EQ(json("{\"a\": 1,\n  oops}").substr(0, 20), "2:3: not valid JSON:");
  EXPECT_EQ(json("[1, 2").substr(0, 20), "1:6: not valid JSON:");
  EXPECT_EQ(json("[1, 2,]").substr(0, 20), "1:7: not valid JSON:");
  EXPECT_EQ(json("{a: 1}").substr(0, 20), "1:2: not valid JSON:");
  EXPECT_EQ(json("\"a").substr(0, 20), "1:3: not valid JSON:");
}

TEST(JsonDocument, refuses_what_follows_the_document) {
  EXPECT_EQ(json("[1]\n[2]").substr(0, 20), "2:1: not valid JSON:");
  EXPECT_EQ(json("{} // done").substr(0, 20), "1:4: not valid JSON:");
  EXPECT_EQ(json(" [1] \n "), "[1]");
}

TEST(JsonDocument, unescapes_strings_and_keys) {
  EXPECT_EQ(json(R"({"\u00e9\n": "a\"b\\\ud83d\ude00c", "plain": ""})"),
            "{\"\u00e9\\n\":\"a\\\"b\\\\\U0001F600c\",\"plain\":\"\"}");
}

TEST(JsonDocument, keeps_strings_longer_than_the_parsers_buffer) {
  const std::string longer(10'000, 'x');
  EXPECT_EQ(json("[\"" + longer + "\\n" + longer + "\", \"y\"]"), "[\"" + longer + "\\n" + longer + "\",\"y\"]");
}

TEST(JsonDocument, keeps_numbers_to_the_last_bit) {
  EXPECT_EQ(json("[0, -9223372036854775808, 9223372036854775808, 18446744073709551615]"),
            "[0,-9223372036854775808,9223372036854775808,18446744073709551615]");
  EXPECT_EQ(json("[0.1, 2.2250738585072014e-308, 1.7976931348623157e308, 7.2057594037927933e16, -0.0, 1E2]"),
            "[0.1,2.2250738585072014e-308,1.7976931348623157e+308,72057594037927936.0,-0.0,100.0]");
  EXPECT_EQ(json("1.5"), "1.5");
  EXPECT_EQ(json("-12"), "-12");
}

TEST(JsonDocument, has_numbers_that_no_value_holds_with_their_place) {
  EXPECT_EQ(json("[1,\n 1e400]"), "2:2: the number 1e400 is beyond the range of a double; put it in quotes to keep it");
  EXPECT_EQ(json("[1,\n 1e-400]"),
            "2:2: the number 1e-400 is beyond the range of a double; put it in quotes to keep it");
  EXPECT_EQ(json("{\"a\": 18446744073709551616}"),
            "1:7: the integer 18446744073709551616 does not fit into 64 bits; put it in quotes to keep its digits");
}

}  // namespace
}  // namespace pawl::definition
