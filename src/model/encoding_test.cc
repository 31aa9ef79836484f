// Stored bytes are read within the limits of what they are read into.
#include "model/encoding.h"

#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

std::vector<Event> some_events(std::size_t count) {
  return std::vector<Event>(count, event::WorkflowPaused{.at = Timestamp(std::chrono::seconds(1))});
}

TEST(StoredEvents, say_who_caused_them) {
  const std::vector<Event> events = some_events(5);
  const std::span<const Event> all(events);
  const std::span<const Event> pieces[] = {all.first(2), all.subspan(2, 1), all.subspan(3, 1), all.subspan(4)};
  const std::string_view by[] = {"user:ada", "user:ada", "", "process:x"};
  std::string bytes;
  ASSERT_TRUE(EventEncoder().encode(pieces, bytes, by));
  stored::Run run;
  ASSERT_TRUE(run.ParseFromString(bytes));
  EXPECT_EQ(run.caused_size(), 2) << "what one actor caused stands there once";
  std::vector<std::string> read;
  ASSERT_TRUE(EventDecoder(no_definitions()).decode_run(bytes, &read));
  EXPECT_EQ(read, (std::vector<std::string>{"user:ada", "user:ada", "user:ada", "", "process:x"}));
}

TEST(StoredEvents, that_the_engine_caused_are_as_they_were) {
  const std::vector<Event> events = some_events(2);
  const std::span<const Event> piece(events);
  const std::string_view nobody;
  std::string bytes;
  std::string without;
  ASSERT_TRUE(EventEncoder().encode({&piece, 1}, bytes, {&nobody, 1}));
  ASSERT_TRUE(EventEncoder().encode({&piece, 1}, without));
  EXPECT_EQ(bytes, without);
  std::vector<std::string> read;
  ASSERT_TRUE(EventDecoder(no_definitions()).decode_run(bytes, &read));
  EXPECT_EQ(read, std::vector<std::string>(2));
}

TEST(StoredEvents, whose_causes_are_damaged_are_read_without_them) {
  for (const auto& [first, count] : {std::pair(2U, 1U), std::pair(0U, 3U), std::pair(1U, 0xFFFF'FFFFU)}) {
    stored::Run run;
    run.add_events()->mutable_workflow_queued();
    run.add_events()->mutable_workflow_queued();
    run.add_caused()->set_first(first);
    run.mutable_caused(0)->set_count(count);
    run.mutable_caused(0)->set_by("user:ada");
    std::vector<std::string> by;
    ASSERT_TRUE(EventDecoder(no_definitions()).decode_run(run.SerializeAsString(), &by)) << first << ", " << count;
    EXPECT_EQ(by, std::vector<std::string>(2));
  }
}

}  // namespace
}  // namespace pawl
