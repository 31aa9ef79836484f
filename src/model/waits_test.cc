// The rows of the kinds of wait that there are: what tasks ask for them, what their args mean.
#include <gtest/gtest.h>

#include "pawl/json_text.h"

#include "base/assert.h"
#include "base/time.h"
#include "model/time_waits.h"

namespace pawl {
namespace {

constexpr Timestamp kNow{std::chrono::hours(24 * 365 * 50)};

Json args_of(const char* text) { return JsonText::copy_of(text).parse(); }

DueTime due_of(const WaitKind& kind, const char* args, Timestamp since = kNow) {
  const Result<WaitTerms> terms = kind.terms(args_of(args), since);
  return terms ? terms->due.value_or(DueTime{}) : DueTime{};
}

TEST(WaitKinds, are_found_by_their_handlers) {
  EXPECT_EQ(find_wait_kind("timer", "sleep"), &kSleepWait);
  EXPECT_EQ(find_wait_kind("timer", "until"), &kUntilWait);
  EXPECT_EQ(find_wait_kind("timer", "mine"), nullptr);
  EXPECT_EQ(find_wait_kind("test", "sleep"), nullptr) << "it stands for work";
  EXPECT_EQ(find_wait_kind("", ""), nullptr) << "no task asks for a retry";
}

TEST(WaitKinds, say_all_that_is_particular_about_them) {
  for (const WaitKind* const kind : wait_kinds()) {
    EXPECT_EQ(find_wait_kind(kind->module, kind->function), kind);
    EXPECT_NE(kind->terms, nullptr) << kind->name;
    EXPECT_NE(kind->explain, nullptr) << kind->name;
    EXPECT_NE(kind->check_args, nullptr) << kind->name;
  }
}

TEST(WaitKinds, have_one_row_each) {
  const Supervised supervised;  // what breaks throws
  EXPECT_THROW(AddedWaitKind(WaitKind{kSleepWait}), InvariantBroken);
  WaitKind silent = kSleepWait;
  silent.function = "silent";
  silent.explain = nullptr;
  EXPECT_THROW(AddedWaitKind{silent}, InvariantBroken);
  EXPECT_EQ(find_wait_kind("timer", "silent"), nullptr);
}

TEST(SleepWait, lasts_from_the_start_by_the_clock_that_never_jumps) {
  EXPECT_EQ(due_of(kSleepWait, R"(["1m"])", kNow), (DueTime{.at = kNow + std::chrono::minutes(1)}));
  EXPECT_EQ(due_of(kSleepWait, "[30]", kNow), (DueTime{.at = kNow + std::chrono::milliseconds(30)}));
  EXPECT_EQ(due_of(kSleepWait, R"(["1m"])", kLastTime).at, kLastTime);
  for (const char* const wrong : {"[]", "[1, 2]", "[true]", R"(["soon"])", "[1.5]"}) {
    EXPECT_FALSE(kSleepWait.check_args(args_of(wrong))) << wrong;
    EXPECT_FALSE(kSleepWait.terms(args_of(wrong), kNow)) << wrong;
  }
  EXPECT_TRUE(kSleepWait.check_args(args_of("[30]"))) << "as it may be stored";
  EXPECT_FALSE(kSleepWait.check_written(args_of("[30]"))) << "who writes this may mean seconds";
  EXPECT_EQ(kSleepWait.check_written(args_of("[30]")).error().field, "args[0]");
}

TEST(UntilWait, is_for_a_time_of_day_whenever_it_begins) {
  const char* const text = R"(["2100-01-01T00:00:00Z"])";
  const DueTime due{.at = *parse_time("2100-01-01T00:00:00Z"), .clock = WaitClock::wall};
  EXPECT_EQ(due_of(kUntilWait, text, kNow), due);
  EXPECT_EQ(due_of(kUntilWait, text, kLastTime), due);
  for (const char* const wrong : {"[]", "[7]", R"(["tomorrow"])"}) {
    EXPECT_FALSE(kUntilWait.check_args(args_of(wrong))) << wrong;
    EXPECT_FALSE(kUntilWait.terms(args_of(wrong), kNow)) << wrong;
  }
}

TEST(Waits, are_explained) {
  const Wait wait{.kind = &kSleepWait, .attempt = 2, .since = kNow};
  const WaitTerms terms{.due = DueTime{.at = kNow + std::chrono::hours(1)}};
  EXPECT_EQ(kSleepWait.explain(wait, terms),
            "attempt 2 has been running since 2019-12-20T00:00:00.000Z; it waits until 2019-12-20T01:00:00.000Z");
  EXPECT_EQ(kRetryWait.explain(wait, terms), "attempt 2 failed; attempt 3 is due at 2019-12-20T01:00:00.000Z");
}

}  // namespace
}  // namespace pawl
