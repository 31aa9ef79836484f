// The steps of an operation that writes records go on where steps may take long, and are answered at the end, too.
#include "orchestrator/record_ask.h"

#include <optional>

#include <gtest/gtest.h>

#include "orchestrator/answer_test.h"
#include "tests/support/node_harness.h"
#include "tests/support/operation_steps.h"

namespace pawl::testing {
namespace {

std::vector<RecordChange> audit_record(const std::string& key) {
  return one_record({.kind = RecordKind::audit, .key = key, .value = "done"});
}

TEST(RecordAsk, goes_on_in_the_steps_of_its_call_when_the_record_is_durable) {
  NodeHarness harness(1);
  NodeParts& o = harness.orchestrator();
  ASSERT_TRUE(o.start(kStored));
  HeldSteps steps;
  const Call call = call_of(o.node(), steps);
  std::optional<Result<void>> written;
  start(write_records(call, audit_record("1")), written);
  steps.take();
  EXPECT_TRUE(written.value());
  EXPECT_EQ(o.node().store()->read_record(RecordKind::audit, "1").value(), "done");
  std::optional<Result<void>> removed;
  start(remove_records(call, one_record({.kind = RecordKind::audit, .key = "1", .value = std::nullopt})), removed);
  steps.take();
  EXPECT_TRUE(removed.value());
  EXPECT_FALSE(o.node().store()->read_record(RecordKind::audit, "1").value());
}

TEST(RecordAsk, is_answered_when_the_node_stops) {
  NodeHarness harness(1);
  NodeParts& o = harness.orchestrator();
  ASSERT_TRUE(o.start(kStored));
  HeldSteps steps;
  const Call call = call_of(o.node(), steps);
  std::optional<Result<void>> written;
  start(write_records(call, audit_record("1")), written);
  o.stop();
  steps.take();
  EXPECT_TRUE(written.value()) << "what has been asked for is made durable";
  EXPECT_EQ(answer_of(write_records(call, audit_record("2"))).error().code, ErrorCode::unavailable);
}

TEST(RecordAsk, is_refused_to_a_thread_that_would_wait_for_itself) {
  NodeHarness harness(1);
  NodeParts& o = harness.orchestrator();
  ASSERT_TRUE(o.start(kStored));
  HeldSteps steps;
  Call call = call_of(o.node(), steps);
  call.may_wait = false;
  EXPECT_EQ(answer_of(write_records(call, audit_record("1"))).error().code, ErrorCode::invalid_state);
}

}  // namespace
}  // namespace pawl::testing
