// What programs hand over is refused or made fit at the door, with the place; and nothing is too deep to be looked at.
#include "base/value_check.h"

#include <cmath>
#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "pawl/json_text.h"

#include "base/json_parse.h"

namespace pawl {
namespace {

// `levels` arrays, one inside the other.
Json nested(std::size_t levels, Json innermost = nullptr) {
  Json value = std::move(innermost);
  for (std::size_t i = 0; i < levels; ++i) {
    boost::json::array around;
    around.push_back(std::move(value));
    value = std::move(around);
  }
  return value;
}

std::string refusal(const Json& value) {
  const Result<void> ok = check_value(value);
  return ok ? std::string() : std::string(to_string(ok.error().code)) + " " + describe(ok.error());
}

TEST(CheckValue, takes_what_is_json) {
  for (const char* text : {"null", "[1,-2,0.5,true]", R"({"a":{"é":["\u0000"]}})"})
    EXPECT_EQ(refusal(*parse_json(text)), "") << text;
  EXPECT_EQ(refusal(nested(kAcceptedDepth)), "");
  EXPECT_EQ(refusal(nested(kAcceptedDepth, 7)), "");
}

TEST(CheckValue, names_the_place_of_what_is_not) {
  EXPECT_EQ(refusal(Json("f\xFCr")), "invalid_argument $: the string is not valid UTF-8");
  const boost::json::object row{{"name", "ok"}, {"full-name", "f\xFCr"}};
  const Json rows = boost::json::object{{"rows", boost::json::array{1, 2, 3, row}}};
  EXPECT_EQ(refusal(rows), "invalid_argument $.rows[3].full-name: the string is not valid UTF-8");
  EXPECT_EQ(refusal(boost::json::object{{"a b", boost::json::array{std::nan("")}}}),
            "invalid_argument $[\"a b\"][0]: the number is not finite, and JSON has no word for it");
  EXPECT_EQ(refusal(Json(-std::numeric_limits<double>::infinity())),
            "invalid_argument $: the number is not finite, and JSON has no word for it");
  EXPECT_EQ(refusal(boost::json::object{{"k\xFF", 1}}), "invalid_argument $: the key \"k\\xff\" is not valid UTF-8");
  const Result<void> input = check_value(boost::json::object{{"a", "\xFF"}}, "input");
  EXPECT_EQ(input.error().field, "input.a");
}

TEST(CheckValue, names_the_limit_on_depth) {
  const std::string refused = refusal(nested(kAcceptedDepth + 1));
  EXPECT_TRUE(refused.starts_with("limit_exceeded $[0][0]")) << refused;
  EXPECT_TRUE(refused.ends_with(": arrays and objects are nested deeper than 200 levels, the limit")) << refused;
}

TEST(CheckValue, looks_at_no_more_than_it_must) {
  Json deep = nested(1'000'000);
  EXPECT_FALSE(check_value(deep));
  make_storable(deep);
  EXPECT_EQ(refusal(deep), "");
  dismantle(nested(1'000'000));
}

TEST(MakeStorable, replaces_what_cannot_be_kept_and_nothing_else) {
  Json value = boost::json::object{
      {"bytes", "f\xFCr"}, {"fine", boost::json::array{1, "é"}}, {"number", std::nan("")}, {"k\xFF", 1}};
  make_storable(value);
  EXPECT_EQ(refusal(value), "");
  EXPECT_EQ(value.at("bytes").as_string(), "f\xEF\xBF\xBDr");
  EXPECT_EQ(value.at("fine"), Json(boost::json::array{1, "é"}));
  EXPECT_TRUE(value.at("number").is_null());
  EXPECT_EQ(value.at("k\xEF\xBF\xBD"), 1);
}

TEST(StorableMessage, is_utf8_and_not_endless) {
  EXPECT_EQ(storable_message("fine é"), "fine é");
  EXPECT_EQ(storable_message("f\xFCr"), "f\xEF\xBF\xBDr");
  std::string umlauts = "x";
  while (umlauts.size() < 100'000) umlauts += "ü";
  const std::string cut = storable_message(umlauts);
  EXPECT_LT(cut.size(), 66'000U);
  EXPECT_TRUE(cut.ends_with("ü... (100001 bytes)")) << cut.substr(cut.size() - 30);
}

// Each limit has room for what the one before lets through.
TEST(Depth, is_read_back_beyond_what_can_be_made) {
  const JsonText made = JsonText::from(nested(kMadeDepth));
  EXPECT_FALSE(parse_json(made.view()));
  EXPECT_EQ(parse_json(made.view()).error().code, ErrorCode::limit_exceeded);
  EXPECT_TRUE(made.try_parse());
  EXPECT_TRUE(is_stored_json(made.view()));
}

TEST(StoredJson, that_does_not_parse_says_so_and_stops_nobody) {
  for (const std::string& bytes :
       {std::string("\"f\xFCr\""), std::string("{"), std::string("1 2"), std::string(), std::string("1e999"),
        std::string(3'000, '[') + std::string(3'000, ']'), std::string(1'000'000, '[')}) {
    const JsonText text = JsonText::copy_of(bytes);
    ASSERT_FALSE(text.try_parse()) << bytes.substr(0, 10);
    EXPECT_EQ(text.try_parse().error().code, ErrorCode::corruption);
    EXPECT_EQ(text.parse().at("code"), "corruption");
    EXPECT_FALSE(is_stored_json(bytes));
    EXPECT_EQ(parse_json(json_or_problem(text)).value().at("code"), "corruption");
  }
  for (const char* bytes : {"null", "[1,2.5,-3,18446744073709551615]", R"({"a":"b\u00e9"})", " 1 "})
    EXPECT_TRUE(is_stored_json(bytes)) << bytes;
}

}  // namespace
}  // namespace pawl
