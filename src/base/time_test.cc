// Durations and times as users write them, and as we write them back.
#include "base/time.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

namespace pawl {
namespace {

using namespace std::chrono_literals;

TEST(Duration, reads_units_and_sums) {
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("30s"), 30s);
  EXPECT_EQ(parse_duration("1.5h"), 90min);
  EXPECT_EQ(parse_duration("1h30m"), 90min);
  EXPECT_EQ(parse_duration("2d"), 48h);
  EXPECT_EQ(parse_duration("1500"), 1500ms);
  const auto refusal = [](std::string_view text) { return parse_duration(text).error().message; };
  EXPECT_EQ(refusal("30sec"), "\"30sec\" is not a duration; write 30s");
  EXPECT_EQ(refusal("5min"), "\"5min\" is not a duration; write 5m");
  EXPECT_EQ(refusal("2 Minutes"), "\"2 Minutes\" is not a duration; write 2m");
  EXPECT_EQ(refusal("1hr"), "\"1hr\" is not a duration; write 1h");
  EXPECT_EQ(refusal("1 hour 30 mins"), "\"1 hour 30 mins\" is not a duration; write 1h30m");
  EXPECT_EQ(refusal("30 s"), "\"30 s\" is not a duration; write 30s");
  EXPECT_TRUE(refusal("1.2.3 min").contains("the unit is missing or unknown")) << refusal("1.2.3 min");
  EXPECT_EQ(refusal("30.5"), "30.5 has no unit, and may be meant as seconds or milliseconds: write 30.5s or 30.5ms");
  EXPECT_EQ(parse_duration("0"), 0ms);
}

// How other tools write durations, each with how it is written here, which is one.
TEST(Duration, of_other_languages_are_told_as_they_are_written_here) {
  const std::pair<std::string_view, std::vector<std::string>> cases[] = {
      {"1w", {"7d"}},      {"1.5 weeks", {"10.5d"}}, {"1y", {"365d"}},         {"+5s", {"5s"}},
      {"1h30", {"1h30m"}}, {"2m30", {"2m30s"}},      {"PT5M", {"5m"}},         {"P1DT2H", {"1d2h"}},
      {"P2W", {"14d"}},    {"00:05:00", {"5m"}},     {"01:02:03", {"1h2m3s"}}, {"1:30", {"1h30m", "1m30s"}},
  };
  for (const auto& [theirs, ours] : cases) {
    const Result<Duration> refused = parse_duration(theirs);
    ASSERT_FALSE(refused) << theirs;
    EXPECT_EQ(refused.error().message,
              fmt::format("\"{}\" is not a duration; write {}", theirs, fmt::join(ours, " or ")));
    for (const std::string& each : ours) EXPECT_TRUE(parse_duration(each)) << each;
  }
  // A month of ISO 8601, nothing at all, and what is no time of any kind.
  for (const char* const none : {"P1M", "PT", "P", "00:00", "1:2:3:4", "a:b", "+", "1.2.3 weeks", "101y"})
    EXPECT_TRUE(parse_duration(none).error().message.contains("; write e.g. 250ms")) << none;
}

// What is kept for an age is removed by a mistake in it: a number alone is no age, whatever it is.
TEST(Age, has_a_unit) {
  for (const std::string number : {"7", "30", "1000", "1.5"}) {
    const Result<Duration> refused = parse_age(number);
    ASSERT_FALSE(refused) << number;
    EXPECT_EQ(refused.error().message,
              number + " has no unit: write " + number + "d if it is days; other units are h, m, s and ms");
    EXPECT_TRUE(parse_age(number + "d")) << number;
  }
  for (const std::string number : {"86400", "604800000"}) {
    EXPECT_FALSE(parse_age(number + "d")) << number << ", which is not advised";
    EXPECT_EQ(parse_age(number).error().message,
              number + " has no unit: write e.g. 30d; other units are h, m, s and ms");
  }
  for (const std::string nothing : {"0", "00", "0.0"})
    EXPECT_EQ(parse_age(nothing).error().message,
              nothing + " has no unit: write 0s if it is to be all, immediately; without the option there is no limit");
  EXPECT_EQ(parse_age("0s"), 0ms);
  EXPECT_EQ(parse_age("7d"), 168h);
  EXPECT_EQ(parse_age("").error().message, parse_duration("").error().message);
  EXPECT_EQ(parse_age("1w").error().message, "\"1w\" is not a duration; write 7d");
}

TEST(Duration, doubts_a_number_that_may_be_seconds) {
  EXPECT_EQ(doubt_duration("3600"),
            "3600 without a unit is milliseconds: write 3600ms, or 3600s if it is meant as seconds");
  EXPECT_TRUE(doubt_duration("1000"));
  EXPECT_TRUE(doubt_duration("100000"));
  for (const char* const clear : {"999", "100001", "3600ms", "3600s", "0", "", "1h"})
    EXPECT_FALSE(doubt_duration(clear)) << clear;
}

TEST(Duration, refuses_what_is_none) {
  for (const char* text :
       {"", "-1s", "s", "1x", "1 s", "1s 2", "1s2", "nan", "inf", "1e3s", "101y", "99999999999d", "1h-30m", "0x10s"})
    EXPECT_FALSE(parse_duration(text).has_value()) << text;
}

// Who writes `timeout: 30` means seconds, and would get milliseconds.
TEST(Duration, refuses_a_short_number_without_a_unit_and_shows_both_spellings) {
  for (const std::string number : {"1", "30", "999", "999.9", "0.5"}) {
    const Result<Duration> refused = parse_duration(number);
    ASSERT_FALSE(refused) << number;
    EXPECT_EQ(refused.error().message, number + " has no unit, and may be meant as seconds or milliseconds: write " +
                                           number + "s or " + number + "ms");
    EXPECT_TRUE(parse_duration(number, WithoutUnit::any)) << number;
  }
  EXPECT_EQ(duration_of_milliseconds(30).error().message, parse_duration("30").error().message);
  EXPECT_EQ(duration_of_milliseconds(30, WithoutUnit::any), 30ms);
  for (const std::int64_t unambiguous : {0, 1000, 1001, 30'000}) {
    EXPECT_EQ(duration_of_milliseconds(unambiguous), Duration(unambiguous));
    EXPECT_EQ(parse_duration(std::to_string(unambiguous)), Duration(unambiguous));
  }
  EXPECT_FALSE(duration_of_milliseconds(-1, WithoutUnit::any));
  EXPECT_FALSE(duration_of_milliseconds(kMaxDuration.count() + 1));
}

TEST(Duration, writes_the_shortest_text_that_reads_back) {
  EXPECT_EQ(format_duration(250ms), "250ms");
  EXPECT_EQ(format_duration(1500ms), "1.5s");
  EXPECT_EQ(format_duration(90min), "1h30m");
  EXPECT_EQ(format_duration(0ms), "0ms");
  for (const Duration d : {Duration(1ms), Duration(61s), Duration(25h + 1s), Duration(123'456'789ms)})
    EXPECT_EQ(parse_duration(format_duration(d)), d);
}

TEST(Time, is_written_in_utc_with_milliseconds) {
  EXPECT_EQ(format_time(Timestamp(1'700'000'000'123'456us)), "2023-11-14T22:13:20.123Z");
}

TEST(Time, reads_offsets_and_fractions) {
  EXPECT_EQ(*parse_time("2023-11-14T23:13:20.123456+01:00"), Timestamp(1'700'000'000'123'456us));
  EXPECT_EQ(*parse_time("2023-11-14T22:13:20Z"), Timestamp(1'700'000'000s));
}

TEST(Time, refuses_what_is_none) {
  for (const char* text : {"", "2023-11-14", "2023-02-30T00:00:00Z", "2023-11-14T24:00:00Z", "2023-11-14T22:13:20",
                           "2023-11-14T22:13:20.Z", "2023-11-14T22:13:20Zx"})
    EXPECT_FALSE(parse_time(text).has_value()) << text;
}

TEST(Time, is_added_to_without_overflow) {
  const Timestamp now(1'700'000'000s);
  EXPECT_EQ(saturating_add(now, 5ms), now + 5ms);
  EXPECT_EQ(saturating_add(now, -5ms), now - 5ms);
  EXPECT_EQ(saturating_add(now, Duration::max()), kLastTime);
  EXPECT_EQ(saturating_add(now, Duration::min()), kFirstTime);
  EXPECT_EQ(saturating_add(kLastTime, kMaxDuration), kLastTime);
  EXPECT_EQ(format_time(kLastTime), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(*parse_time("0000-01-01T00:00:00Z"), kFirstTime);
}

TEST(Time, of_a_wait_never_lies_in_the_past) {
  const auto now = std::chrono::steady_clock::now();
  EXPECT_GT(steady_deadline(Duration::max()), now + std::chrono::hours(24 * 365));
  EXPECT_GT(steady_deadline(std::chrono::nanoseconds::max()), now + std::chrono::hours(24 * 365));
  EXPECT_GT(steady_deadline(kLastTime - Timestamp(1'700'000'000s)), now + std::chrono::hours(24 * 365));
  EXPECT_GE(steady_deadline(Duration::min()), now);
}

TEST(SystemClock, has_the_time_of_day_beside_one_that_does_not_jump) {
  const SystemClock clock;
  const Timestamp before = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  EXPECT_GE(clock.wall(), before);
  EXPECT_LT(std::chrono::abs(clock.wall() - clock.now()), 1min);
}

TEST(SystemClock, does_not_go_back) {
  const SystemClock clock;
  const Timestamp first = clock.now();
  EXPECT_GE(clock.now(), first);
}

}  // namespace
}  // namespace pawl
