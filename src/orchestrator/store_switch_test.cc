// Persistence is switched on and off for all shards and the policies, or for none of them.
#include <atomic>
#include <optional>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/node_harness.h"
#include "tests/support/operation_steps.h"

namespace pawl::testing {
namespace {

constexpr std::size_t kShards = 4;

void create(NodeParts& o, int count, const std::string& prefix) {
  const DefinitionPtr definition = define({task("a")});
  for (int i = 0; i < count; ++i) ASSERT_TRUE(o.create_workflow(definition, {.id = prefix + std::to_string(i)}));
}

void expect_all_to_complete(NodeParts& o, int count, const std::string& prefix) {
  for (int i = 0; i < count; ++i) {
    const std::string id = prefix + std::to_string(i);
    const auto started = o.execute_workflow(id);
    ASSERT_TRUE(started) << describe(started.error());
    EXPECT_EQ(o.wait_workflow(id, std::nullopt, {}).value().status.state, WorkflowState::completed);
  }
}

// The disk fills up when some shards have copied what they know. All go on in memory, and it can be tried again.
TEST(StoreSwitch, changes_nothing_when_a_shard_cannot_store_what_it_knows) {
  constexpr int kWorkflows = 20;
  for (int fails_at = 0; fails_at < 12; ++fails_at) {
    std::atomic<int> writes{-1};  // before the failure; negative: none comes
    NodeHarness harness(kShards, {}, [&]() -> Result<void> {
      if (writes >= 0 && writes-- == 0) return fail(ErrorCode::unavailable, "the disk is full");
      return {};
    });
    NodeParts& o = harness.orchestrator();
    ASSERT_TRUE(o.start(std::nullopt));
    ASSERT_TRUE(o.policy().define_policy("p", RetryPolicy{}));
    create(o, kWorkflows, "w");
    writes = fails_at;
    const Result<void> enabled = o.enable(kStored);
    writes = -1;
    EXPECT_EQ(enabled.has_value(), o.is_persistent()) << fails_at;
    EXPECT_TRUE(o.metrics().healthy) << o.metrics().problem;
    if (!enabled) {
      ASSERT_TRUE(o.enable(kStored));
    }
    EXPECT_TRUE(o.is_persistent());
    expect_all_to_complete(o, kWorkflows, "w");
    EXPECT_EQ(o.metrics().restarts, 0U);
  }
}

// An inbox that is full for a moment is no reason to fail.
TEST(StoreSwitch, is_made_under_load_and_loses_nothing) {
  constexpr int kThreads = 3;
  NodeHarness harness(kShards);
  NodeParts& o = harness.orchestrator();
  ASSERT_TRUE(o.start(std::nullopt));
  const DefinitionPtr definition = define({task("a"), task("b", {"a"})});
  std::atomic<bool> done{false};
  std::atomic<std::uint64_t> completed{0};
  {
    std::vector<std::jthread> callers;
    for (int thread = 0; thread < kThreads; ++thread)
      callers.emplace_back([&] {
        while (!done) {
          const auto id = o.start_workflow(definition, {});
          if (!id) {
            EXPECT_EQ(id.error().code, ErrorCode::unavailable) << describe(id.error());
            continue;
          }
          // `not_found`: it had ended in the store that was left.
          const auto report = o.wait_workflow(*id, std::nullopt, {});
          if (report && report->status.state == WorkflowState::completed) ++completed;
          EXPECT_TRUE(report || report.error().code == ErrorCode::not_found) << describe(report.error());
        }
      });
    for (int i = 0; i < 10; ++i) {
      const std::uint64_t before = completed;
      while (completed == before) std::this_thread::yield();
      const Result<void> enabled = o.enable({.data_dir = "x"});
      ASSERT_TRUE(enabled) << describe(enabled.error());
      const Result<void> disabled = o.disable();
      ASSERT_TRUE(disabled) << describe(disabled.error());
    }
    done = true;
  }
  EXPECT_TRUE(o.metrics().healthy);
  EXPECT_EQ(o.metrics().restarts, 0U);
}

// A policy that means something else there is found before anything is copied.
TEST(StoreSwitch, refuses_a_shard_that_is_down) {
  const std::string broken = NodeHarness::id_on(0, kShards);
  NodeHarness harness(kShards);
  NodeParts& o = harness.orchestrator();
  ASSERT_TRUE(o.start(std::nullopt));
  (void)harness.call_on_shard_of(broken, [] { throw std::runtime_error("put in by the test"); });
  EXPECT_EQ(o.enable(kStored).error().code, ErrorCode::internal);
  EXPECT_FALSE(o.is_persistent());
  const std::string sound = NodeHarness::id_on(1, kShards);
  ASSERT_TRUE(o.start_workflow(define({task("a")}), {.id = sound}));
  EXPECT_TRUE(o.wait_workflow(sound, std::nullopt, {}));
}

// Each try finds that another caller was faster; there is an end to that.
TEST(ChangeDefinition, gives_up_when_others_are_always_faster) {
  NodeHarness harness(1);
  NodeParts& o = harness.orchestrator();
  ASSERT_TRUE(o.start(kStored));
  ASSERT_TRUE(o.create_workflow(define({task("a")}), {.id = "w"}));
  int faster = 0;
  const Result<void> added = change_definition(o.node(), "w", [&](WorkflowSpec& spec) -> Result<void> {
    EXPECT_TRUE(o.add_task("w", task("faster" + std::to_string(faster++))));
    spec.tasks.push_back(task("slow"));
    return {};
  });
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code, ErrorCode::conflict);
  EXPECT_TRUE(o.add_task("w", task("slow")));
}

// No workflow comes to refer to a policy while it is being deleted; the one or the other is refused.
TEST(DeletePolicy, leaves_no_workflow_behind_that_refers_to_it) {
  constexpr int kRounds = 50;
  NodeHarness harness(kShards);
  NodeParts& o = harness.orchestrator();
  ASSERT_TRUE(o.start(std::nullopt));
  WorkflowSpec spec = workflow({task("a")});
  spec.tasks[0].retry_policy_name = "p";
  const DefinitionPtr definition = define(spec);
  for (int round = 0; round < kRounds; ++round) {
    ASSERT_TRUE(o.policy().define_policy("p", RetryPolicy{}));
    std::atomic<bool> starts{false};
    Result<std::string> id;
    std::jthread creator([&] {
      starts = true;
      id = o.create_workflow(definition, {});
    });
    while (!starts) std::this_thread::yield();
    const Result<void> deleted = o.policy().delete_policy("p");
    creator.join();
    EXPECT_FALSE(deleted && id) << "workflow " << *id << " refers to nothing";
    if (id) {
      ASSERT_TRUE(o.cancel_workflow(*id, {}));
    } else {
      EXPECT_EQ(id.error().code, ErrorCode::not_found);
    }
    if (!deleted) {
      ASSERT_TRUE(o.policy().delete_policy("p"));
    }
  }
}

// The creation has found the policy and is about to go to its shard when the policy is deleted.
TEST(DeletePolicy, refuses_a_workflow_that_was_prepared_before) {
  NodeHarness harness(1);
  NodeParts& o = harness.orchestrator();
  ASSERT_TRUE(o.start(kStored));
  ASSERT_TRUE(o.policy().define_policy("p", RetryPolicy{}));
  WorkflowSpec spec = workflow({task("a")});
  spec.tasks[0].retry_policy_name = "p";
  const Result<operations::NewWorkflow> prepared = operations::prepare_workflow(o.node(), define(spec), {});
  ASSERT_TRUE(prepared);
  ASSERT_TRUE(o.policy().delete_policy("p"));
  const std::string& id = prepared->facts->id.text();
  Result<LiveWorkflow*> created = nullptr;
  bool is_outdated = false;
  ASSERT_TRUE(o.call_on_shard_of(id, [&] {
    created = operations::create_or_attach(o.node(), o.node().shard_of(id), *prepared, nullptr, is_outdated);
  }));
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code, ErrorCode::not_found);
}

