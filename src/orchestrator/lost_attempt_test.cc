// Attempts that are out while their shard, or their workflow, goes down: each is told to stop, none has another one of
// its task beside it, and none keeps its task for ever.
#include <atomic>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/assert.h"
#include "orchestrator/held_runner_test.h"
#include "tests/support/node_harness.h"

namespace pawl::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class LostAttempt : public ::testing::Test {
 protected:
  explicit LostAttempt(bool forces = true)
      : runner_(forces, [this] { PAWL_ASSERT(!stop_breaks_.exchange(false), "put in by the test"); }) {
    EXPECT_TRUE(harness_.handlers().add(runner_.handler()));
    EXPECT_TRUE(o_.start(kStored));
  }

  // Durable when this returns, and so is that it runs; that its tasks start may not be.
  std::string begin(const std::string& id, std::vector<TaskSpec> tasks) {
    const auto started = o_.start_workflow(define(std::move(tasks)), {.id = id});
    EXPECT_TRUE(started) << describe(started.error());
    return id;
  }
  void finish(const AttemptAddress& address) { o_.finished(address, {.result = {}, .error = nullptr}); }
  void expect_end(const std::string& id, WorkflowState state = WorkflowState::completed) {
    for (;;) {  // waits end while the shard is down
      const auto end = o_.wait_workflow(id, kHang, {});
      if (!end && end.error().code == ErrorCode::unavailable) continue;
      ASSERT_TRUE(end) << describe(end.error());
      EXPECT_EQ(end->status.state, state);
      return;
    }
  }
  // The shard goes down over a commit that fails, and comes up again. Nothing is lost by it.
  void reset(const std::string& id) {
    write_fails_ = true;
    EXPECT_FALSE(o_.pause_workflow(id));
  }
  std::string explained(const std::string& id, std::string_view task, std::string_view code) {
    return wait_explained(o_, id, task, code);
  }
  // Once its shard is up.
  template <class Call>
  void retry(Call call) {
    const auto give_up = std::chrono::steady_clock::now() + kHang;
    Result<void> done = call();
    while (!done && done.error().code == ErrorCode::unavailable && std::chrono::steady_clock::now() < give_up)
      done = call();
    EXPECT_TRUE(done) << describe(done.error());
  }

  static constexpr std::size_t kSlots = 2;
  std::atomic<bool> write_fails_{false};  // the next one
  std::atomic<bool> stop_breaks_{false};  // the next one breaks an invariant
  HeldRunner runner_;
  NodeHarness harness_{1,
                       {},
                       [this]() -> Result<void> {
                         if (write_fails_.exchange(false)) return fail(ErrorCode::unavailable, "put in by the test");
                         return {};
                       },
                       kSlots};
  NodeParts& o_ = harness_.orchestrator();
};

class LostHandler : public LostAttempt {
 protected:
  LostHandler() : LostAttempt(false) {}
};

// It is over for its workflow, whose state does not say that it has not been told.
TEST_F(LostAttempt, is_told_to_stop_when_the_commit_of_its_end_fails) {
  const std::string id = begin("w", {process("a")});
  const AttemptAddress first = runner_.started(0);
  EXPECT_EQ(first.attempt, 1U);
  write_fails_ = true;
  EXPECT_FALSE(o_.cancel_workflow(id, {.reason = {}, .grace = Duration::zero()}));
  EXPECT_EQ(runner_.stopped(0), first);
  EXPECT_THAT(explained(id, "a", "previous_attempt"),
              HasSubstr("waits for the process of attempt 1 to end, at most until "));
  EXPECT_THAT(runner_.names(), ElementsAre("w.a"));
  finish(first);
  finish(runner_.started(1));
  expect_end(id);
}

// One that cannot be forced keeps no task waiting, but its slot.
TEST_F(LostHandler, is_told_to_stop_when_the_commit_of_its_end_fails) {
  const std::string id = begin("w", {process("a")});
  const AttemptAddress first = runner_.started(0);
  write_fails_ = true;
  EXPECT_FALSE(o_.cancel_workflow(id, {.reason = {}, .grace = Duration::zero()}));
  EXPECT_EQ(runner_.stopped(0), first);
  finish(runner_.started(1));
  expect_end(id);
  EXPECT_EQ(o_.metrics().task_slots_in_use, 1U);
  finish(first);
}

TEST_F(LostAttempt, that_runs_is_told_to_stop_by_a_reset) {
  const std::string id = begin("w", {process("a")});
  const AttemptAddress first = runner_.started(0);
  reset(id);
  EXPECT_EQ(runner_.stopped(0), first);
  EXPECT_THAT(explained(id, "a", "previous_attempt"), HasSubstr("at most until "));
  finish(first);
  finish(runner_.started(1));
  expect_end(id);
}

