// The 1.2 core schema: what a plain scalar means, what a tag makes of it.
#include "definition/yaml_scalar.h"

#include <gtest/gtest.h>

#include "definition/document_testing.h"

namespace pawl::definition {
namespace {

void expect_values(std::initializer_list<std::pair<std::string_view, std::string_view>> cases) {
  for (const auto& [scalar, expected] : cases)
    EXPECT_EQ(yaml("- " + std::string(scalar)), "[" + std::string(expected) + "]") << scalar;
}

TEST(YamlScalar, plain_words_are_null_or_boolean_only_as_the_core_schema_says) {
  expect_values(
      {{"null", "null"}, {"~", "null"}, {"Null", "null"}, {"NULL", "null"}, {"", "null"}, {"nUll", "\"nUll\""}});
  expect_values({{"true", "true"},
                 {"True", "true"},
                 {"TRUE", "true"},
                 {"false", "false"},
                 {"False", "false"},
                 {"FALSE", "false"}});
  expect_values({{"yes", "\"yes\""},
                 {"no", "\"no\""},
                 {"on", "\"on\""},
                 {"off", "\"off\""},
                 {"y", "\"y\""},
                 {"tRue", "\"tRue\""}});
}

TEST(YamlScalar, plain_integers) {
  expect_values(
      {{"0", "0"}, {"-0", "0"}, {"+12", "12"}, {"-12", "-12"}, {"007", "7"}, {"0o17", "15"}, {"0xFf", "255"}});
  expect_values({{"9223372036854775807", "9223372036854775807"},
                 {"-9223372036854775808", "-9223372036854775808"},
                 {"18446744073709551615", "18446744073709551615"},
                 {"0xFFFFFFFFFFFFFFFF", "18446744073709551615"}});
  expect_values({{"0b1", "\"0b1\""},
                 {"0o8", "\"0o8\""},
                 {"0x", "\"0x\""},
                 {"-0x1", "\"-0x1\""},
                 {"1_000", "\"1_000\""},
                 {"12:30", "\"12:30\""},
                 {"+", "\"+\""},
                 {"1 2", "\"1 2\""},
                 {"2026-11-23", "\"2026-11-23\""}});
}

TEST(YamlScalar, integers_beyond_64_bits_are_kept_by_no_value) {
  for (const std::string integer :
       {"18446744073709551616", "-9223372036854775809", "0x10000000000000000", "0o2000000000000000000000"})
    EXPECT_EQ(yaml("- " + integer),
              "1:3: the integer " + integer + " does not fit into 64 bits; put it in quotes to keep its digits");
}

TEST(YamlScalar, plain_floats) {
  expect_values({{"1.5", "1.5"},
                 {"1.", "1.0"},
                 {".5", "0.5"},
                 {"-.5", "-0.5"},
                 {"+1.5e3", "1500.0"},
                 {"1E-2", "0.01"},
                 {"1e3", "1000.0"}});
  expect_values({{".", "\".\""}, {"1e", "\"1e\""}, {"e1", "\"e1\""}, {"1.5.2", "\"1.5.2\""}, {"-.", "\"-.\""}});
}

TEST(YamlScalar, refuses_what_json_cannot_express) {
  for (const std::string word : {".inf", "-.Inf", "+.INF", ".nan", ".NaN", ".NAN"}) {
    const std::string why = word + " is not a number that JSON can express; put it in quotes if it is a string";
    EXPECT_EQ(yaml("a:\n - " + word), "2:4: " + why);
    EXPECT_EQ(yaml("a:\n - !!float " + word), "2:4: " + why);
  }
  expect_values({{"\".inf\"", "\".inf\""}, {".infinity", "\".infinity\""}});
  EXPECT_EQ(yaml("a: 1e400"), "1:4: the number 1e400 is beyond the range of a double; put it in quotes to keep it");
  EXPECT_EQ(yaml("a: 0x1" + std::string(300, '0')).substr(0, 17), "1:4: the integer ");
}

TEST(YamlScalar, quoted_and_block_scalars_are_strings) {
  expect_values({{"\"1\"", "\"1\""},
                 {"'null'", "\"null\""},
                 {"\"\"", "\"\""},
                 {"'it''s'", "\"it's\""},
                 {"\"a\\n\\x41\\u00e9\"", "\"a\\nA\u00e9\""}});
  EXPECT_EQ(yaml("a: |\n  12\nb: >-\n  true\n  x\n"), R"({"a":"12\n","b":"true x"})");
}

TEST(YamlScalar, honours_the_tags_of_the_core_schema) {
  expect_values({{"!!str 12", "\"12\""},
                 {"! 12", "\"12\""},
                 {"!!str", "\"\""},
                 {"!!str null", "\"null\""},
                 {"!!int \"12\"", "12"},
                 {"!!float 12", "12.0"},
                 {"!!bool \"true\"", "true"},
                 {"!!null \"\"", "null"},
                 {"!!seq [1]", "[1]"},
                 {"!!map {a: 1}", "{\"a\":1}"},
                 {"! [1]", "[1]"},
                 {"!<tag:yaml.org,2002:str> 1", "\"1\""}});
}

TEST(YamlScalar, refuses_tags_that_do_not_fit) {
  EXPECT_EQ(yaml("a: !!int x"), "1:4: the tag !!int does not fit \"x\"");
  EXPECT_EQ(yaml("a: !!bool yes"), "1:4: the tag !!bool does not fit \"yes\"");
  EXPECT_EQ(yaml("a: !!null x"), "1:4: the tag !!null does not fit \"x\"");
  EXPECT_EQ(yaml("a: !!float x"), "1:4: the tag !!float does not fit \"x\"");
  EXPECT_EQ(yaml("a: !!map x"), "1:4: the tag !!map does not fit \"x\"");
  EXPECT_EQ(yaml("a: !!str [x]"), "1:4: the tag !!str does not fit an array");
  EXPECT_EQ(yaml("a: !!seq {}"), "1:4: the tag !!seq does not fit an object");
}

TEST(YamlScalar, refuses_unknown_tags) {
  EXPECT_EQ(yaml("a:\n  b: !!binary x"), "2:6: unknown tag !!binary");
  EXPECT_EQ(yaml("a:\n  b: !custom x"),
            "2:6: unknown tag \"!custom\"; put a text that begins with ! in quotes, and in a condition write `not x` "
            "for `!x`");
  EXPECT_EQ(yaml("%TAG !e! tag:example.com,2000:\n---\na: !e!x y"), "3:4: unknown tag \"tag:example.com,2000:x\"");
  EXPECT_EQ(yaml("a: !!set {x}"), "1:4: the tag !!set does not fit an object");
  EXPECT_EQ(yaml("!custom"), "1:1: a tag without a value");
}

}  // namespace
}  // namespace pawl::definition
