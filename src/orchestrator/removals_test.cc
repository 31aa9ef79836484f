// Removals that are asked for together, as retention asks for them, share commits.
#include <atomic>
#include <deque>
#include <optional>

#include <gtest/gtest.h>

#include "tests/support/node_harness.h"
#include "tests/support/operation_steps.h"

namespace pawl::testing {
namespace {

// Holds up the thread of a shard until it is let go.
class HeldShard {
 public:
  explicit HeldShard(Shard& shard) {
    (void)shard.mailbox().post([this](Shard&) {
      const MutexLock lock(mutex_);
      while (held_) changed_.wait(mutex_);
    });
  }
  void let_go() {
    const MutexLock lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }

 private:
  Mutex mutex_;
  ConditionVariable changed_;
  bool held_ PAWL_GUARDED_BY(mutex_) = true;
};

TEST(Removals, that_are_asked_for_together_share_commits) {
  constexpr int kMany = 40;
  std::atomic<int> writes = 0;
  NodeHarness harness(1, {}, [&writes]() -> Result<void> {
    ++writes;
    return {};
  });
  NodeParts& o = harness.orchestrator();
  ASSERT_TRUE(o.start(kStored));
  const DefinitionPtr definition = define({task("a")});
  const auto id_of = [](int i) { return "w" + std::to_string(i); };
  for (int i = 0; i < kMany; ++i) {
    ASSERT_TRUE(o.create_workflow(definition, {.id = id_of(i)}));
    ASSERT_TRUE(o.cancel_workflow(id_of(i)));
  }
  HeldSteps steps;
  std::deque<std::optional<Result<void>>> deleted;
  for (int i = 0; i < kMany; ++i)
    operations::delete_workflow(call_of(o.node(), steps), request::DeleteWorkflow{.id = id_of(i)})
        .start(Completion::of<void>([&answer = deleted.emplace_back()](Result<void> it) { answer = std::move(it); }));
  steps.wait_for(kMany);  // the shard has given all of them up
  HeldShard shard(o.node().shard_of(id_of(0)));
  const int writes_before = writes;
  for (int i = 0; i < kMany; ++i) steps.take();  // its removal is committed next
  shard.let_go();
  for (int i = 0; i < kMany; ++i) steps.take();
  for (const auto& each : deleted) EXPECT_TRUE(each.value());
  EXPECT_LT(writes - writes_before, kMany / 4);
  EXPECT_TRUE(o.list_workflows().value().empty());
}

}  // namespace
}  // namespace pawl::testing
