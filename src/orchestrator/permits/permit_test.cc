// A permit ends once, whichever way it goes.
#include "orchestrator/permits/permit.h"

#include <optional>

#include <gtest/gtest.h>

#include "base/assert.h"
#include "orchestrator/permits/sources_test.h"

namespace pawl::testing {
namespace {

using Ended = std::vector<std::pair<PermitTicket, policy::Verdict>>;

TEST(Permit, that_is_dropped_ends_unused) {
  CountedSource source(0);
  {
    const Permit permit(source, "all", 7);
  }
  EXPECT_EQ(source.ended, (Ended{{7, policy::Verdict::none}}));
}

TEST(Permit, that_has_ended_is_given_back_no_second_time) {
  CountedSource source(0);
  {
    Permit permit(source, "all", 7);
    permit.end(policy::Verdict::failure, Timestamp());
    const Supervised supervised;
    EXPECT_THROW(permit.end(policy::Verdict::failure, Timestamp()), InvariantBroken);
  }
  EXPECT_EQ(source.ended, (Ended{{7, policy::Verdict::failure}}));
}

TEST(Permit, belongs_to_whom_it_was_moved_to) {
  CountedSource source(0);
  std::optional<Permit> kept;
  {
    Permit first(source, "all", 1);
    kept.emplace(std::move(first));
  }
  EXPECT_TRUE(source.ended.empty());
  *kept = Permit(source, "all", 2);
  EXPECT_EQ(source.ended, (Ended{{1, policy::Verdict::none}})) << "the one before ends";
  kept->abandon();
  kept.reset();
  EXPECT_EQ(source.ended.size(), 1U);
}

}  // namespace
}  // namespace pawl::testing
