#include "core/invariants.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/harness_test.h"

namespace pawl::core {
namespace {

using pawl::testing::define;
using pawl::testing::task;
using ::testing::HasSubstr;

// a has completed, b can start, c runs and d waits for both of them.
Workflow half_done() {
  Harness h(define({task("a"), task("b", {"a"}), task("c"), task("d", {"b", "c"})}));
  PAWL_ASSERT(h.send(command::StartWorkflow{}).has_value(), "it does not start");
  for (const char* const id : {"a", "c"})
    PAWL_ASSERT(h.send(command::StartTask{h.index(id)}).has_value(), "{} does not start", id);
  PAWL_ASSERT(h.send(command::CompleteTask{h.index("a"), 1, {}}).has_value(), "a does not complete");
  return h.workflow;
}

TEST(Invariants, hold_of_a_workflow_that_runs) { EXPECT_EQ(broken_invariant(half_done()), std::nullopt); }

TEST(Invariants, find_each_mistake) {
  const std::vector<std::pair<std::function<void(Workflow&)>, const char*>> mistakes = {
      {[](Workflow& w) { ++w.running_tasks; }, "running tasks: 2 are counted, but there are 1"},
      {[](Workflow& w) { --w.completed_tasks; }, "completed tasks: 0 are counted"},
      {[](Workflow& w) { ++w.failed_tasks; }, "failed tasks: 1 are counted"},
      {[](Workflow& w) { ++w.skipped_tasks; }, "skipped tasks: 1 are counted"},
      {[](Workflow& w) { ++w.cancelled_tasks; }, "cancelled tasks: 1 are counted"},
      {[](Workflow& w) { --w.open_tasks; }, "open tasks: 2 are counted"},
      {[](Workflow& w) { w.after.edit().compensated_tasks = 1; }, "compensated tasks: 1 are counted"},
      {[](Workflow& w) { w.tasks.pop_back(); }, "records: 4 are counted, but there are 3"},
      {[](Workflow& w) { w.tasks[2].attempt = 0; }, "task 2: it is running without an attempt"},
      {[](Workflow& w) { w.tasks[2].retry_waits = true; }, "task 2: a retry is waiting"},
      {[](Workflow& w) { w.tasks[2].held = true; }, "task 2: it is held"},
      {[](Workflow& w) { w.ready.push(1); }, "task 1 is queued twice"},
      {[](Workflow& w) { w.ready.push(3); }, "task 3 is queued but cannot start"},
      {[](Workflow& w) { w.ready.push(9); }, "task 9 is queued but does not exist"},
      {[](Workflow& w) { w.ready.clear(); }, "task 1 could start but is not queued"},
      {[](Workflow& w) { w.ready.clear(), w.waiting.push(1); }, "task 1 is in the wrong queue"},
      {[](Workflow& w) { w.tasks[3].waiting_on = 1; },
       "dependencies that task 3 waits for: 1 are counted, but there are 2"},
      {[](Workflow& w) { w.after.edit().discarded = {2, 1}; }, "discarded actions are not in order"},
      {[](Workflow& w) { w.after.edit().retry_bases = {RetryBase{.action = 1}, RetryBase{.action = 1}}; },
       "retry bases are not in order"},
      {[](Workflow& w) { w.state = WorkflowState::completed; }, "it has ended, but some tasks have not"}};
  for (const auto& [make, message] : mistakes) {
    Workflow workflow = half_done();
    make(workflow);
    const auto broken = broken_invariant(workflow);
    ASSERT_TRUE(broken) << message;
    EXPECT_THAT(*broken, HasSubstr(message));
  }
}

}  // namespace
}  // namespace pawl::core
