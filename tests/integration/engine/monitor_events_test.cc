// What subscribers are told.
#include <future>
#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pawl/engine.h"

#include "tests/support/engine.h"

namespace pawl::testing {
namespace {

TEST(Monitor, tells_what_happens_in_order) {
  Engine engine;
  std::mutex mutex;
  std::vector<std::string> told;
  std::promise<void> ended;
  const Result<SubscriptionId> id = engine.monitor().subscribe([&](const WorkflowEvent& event) {
    const std::lock_guard lock(mutex);
    told.push_back(std::string(event.type) + (event.task.empty() ? "" : " " + event.task));
    if (event.type == "workflow_completed") ended.set_value();
  });
  (void)engine.handlers().add("user", "talks", [](TaskContext& task) -> TaskResult {
    task.report_progress(0.5, "half way");
    task.log("hello");
    return nullptr;
  });
  run(engine, define({user_task("a", "talks"), task("b", {"a"})}));
  ended.get_future().wait();
  ASSERT_TRUE(engine.monitor().unsubscribe(*id));
  EXPECT_EQ(engine.monitor().unsubscribe(*id).error().code, ErrorCode::not_found);
  EXPECT_EQ(told, (std::vector<std::string>{"workflow_created", "workflow_started", "task_started a", "task_progress a",
                                            "task_output a", "task_completed a", "task_started b", "task_completed b",
                                            "workflow_completed"}));
}

TEST(Monitor, tells_a_subscriber_only_the_types_it_named) {
  Engine engine;
  std::promise<std::string> first;
  ASSERT_TRUE(engine.monitor().subscribe(
      [&](const WorkflowEvent& event) { first.set_value(std::string(event.type) + " " + event.task); },
      {"task_completed"}));
  run(engine, define({task("a")}));
  EXPECT_EQ(first.get_future().get(), "task_completed a");
}

TEST(Monitor, refuses_a_type_that_does_not_exist) {
  Engine engine;
  const auto refused = engine.monitor().subscribe([](const WorkflowEvent&) {}, {"task_complete"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(refused.error().message, ::testing::HasSubstr("did you mean \"task_completed\""));
}

}  // namespace
}  // namespace pawl::testing