TEST_F(LostHandler, that_runs_is_told_to_stop_by_a_reset) {
  const std::string id = begin("w", {process("a")});
  const AttemptAddress first = runner_.started(0);
  reset(id);
  EXPECT_EQ(runner_.stopped(0), first);
  finish(first);
  finish(runner_.started(1));
  expect_end(id);
}

// The workflow breaks while its attempts are told to stop, one by one.
TEST_F(LostAttempt, is_told_to_stop_when_its_workflow_breaks) {
  const std::string id = begin("w", {process("a"), process("b")});
  (void)runner_.started(1);
  stop_breaks_ = true;
  ASSERT_TRUE(o_.cancel_workflow(id, {.reason = {}, .grace = Duration::zero()}));
  EXPECT_EQ(runner_.stopped(0).action, 1U);
}

TEST_F(LostHandler, is_told_to_stop_when_its_workflow_breaks) {
  const std::string id = begin("w", {process("a"), process("b")});
  (void)runner_.started(1);
  stop_breaks_ = true;
  ASSERT_TRUE(o_.cancel_workflow(id, {.reason = {}, .grace = Duration::zero()}));
  EXPECT_EQ(runner_.stopped(0).action, 1U);
}

// A start goes to its runner while it is on its way to the store.
TEST_F(LostAttempt, whose_start_was_lost_keeps_the_first_one_waiting) {
  const std::string busy = begin("busy", {process("a"), process("b")});
  const AttemptAddress a = runner_.started(0);
  const AttemptAddress b = runner_.started(1);
  const std::string id = begin("w", {process("x")});  // there is no slot for it
  write_fails_ = true;
  finish(a);  // and now there is
  const AttemptAddress x = runner_.started(2);
  EXPECT_EQ(x.attempt, 1U);
  (void)runner_.stopped(1);
  finish(b);
  EXPECT_THAT(explained(id, "x", "previous_attempt"), HasSubstr("at most until "));
  // All others of `busy` have their turn in the slot that is left.
  finish(runner_.started(3));
  finish(runner_.started(4));
  expect_end(busy);
  EXPECT_THAT(runner_.names(), ElementsAre("busy.a", "busy.b", "w.x", ::testing::_, ::testing::_));
  finish(x);
  const AttemptAddress again = runner_.started(5);
  EXPECT_EQ(again.attempt, 1U);
  finish(again);
  expect_end(id);
  EXPECT_EQ(o_.metrics().task_slots_in_use, 0U);
}

// It waits for the process of the one that is gone, whose outcome says nothing about it. Its tasks stand in another
// order.
TEST_F(LostAttempt, keeps_a_workflow_of_the_same_id_waiting_and_decides_nothing_there) {
  const std::string id = begin("w", {process("a")});
  const AttemptAddress first = runner_.started(0);
  reset(id);
  retry([&] { return o_.cancel_workflow(id, {.reason = {}, .grace = Duration::zero()}); });
  expect_end(id, WorkflowState::cancelled);
  ASSERT_TRUE(o_.delete_workflow(id));
  begin(id, {process("b"), process("a")});
  const AttemptAddress b = runner_.started(1);
  EXPECT_THAT(explained(id, "a", "previous_attempt"), HasSubstr("waits for the process of attempt 1 to end"));
  EXPECT_THAT(runner_.names(), ElementsAre("w.a", "w.b"));
  finish(first);
  const AttemptAddress second = runner_.started(2);
  EXPECT_EQ(second.attempt, 1U);
  EXPECT_THAT(runner_.names(), ElementsAre("w.a", "w.b", "w.a"));
  finish(b);
  finish(second);
  expect_end(id);
}

// What had arrived when the shard broke has ended, whichever life it is from.
TEST_F(LostAttempt, that_has_ended_keeps_nothing_waiting_when_the_shard_breaks_once_more) {
  const std::string id = begin("w", {process("a")});
  const AttemptAddress first = runner_.started(0);
  reset(id);
  (void)explained(id, "a", "previous_attempt");
  EXPECT_FALSE(harness_.call_on_shard_of(id, [&] {
    finish(first);
    PAWL_ASSERT(false, "put in by the test");
  }));
  finish(runner_.started(1));
  expect_end(id);
  EXPECT_EQ(o_.metrics().task_slots_in_use, 0U);
}

}  // namespace
}  // namespace pawl::testing
