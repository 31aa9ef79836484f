// What becomes of a shard that breaks, and of those who wait for it: each is answered, and the process lives.
#include <atomic>
#include <future>
#include <new>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/assert.h"
#include "tests/support/node_harness.h"

namespace pawl::testing {
namespace {

using ::testing::HasSubstr;

// Breaks an invariant when a task of workflow `id` starts.
NodeHarness::OnEvent break_at_start_of(std::string id) {
  return [id = std::move(id)](const WorkflowFacts& facts, const Event& event) {
    const bool starts = std::holds_alternative<event::TaskStarted>(event) && facts.id.text() == id;
    PAWL_ASSERT(!starts, "put in by the test");
  };
}

// In memory there is nothing to start again from: that shard stays down, and says so; the other one goes on.
TEST(Supervision, leaves_a_shard_down_that_broke_in_memory_and_the_others_up) {
  const std::string broken = NodeHarness::id_on(0, 2);
  const std::string sound = NodeHarness::id_on(1, 2);
  NodeHarness harness(2, break_at_start_of(broken));
  NodeParts& o = harness.orchestrator();
  ASSERT_TRUE(o.start(std::nullopt));
  const DefinitionPtr definition = define({task("a")});
  ASSERT_TRUE(o.create_workflow(definition, {.id = broken}));
  (void)o.execute_workflow(broken);
  const auto lost = o.wait_workflow(broken, std::nullopt, {});
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, ErrorCode::internal);
  EXPECT_THAT(lost.error().message, HasSubstr("put in by the test"));
  EXPECT_EQ(o.get_workflow(broken).error().code, ErrorCode::internal);
  EXPECT_EQ(o.create_workflow(definition, {.id = broken}).error().code, ErrorCode::internal);
  EXPECT_FALSE(o.metrics().healthy);
  ASSERT_TRUE(o.create_workflow(definition, {.id = sound}));
  ASSERT_TRUE(o.execute_workflow(sound));
  EXPECT_EQ(o.wait_workflow(sound, std::nullopt, {}).value().status.state, WorkflowState::completed);
}

// It had waited for the only task slot, and would have been handed it next.
TEST(Supervision, gives_the_task_slots_of_a_shard_that_broke_to_the_others) {
  const std::string waiting = NodeHarness::id_on(0, 2);
  const std::string busy = NodeHarness::id_on(1, 2);
  constexpr std::size_t kSlots = 1;
  NodeHarness harness(2, {}, {}, kSlots);
  NodeParts& o = harness.orchestrator();
  std::promise<void> started;
  std::promise<void> released;
  ASSERT_TRUE(harness.handlers().add("user", "gate",
                                     [&](TaskContext&) -> TaskResult {
                                       started.set_value();
                                       released.get_future().wait();
                                       return Json(1);
                                     },
                                     {}));
  ASSERT_TRUE(o.start(std::nullopt));
  TaskSpec gate = task("a", {}, "gate");
  gate.module = "user";
  ASSERT_TRUE(o.start_workflow(define({gate, task("b", {"a"})}), {.id = busy}));
  started.get_future().wait();
  ASSERT_TRUE(o.start_workflow(define({task("a")}), {.id = waiting}));
  ASSERT_TRUE(harness.call_on_shard_of(waiting, [] {}));  // the turn before has looked for a slot
  EXPECT_FALSE(harness.call_on_shard_of(waiting, [] { PAWL_ASSERT(false, "put in by the test"); }));
  released.set_value();
  EXPECT_EQ(o.wait_workflow(busy, std::chrono::seconds(60), {}).value().status.state, WorkflowState::completed);
}

// A wait that began before the shard broke ends, too.
TEST(Supervision, ends_the_waits_for_workflows_of_a_shard_that_breaks) {
  std::atomic<bool> breaks{false};
  NodeHarness harness(1, [&](const WorkflowFacts&, const Event&) { PAWL_ASSERT(!breaks, "put in by the test"); });
  NodeParts& o = harness.orchestrator();
  ASSERT_TRUE(o.start(std::nullopt));
  const DefinitionPtr definition = define({task("a")});
  ASSERT_TRUE(o.create_workflow(definition, {.id = "waited for"}));
  std::atomic<bool> waits{false};
  std::jthread waiter([&] {
    waits = true;
    EXPECT_EQ(o.wait_workflow("waited for", std::nullopt, {}).error().code, ErrorCode::internal);
  });
  while (!waits) std::this_thread::yield();
  breaks = true;
  (void)o.create_workflow(definition, {.id = "breaks"});
}

// The reply is known to nobody yet when the call breaks: it is sent all the same.
TEST(Supervision, answers_a_call_in_the_middle_of_which_an_invariant_breaks) {
  NodeHarness harness(1);
  NodeParts& o = harness.orchestrator();
  ASSERT_TRUE(o.start(kStored));
  const auto definition = define({task("a")});
  ASSERT_TRUE(o.create_workflow(definition, {.id = "w"}));
  for (const bool is_invariant : {true, false}) {
    const auto broken = harness.call_on_shard_of("w", [&] {
      PAWL_ASSERT(!is_invariant, "put in by the test");
      throw std::bad_alloc();
    });
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().code, ErrorCode::internal);
    // It reads what it knew from the store.
    Result<WorkflowStatus> status = o.get_workflow_status("w");
    while (!status) status = o.get_workflow_status("w");
    EXPECT_EQ(status->state, WorkflowState::pending);
  }
  EXPECT_EQ(o.metrics().restarts, 2U);
}

