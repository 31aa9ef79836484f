// Stored bytes are read within the limits of what they are read into.
#include "model/encoding.h"

#include <limits>

#include <gtest/gtest.h>

#include "base/time.h"
#include "model/stored.pb.h"

namespace pawl {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();

DefinitionSource no_definitions() {
  return [](const std::string&) -> Result<DefinitionPtr> { return fail(ErrorCode::not_found, "there is none"); };
}

TEST(StoredTime, stays_within_what_can_be_written) {
  EXPECT_EQ(from_stored_time(1'000'000), Timestamp(std::chrono::seconds(1)));
  EXPECT_EQ(from_stored_time(kMost), kLastTime);
  EXPECT_EQ(from_stored_time(kLeast), kFirstTime);
  EXPECT_EQ(from_stored_time(1'000'000, -3), Timestamp(std::chrono::microseconds(999'997)));
  EXPECT_EQ(from_stored_time(kMost, kMost), kLastTime);
  EXPECT_EQ(from_stored_time(kLeast, kLeast), kFirstTime);
  EXPECT_EQ(from_stored_time(kLeast, kMost), kLastTime);
}

TEST(StoredEvents, have_times_that_can_be_written) {
  stored::Run run;
  run.set_at_us(kMost);
  run.add_events()->mutable_workflow_queued();
  run.mutable_events(0)->set_after_us(1);
  const auto events = EventDecoder(no_definitions()).decode_run(run.SerializeAsString());
  ASSERT_TRUE(events);
  EXPECT_EQ(std::get<event::WorkflowQueued>(events->front()).at, kLastTime);
}

}  // namespace
}  // namespace pawl
