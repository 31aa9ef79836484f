// What is in quarantine is known with its reason, and what took its shard down twice does not come back.
#include "orchestrator/shard/quarantine.h"

#include <gtest/gtest.h>

namespace pawl::testing {
namespace {

const Error kBroken{.code = ErrorCode::corruption, .message = "it broke", .field = {}};

TEST(Quarantine, knows_why_a_workflow_cannot_be_run) {
  std::atomic<std::uint64_t> count{0};
  Quarantine quarantine(count);
  EXPECT_EQ(quarantine.reason_of("a"), nullptr);
  quarantine.add("a", kBroken);
  quarantine.add("b", kBroken);
  ASSERT_NE(quarantine.reason_of("a"), nullptr);
  EXPECT_EQ(quarantine.reason_of("a")->message, "it broke");
  quarantine.remove("a");
  EXPECT_EQ(quarantine.reason_of("a"), nullptr);
  EXPECT_EQ(quarantine.all().size(), 1U);
  EXPECT_EQ(count, 2U) << "all that were ever put there";
}

TEST(Quarantine, keeps_those_that_stay) {
  std::atomic<std::uint64_t> count{0};
  Quarantine quarantine(count);
  quarantine.add("a", kBroken);
  quarantine.add("b", kBroken);
  quarantine.keep_if([](const std::string& id) { return id == "b"; });
  EXPECT_EQ(quarantine.reason_of("a"), nullptr);
  EXPECT_NE(quarantine.reason_of("b"), nullptr);
}

// The first time may have been somebody else's doing; and a reset, which clears the quarantine, must not forget it.
TEST(Quarantine, gives_up_on_what_took_the_shard_down_twice) {
  std::atomic<std::uint64_t> count{0};
  Quarantine quarantine(count);
  quarantine.note_break("a");
  quarantine.clear();
  EXPECT_FALSE(quarantine.breaks_shard("a"));
  quarantine.note_break("a");
  quarantine.clear();
  EXPECT_TRUE(quarantine.breaks_shard("a"));
  EXPECT_FALSE(quarantine.breaks_shard("b"));
}

// What broke is gone; who has its id now has broken nothing.
TEST(Quarantine, holds_nothing_against_the_namesake_of_what_was_removed) {
  std::atomic<std::uint64_t> count{0};
  Quarantine quarantine(count);
  quarantine.note_break("a");
  quarantine.note_break("a");
  quarantine.add("a", kBroken);
  quarantine.remove("a");
  EXPECT_FALSE(quarantine.breaks_shard("a"));
}

}  // namespace
}  // namespace pawl::testing