// What is told of the first task's end breaks an invariant once; the workflow ends all the same.
TEST(Supervision, starts_a_shard_again_whose_invariant_broke) {
  std::atomic<bool> broken{false};
  NodeHarness harness(1, [&](const WorkflowFacts&, const Event& event) {
    if (std::holds_alternative<event::TaskCompleted>(event)) PAWL_ASSERT(broken.exchange(true), "put in by the test");
  });
  NodeParts& o = harness.orchestrator();
  ASSERT_TRUE(o.start(kStored));
  const auto id = o.start_workflow(define({task("a"), task("b", {"a"})}), {});
  ASSERT_TRUE(id);
  auto report = o.wait_workflow(*id, std::nullopt, {});
  while (!report) report = o.wait_workflow(*id, std::nullopt, {});  // its shard went down: it asks again
  EXPECT_EQ(report->status.state, WorkflowState::completed);
  EXPECT_EQ(o.metrics().restarts, 1U);
  EXPECT_TRUE(o.metrics().healthy);
}

// To acquire a store takes as long as the disk does: whoever asks for nothing that is there is answered meanwhile.
TEST(Supervision, answers_what_needs_no_store_while_it_is_acquired_anew) {
  enum class Write : std::uint8_t { passes, fails, waits };
  std::atomic<Write> next{Write::passes};
  std::promise<void> acquiring;
  std::promise<void> released;
  NodeHarness harness(1, {}, [&]() -> Result<void> {
    switch (next.load()) {
      case Write::passes:
        break;
      case Write::fails:
        next = Write::waits;
        return fail(ErrorCode::unavailable, "put in by the test");
      case Write::waits:
        next = Write::passes;
        acquiring.set_value();
        released.get_future().wait();
        break;
    }
    return {};
  });
  NodeParts& o = harness.orchestrator();
  ASSERT_TRUE(o.start(kStored));
  const auto definition = define({task("a")});
  ASSERT_TRUE(o.create_workflow(definition, {.id = "before"}));
  next = Write::fails;
  EXPECT_EQ(o.create_workflow(definition, {.id = "fails"}).error().code, ErrorCode::unavailable);
  acquiring.get_future().wait();
  EXPECT_FALSE(o.metrics().healthy);
  EXPECT_TRUE(o.is_persistent());
  released.set_value();
  while (!o.get_workflow_status("before")) std::this_thread::yield();
  EXPECT_TRUE(o.create_workflow(definition, {.id = "fails"}));
}

// The supervisor gives up in the end, and says so; what is stored is none the worse.
TEST(Supervision, gives_up_on_a_shard_that_breaks_again_and_again) {
  std::atomic<bool> breaks{true};
  NodeHarness harness(1, [&](const WorkflowFacts&, const Event& event) {
    PAWL_ASSERT(!breaks || !std::holds_alternative<event::TaskStarted>(event), "put in by the test");
  });
  NodeParts& o = harness.orchestrator();
  ASSERT_TRUE(o.start(kStored));
  constexpr std::uint64_t kMostRestarts = 5;
  for (int i = 0; o.metrics().restarts <= kMostRestarts; ++i) {
    const auto id = o.start_workflow(define({task("a")}), {.id = "w" + std::to_string(i)});
    if (id) (void)o.wait_workflow(*id, std::nullopt, {});
  }
  EXPECT_FALSE(o.metrics().healthy);
  EXPECT_THAT(o.metrics().problem, HasSubstr("shard 0 is down"));
  EXPECT_THAT(o.metrics().problem, HasSubstr("put in by the test"));
  EXPECT_THAT(o.start_workflow(define({task("a")}), {}).error().message, HasSubstr("put in by the test"));
}

// Threads that ask all the time while shards break and reload: every call returns.
TEST(Supervision, leaves_no_call_unanswered_under_load) {
  constexpr int kThreads = 4;
  constexpr int kCalls = 500;
  NodeHarness harness(2);
  NodeParts& o = harness.orchestrator();
  ASSERT_TRUE(o.start(kStored));
  const DefinitionPtr definition = define({task("a")});
  {
    std::vector<std::jthread> callers;
    for (int thread = 0; thread < kThreads; ++thread)
      callers.emplace_back([&, thread] {
        for (int i = 0; i < kCalls; ++i) {
          const auto id = o.start_workflow(definition, {});
          if (id) (void)o.wait_workflow(*id, std::nullopt, {});
          if (thread == 0 && i % (kCalls / 4) == 1)
            (void)harness.call_on_shard_of("w", [] { throw std::runtime_error("put in by the test"); });
        }
      });
  }
  EXPECT_GE(o.metrics().restarts, 1U);
}

// A caller that has posted its call when the shard ends is told so.
TEST(Supervision, answers_calls_that_come_while_the_engine_stops) {
  constexpr int kThreads = 3;
  NodeHarness harness(2);
  NodeParts& o = harness.orchestrator();
  ASSERT_TRUE(o.start(std::nullopt));
  const DefinitionPtr definition = define({task("a")});
  std::atomic<int> busy{0};
  {
    std::vector<std::jthread> callers;
    for (int thread = 0; thread < kThreads; ++thread)
      callers.emplace_back([&] {
        Result<std::string> id = o.start_workflow(definition, {});
        for (++busy; id; id = o.start_workflow(definition, {})) (void)o.get_workflow_status(*id);
        EXPECT_EQ(id.error().code, ErrorCode::unavailable);
      });
    while (busy < kThreads) std::this_thread::yield();
    o.stop();
  }
  EXPECT_EQ(o.get_workflow("w").error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace pawl::testing
