// Removals that are asked for together, as retention does, share commits: not one sync after the other.
#include <deque>
#include <optional>

#include <gtest/gtest.h>

#include "tests/support/node_harness.h"
#include "tests/support/operation_steps.h"

namespace pawl::testing {
namespace {

// A store of which one write can be held up, while others are counted.
class OneHeldWrite {
 public:
  void hold() {
    const MutexLock lock(mutex_);
    held_ = true;
    writes_ = 0;
  }
  void let_go() {
    const MutexLock lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }
  Result<void> write() {
    const MutexLock lock(mutex_);
    ++writes_;
    while (held_) changed_.wait(mutex_);
    return {};
  }
  int writes() {
    const MutexLock lock(mutex_);
    return writes_;
  }

 private:
  Mutex mutex_;
  ConditionVariable changed_;
  bool held_ PAWL_GUARDED_BY(mutex_) = false;
  int writes_ PAWL_GUARDED_BY(mutex_) = 0;
};

TEST(Removals, that_are_asked_for_together_share_commits) {
  constexpr int kMany = 40;
  OneHeldWrite disk;
  NodeHarness harness(1, {}, [&disk] { return disk.write(); });
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
  disk.hold();
  for (int i = 0; i < kMany; ++i) steps.take();  // its removal is committed next
  disk.let_go();
  for (int i = 0; i < kMany; ++i) steps.take();
  for (const auto& each : deleted) EXPECT_TRUE(each.value());
  EXPECT_LT(disk.writes(), kMany / 4);
  EXPECT_TRUE(o.list_workflows().value().empty());
}

}  // namespace
}  // namespace pawl::testing
