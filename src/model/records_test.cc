// Records are read as they were written, and as versions before have written them.
#include <gtest/gtest.h>

#include "model/encoding.h"
#include "model/records/breaker.h"
#include "model/records/policy.h"
#include "model/records/snapshot.h"
#include "model/stored.pb.h"

namespace pawl {
namespace {

TEST(Records, of_policies_of_before_have_the_state_of_the_breaker) {
  stored::Policy before;
  before.set_kind(static_cast<std::uint32_t>(PolicyKind::circuit_breaker));
  before.add_versions()->set_config("{}");
  before.mutable_breaker()->set_state(static_cast<std::uint32_t>(BreakerState::open));
  before.mutable_breaker()->set_failures(5);
  const Result<StoredPolicy> policy = decode_policy("p", before.SerializeAsString());
  ASSERT_TRUE(policy) << describe(policy.error());
  ASSERT_TRUE(policy->breaker);
  EXPECT_EQ(policy->breaker->state, BreakerState::open);
  EXPECT_EQ(policy->breaker->failures, 5U);
  EXPECT_FALSE(decode_policy("p", encode(*policy)).value().breaker) << "it is written as a record of its own";
  before.mutable_breaker()->set_state(7);
  EXPECT_EQ(decode_policy("p", before.SerializeAsString()).error().code, ErrorCode::corruption);
}

TEST(Records, that_make_no_sense_are_corruption) {
  EXPECT_EQ(decode_breaker("p", "\xff").error().code, ErrorCode::corruption);
  EXPECT_EQ(decode_policy("p", "").error().code, ErrorCode::corruption);
  const StoredSnapshot snapshot{.id = "s", .workflow = "w", .created_at = {}, .label = "l", .state = "x"};
  EXPECT_EQ(decode_snapshot(snapshot_key("w", "s"), encode(snapshot)).value().label, "l");
  EXPECT_EQ(decode_snapshot(snapshot_key("w", "t"), encode(snapshot)).error().code, ErrorCode::corruption);
}

}  // namespace
}  // namespace pawl
