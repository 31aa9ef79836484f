// Values of C++ become JSON as one would think, and JSON becomes values again or says what it is instead.
#include "pawl/values.h"

#include <limits>

#include <gtest/gtest.h>

namespace pawl {
namespace {

std::string text_of(const Json& json) { return to_json_text(json); }

template <class T>
std::string refusal(const Json& json) {
  const Result<T> read = as<T>(json, "args[0]");
  return read ? "accepted" : describe(read.error());
}

TEST(Args, make_an_array_of_whatever_they_are) {
  EXPECT_EQ(text_of(args()), "[]");
  EXPECT_EQ(text_of(args("a", 7, true, 1.5, nullptr)), R"(["a",7,true,1.5,null])");
  EXPECT_EQ(text_of(args(std::string("a"), std::string_view("b"))), R"(["a","b"])");
  EXPECT_EQ(text_of(args(std::vector<std::string>{"a"}, std::map<std::string, int>{{"b", 1}})), R"([["a"],{"b":1}])");
  EXPECT_EQ(text_of(args(std::optional<int>(), std::optional<int>(1))), "[null,1]");
  EXPECT_EQ(text_of(args(std::vector<bool>{true, false})), "[[true,false]]");
  EXPECT_EQ(text_of(args(std::numeric_limits<std::uint64_t>::max())), "[18446744073709551615]");
}

TEST(Args, hold_json_as_it_is) {
  const Json object = {{"u", "x"}};
  EXPECT_EQ(text_of(args(object)), R"([{"u":"x"}])");
  EXPECT_EQ(text_of(args(args(1))), "[[1]]");
  EXPECT_EQ(text_of(args(boost::json::object{{"u", "x"}}, JsonText::copy_of("[1]"))), R"([{"u":"x"},[1]])");
}

TEST(Ok, is_a_result_of_whatever_can_be_json) {
  EXPECT_EQ(text_of(*ok()), "null");
  EXPECT_EQ(text_of(*ok("text")), R"("text")");
  EXPECT_EQ(text_of(*ok(std::string("text"))), R"("text")");
  EXPECT_EQ(text_of(*ok({{"rows", 7}})), R"({"rows":7})");
  EXPECT_EQ(text_of(*ok(std::vector<int>{1, 2})), "[1,2]");
  EXPECT_EQ(text_of(*ok(Json(boost::json::array{1}))), "[1]") << "no array around it";
  EXPECT_EQ(text_of(*ok(true)), "true");
}

TEST(ErrorOfAHandler, has_code_message_and_details) {
  const TaskResult failed = error("network_error", "no answer", {{"status", 503}});
  EXPECT_EQ(failed.error().code, "network_error");
  EXPECT_EQ(failed.error().message, "no answer");
  EXPECT_EQ(text_of(failed.error().details), R"({"status":503})");
  EXPECT_TRUE(failed.error().retryable);
}

TEST(As, reads_what_args_wrote) {
  EXPECT_EQ(*as<std::string>("a"), "a");
  EXPECT_EQ(*as<std::string_view>(Json("a")), "a");
  EXPECT_EQ(*as<int>(-7), -7);
  EXPECT_EQ(*as<std::uint64_t>(std::numeric_limits<std::uint64_t>::max()), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(*as<int>(7.0), 7) << "a number that is whole";
  EXPECT_EQ(*as<double>(7), 7.0);
  EXPECT_EQ(*as<bool>(true), true);
  EXPECT_EQ(*as<std::optional<int>>(nullptr), std::nullopt);
  EXPECT_EQ(*as<std::vector<int>>(args(1, 2)), (std::vector<int>{1, 2}));
  EXPECT_EQ((*as<std::map<std::string, int>>({{"a", 1}})), (std::map<std::string, int>{{"a", 1}}));
  EXPECT_EQ(text_of(*as<Json>(args(1))), "[1]");
}

TEST(As, says_what_it_expected_and_what_there_is) {
  EXPECT_EQ(refusal<std::string>(7), "args[0]: expected a string, got 7");
  EXPECT_EQ(refusal<int>("7"), "args[0]: expected an integer, got \"7\"");
  EXPECT_EQ(refusal<int>(7.5), "args[0]: expected an integer, got 7.5");
  EXPECT_EQ(refusal<double>(nullptr), "args[0]: expected a number, got null");
  EXPECT_EQ(refusal<bool>(1), "args[0]: expected true or false, got 1");
  EXPECT_EQ(refusal<boost::json::object>(args()), "args[0]: expected an object, got an array");
  EXPECT_EQ(refusal<std::vector<int>>(args(1, "b")), "args[0][1]: expected an integer, got \"b\"");
  EXPECT_EQ((refusal<std::map<std::string, int>>({{"a", "b"}})), "args[0].a: expected an integer, got \"b\"");
  EXPECT_EQ(as<int>("x").error().code, ErrorCode::invalid_argument);
}

TEST(As, refuses_integers_that_do_not_fit) {
  EXPECT_EQ(refusal<std::int16_t>(40'000), "args[0]: 40000 is not within -32768..32767");
  EXPECT_EQ(refusal<std::uint16_t>(-1), "args[0]: -1 is not within 0..65535");
  EXPECT_EQ(refusal<std::int64_t>(std::numeric_limits<std::uint64_t>::max()),
            "args[0]: 18446744073709551615 is not within -9223372036854775808..9223372036854775807");
  EXPECT_EQ(*as<std::int16_t>(-32768), -32768);
}

}  // namespace
}  // namespace pawl
