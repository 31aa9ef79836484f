// The rules for single values, at their edges.
#include "definition/checks.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "base/time.h"

namespace pawl::definition {
namespace {

std::string refusal(const Checked<void>& ok) {
  return ok ? std::string() : field_of(ok.error().path) + ": " + ok.error().message;
}

std::string id_refusal(std::string_view id) { return refusal(check_task_id(id, {"id"})); }

TEST(CheckName, takes_up_to_256_bytes_of_text) {
  EXPECT_EQ(refusal(check_name("any thing [goes] \xC3\xBC", {"name"})), "");
  EXPECT_EQ(refusal(check_name(std::string(256, 'x'), {"name"})), "");
  EXPECT_EQ(refusal(check_name(std::string(257, 'x'), {"name"})), "name: has 257 bytes; the limit is 256");
  EXPECT_EQ(refusal(check_name("", {"name"})), "name: must not be empty");
  EXPECT_EQ(refusal(check_name("a\xFF", {"name"})), "name: is not valid UTF-8");
}

TEST(CheckName, refuses_control_characters_of_ascii_and_beyond) {
  for (const std::string_view bad : {"a\n", "\t", "\x7F", "\x1B[31m", "\xC2\x80", "\xC2\x85", "\xC2\x9Bm", "\xC2\x9F"})
    EXPECT_TRUE(refusal(check_name(bad, {"name"})).ends_with("contains a control character")) << bad;
  for (const std::string_view good : {"\xC2\xA0", "\xC2\xBF", "\xC3\x84", "\xE2\x82\xAC", "\xF0\x9F\x9A\x80"})
    EXPECT_EQ(refusal(check_name(good, {"name"})), "") << good;
}

TEST(CheckTaskId, takes_odd_but_printable_ids) {
  for (const std::string_view good : {"a", "/", "a/b@c+d.e-f_g", "1", "true", "${{x}}", "\"'`", "\xC3\xBC",
                                      "\xE6\x8A\xBD", "\xF0\x9F\x9A\x80", "\xC2\xAB"})
    EXPECT_EQ(id_refusal(good), "") << good;
}

TEST(CheckTaskId, refuses_white_space_and_brackets) {
  for (const std::string_view bad :
       {" ", "a b", "a[", "]", "a\xC2\xA0z", "\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x8A", "\xE2\x80\xA8",
        "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"})
    EXPECT_TRUE(id_refusal(bad).ends_with("white space, [ and ] are not allowed")) << bad;
  EXPECT_EQ(id_refusal("a\tb"), "id: the task id \"a\\tb\" contains a control character");
  EXPECT_EQ(id_refusal(""), "id: a task id must not be empty");
}

TEST(CheckDuration, takes_from_nothing_to_a_hundred_years) {
  EXPECT_EQ(refusal(check_duration(Duration(0), {"d"})), "");
  EXPECT_EQ(refusal(check_duration(kMaxDuration, {"d"})), "");
  EXPECT_EQ(refusal(check_duration(kMaxDuration + Duration(1), {"d"})), "d: 3153600000001 ms is above 100 years");
  EXPECT_EQ(refusal(check_duration(Duration(-1), {"d"})), "d: -1 ms is negative");
  EXPECT_EQ(refusal(check_duration(Duration::min(), {"d"})), "d: -9223372036854775808 ms is negative");
  EXPECT_EQ(refusal(check_timeout(Duration(0), {"d"})), "d: must be more than 0");
  EXPECT_EQ(refusal(check_timeout(Duration(1), {"d"})), "");
}

TEST(CheckRetryPolicy, names_the_number_that_is_out_of_its_range) {
  const auto of = [](const RetryPolicy& policy) { return refusal(check_retry_policy(policy, {"p"})); };
  EXPECT_EQ(of({}), "");
  EXPECT_EQ(of({.max_attempts = 10'000, .multiplier = 100, .jitter = 1}), "");
  EXPECT_EQ(of({.max_attempts = 0}), "p.max_attempts: 0 is not within 1..10000");
  EXPECT_EQ(of({.max_attempts = 10'001}), "p.max_attempts: 10001 is not within 1..10000");
  EXPECT_EQ(of({.multiplier = 0.99}), "p.multiplier: 0.99 is not within 1..100");
  EXPECT_EQ(of({.multiplier = std::nan("")}), "p.multiplier: nan is not within 1..100");
  EXPECT_EQ(of({.base_delay = Duration(-5)}), "p.base_delay: -5 ms is negative");
  EXPECT_EQ(of({.max_delay = Duration::max()}), "p.max_delay: 9223372036854775807 ms is above 100 years");
  EXPECT_EQ(of({.jitter = -0.1}), "p.jitter: -0.1 is not within 0..1");
  EXPECT_EQ(of({.jitter = std::numeric_limits<double>::infinity()}), "p.jitter: inf is not within 0..1");
  EXPECT_EQ(of({.retryable_errors = {"ok", ""}}), "p.retryable_errors[1]: must not be empty");
}

TEST(FieldOf, quotes_what_is_no_plain_word_and_cuts_what_is_long) {
  EXPECT_EQ(field_of({"tasks", "load", "dependencies", std::size_t{0}}), "tasks.load.dependencies[0]");
  EXPECT_EQ(field_of({"tasks", "fetch-data", "timeout"}), "tasks[\"fetch-data\"].timeout");
  EXPECT_LT(field_of({"tasks", std::string(100'000, 'x')}).size(), 200U);
}

}  // namespace
}  // namespace pawl::definition