TEST(DeletePolicy, keeps_ended_workflows_from_living_again_without_it) {
  NodeHarness harness(1);
  NodeParts& o = harness.orchestrator();
  ASSERT_TRUE(o.start(std::nullopt));
  ASSERT_TRUE(o.policy().define_policy("p", RetryPolicy{}));
  WorkflowSpec spec = workflow({task("a", {}, "fail")});
  spec.tasks[0].retry_policy_name = "p";
  ASSERT_TRUE(o.start_workflow(define(spec), {.id = "w"}));
  EXPECT_EQ(o.wait_workflow("w", std::nullopt, {}).value().status.state, WorkflowState::failed);
  ASSERT_TRUE(o.policy().delete_policy("p"));
  EXPECT_EQ(o.retry_workflow("w").error().code, ErrorCode::not_found);
  EXPECT_EQ(o.start_workflow(define(spec), {}).error().code, ErrorCode::not_found);
  ASSERT_TRUE(o.policy().define_policy("p", RetryPolicy{}));
  EXPECT_TRUE(o.retry_workflow("w"));
}

// Between the moment when the shard gives a workflow up and that when its removal is to be committed.
TEST(StoreSwitch, gives_an_id_back_whose_removal_it_interrupts) {
  NodeHarness harness(1);
  NodeParts& o = harness.orchestrator();
  ASSERT_TRUE(o.start(kStored));
  create(o, 1, "w");
  ASSERT_TRUE(o.cancel_workflow("w0"));
  HeldSteps steps;
  std::optional<Result<void>> deleted;
  operations::delete_workflow(call_of(o.node(), steps), request::DeleteWorkflow{.id = "w0"})
      .start(Completion::of<void>([&deleted](Result<void> answer) { deleted = std::move(answer); }));
  EXPECT_EQ(o.create_workflow(define({task("a")}), {.id = "w0"}).error().code, ErrorCode::unavailable);
  ASSERT_TRUE(o.disable());
  while (!deleted) steps.take();
  EXPECT_EQ(deleted->error().code, ErrorCode::not_found) << "the next store knows nothing of it";
  EXPECT_TRUE(o.create_workflow(define({task("a")}), {.id = "w0"}));
}

}  // namespace
}  // namespace pawl::testing
