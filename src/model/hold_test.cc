// What is told of a hold: its reason, what holds it, and until when or how that stands.
#include "model/hold.h"

#include <chrono>

#include <gtest/gtest.h>

namespace pawl {
namespace {

TEST(Hold, is_described_with_its_key_and_how_long_it_lasts) {
  EXPECT_EQ(describe({.reason = &kCircuitOpen, .key = "payments"}), "circuit breaker \"payments\" holds it");
  EXPECT_EQ(describe({.reason = &kCircuitOpen, .key = "payments", .state = "half_open"}),
            "circuit breaker \"payments\" holds it and is half_open");
  EXPECT_EQ(
      describe(
          {.reason = &kCircuitOpen, .key = "payments", .until = Timestamp(std::chrono::hours(24)), .state = "open"}),
      "circuit breaker \"payments\" holds it until 1970-01-02T00:00:00.000Z");
}

TEST(Hold, of_a_kind_without_keys_names_none) {
  EXPECT_EQ(describe({.reason = &kQueued}),
            "the limit of running workflows is reached; it waits for one of them to end");
}

TEST(Hold, of_a_kind_that_is_not_listed_is_described_alike) {
  constexpr HoldReason kFull{.code = "full", .text = "customer {} has enough"};
  EXPECT_EQ(describe({.reason = &kFull, .key = "acme", .since = Timestamp()}), "customer \"acme\" has enough");
}

}  // namespace
}  // namespace pawl
