// JSON in and out: positions of errors, numbers that keep their value, bytes that are shared.
#include "pawl/json.h"

#include <bit>
#include <cmath>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "pawl/json_text.h"

#include "base/random.h"

namespace pawl {
namespace {

TEST(Json, round_trips_values) {
  for (const char* text : {"null", "true", "[1,-2,18446744073709551615]", R"({"b":1,"a":[]})", "0.1", "1.5e+300", "5.0",
                           R"("\"\\\n\u0001é")"})
    EXPECT_EQ(to_json_text(*parse_json(text)), text);
}

TEST(Json, keeps_every_bit_of_a_number) {
  Random random(1);
  for (int i = 0; i < 20'000; ++i) {
    const auto number = std::bit_cast<double>(random.next());
    if (!std::isfinite(number)) continue;
    const std::string text = to_json_text(Json(number));
    EXPECT_EQ(to_json_text(*parse_json(text)), text);
  }
  EXPECT_EQ(parse_json("0.30000000000000004").value().as_double(), 0.1 + 0.2);
  EXPECT_FALSE(parse_json("1e999").has_value());
}

TEST(Json, refuses_numbers_that_it_cannot_keep_and_says_where) {
  struct Case {
    const char* text;
    const char* field;
    std::uint32_t column;
    const char* message;
  };
  for (const auto& [text, field, column, message] : {
           Case{R"({"id": 123456789012345678901234567890})", "$.id", 8,
                "the integer 123456789012345678901234567890 does not fit into 64 bits; put it in quotes to keep its "
                "digits"},
           Case{R"([18446744073709551616])", "$[0]", 2,
                "the integer 18446744073709551616 does not fit into 64 bits; put it in quotes to keep its digits"},
           Case{R"({"a,]": [1, {"b c": [[], -9223372036854775809]}]})", R"($["a,]"][1]["b c"][1])", 26,
                "the integer -9223372036854775809 does not fit into 64 bits; put it in quotes to keep its digits"},
           Case{"[1e-400]", "$[0]", 2,
                "the number 1e-400 is beyond the range of a double; put it in quotes to keep it"},
           Case{"[0, -1.5E+400]", "$[1]", 5,
                "the number -1.5E+400 is beyond the range of a double; put it in quotes to keep it"},
           Case{"1e99999999999999", "$", 1,
                "the number 1e99999999999999 is beyond the range of a double; put it in quotes to keep it"},
       }) {
    const Result<Json> json = parse_json(text);
    ASSERT_FALSE(json.has_value()) << text;
    EXPECT_EQ(json.error().code, ErrorCode::invalid_argument) << text;
    EXPECT_EQ(json.error().field, field) << text;
    EXPECT_EQ(json.error().line, 1U) << text;
    EXPECT_EQ(json.error().column, column) << text;
    EXPECT_EQ(json.error().message, message) << text;
  }
}

TEST(Json, keeps_numbers_at_the_edges) {
  for (const char* text : {"18446744073709551615", "9223372036854775808", "-9223372036854775808", "1.0", "0.0", "-0.0",
                           "5e-324", "1.7976931348623157e+308", "9007199254740993"})
    EXPECT_EQ(to_json_text(*parse_json(text)), text);
  EXPECT_EQ(to_json_text(*parse_json("1E5")), "1e+05");
  EXPECT_EQ(to_json_text(*parse_json("1.10")), "1.1");
  EXPECT_EQ(to_json_text(*parse_json("0e-999")), "0.0") << "that is 0, and nothing is lost";
}

TEST(JsonText, of_older_versions_may_have_integers_of_any_size) {
  EXPECT_EQ(to_json_text(JsonText::copy_of("[123456789012345678901234567890]").parse()), "[1.2345678901234568e+29]");
}

TEST(Json, says_where_it_does_not_parse) {
  const Result<Json> bad = parse_json("{\"a\": 1,\n  oops}");
  ASSERT_FALSE(bad.has_value());
  EXPECT_EQ(bad.error().line, 2U);
  EXPECT_EQ(bad.error().code, ErrorCode::invalid_argument);
}

TEST(Json, says_which_byte_is_no_text) {
  for (const auto& [text, column] : {std::pair<std::string, unsigned>{"{\"a\": \"b\xFFz\"}", 9},
                                     {"\xFE\xFF", 1},
                                     {"{\"a\": \"\xC3\"}", 8},
                                     {"{\"\xE2\x82z\": 1}", 3}}) {
    const Result<Json> json = parse_json(text);
    ASSERT_FALSE(json.has_value()) << text;
    EXPECT_NE(json.error().message.find("is not valid UTF-8"), std::string::npos) << json.error().message;
    EXPECT_EQ(json.error().column, column) << text;
  }
  EXPECT_EQ(parse_json("{,\"\xFF\"}").error().message, "not valid JSON: syntax error") << "what comes first counts";
}

TEST(Json, refuses_what_follows_the_document_and_endless_nesting) {
  EXPECT_FALSE(parse_json("1 2").has_value());
  EXPECT_FALSE(parse_json("").has_value());
  EXPECT_FALSE(parse_json(std::string(100'000, '[')).has_value());
}

TEST(Json, is_indented_when_asked) {
  EXPECT_EQ(to_pretty_json(*parse_json(R"({"a":[1],"b":{}})")), "{\n  \"a\": [\n    1\n  ],\n  \"b\": {}\n}");
}

TEST(JsonText, null_needs_no_bytes) {
  EXPECT_TRUE(JsonText::from(nullptr).is_null());
  EXPECT_TRUE(JsonText::copy_of("null").is_null());
  EXPECT_EQ(JsonText().view(), "null");
}

TEST(JsonText, copies_share_the_bytes) {
  const JsonText a = JsonText::copy_of("[1,2]");
  const JsonText b = a;  // NOLINT(performance-unnecessary-copy-initialization): the copy is what is tested
  EXPECT_EQ(a.view().data(), b.view().data());
  EXPECT_EQ(b.parse(), *parse_json("[1,2]"));
}

}  // namespace
}  // namespace pawl
