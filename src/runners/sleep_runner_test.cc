// What test.sleep makes ends once: when its time has come, or when it is told to stop, or with an error.
#include "runners/sleep_runner.h"

#include <condition_variable>
#include <map>
#include <mutex>

#include <gtest/gtest.h>

namespace pawl {
namespace {

class Ends final : public AttemptSink {
 public:
  void finished(const AttemptAddress& address, AttemptOutcome outcome) override {
    const std::lock_guard lock(mutex_);
    order_.push_back(address.action.task);
    errors_[address.action.task] = outcome.error ? outcome.error->code : "";
    arrived_.notify_all();
  }
  void wrote(const Assignment&, bool, std::string_view) override {}
  void progressed(const Assignment&, double, std::string_view) override {}

  std::vector<TaskIndex> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [&] { return order_.size() >= count; });
    return order_;
  }
  std::string error(TaskIndex task) {
    const std::lock_guard lock(mutex_);
    return errors_[task];
  }

 private:
  std::mutex mutex_;  // guards all below
  std::condition_variable arrived_;
  std::vector<TaskIndex> order_;
  std::map<TaskIndex, std::string> errors_;
};

WorkflowFacts facts_of(const std::vector<Json>& args) {
  WorkflowSpec spec{.name = "sleeps"};
  for (std::size_t i = 0; i < args.size(); ++i)
    spec.tasks.push_back({.id = std::to_string(i), .module = "test", .function = "sleep", .args = args[i]});
  return {.id = WorkflowId("w"), .definition = make_definition(spec).value()};
}

std::vector<Assignment> assignments_of(const WorkflowFacts& facts) {
  std::vector<Assignment> made(facts.definition->task_count());
  for (TaskIndex i = 0; i < facts.definition->task_count(); ++i) {
    made[i].address = {.route = {}, .action = i, .attempt = 1};
    made[i].facts = &facts;
    made[i].args = facts.definition->args(i);
  }
  return made;
}

TEST(SleepRunner, ends_attempts_in_the_order_of_their_times) {
  Ends ends;
  SleepRunner runner(ends);
  const WorkflowFacts facts = facts_of({args("40ms"), args("1ms"), args("20ms")});
  std::vector<Assignment> made = assignments_of(facts);
  runner.start(made);
  EXPECT_EQ(ends.wait_for(3), (std::vector<TaskIndex>{1, 2, 0}));
  EXPECT_EQ(ends.error(0), "");
}

TEST(SleepRunner, ends_an_attempt_that_is_told_to_stop) {
  Ends ends;
  SleepRunner runner(ends);
  const WorkflowFacts facts = facts_of({args("1h"), args("1ms")});
  std::vector<Assignment> made = assignments_of(facts);
  runner.start(made);
  runner.stop(made[0].address, Duration(0));
  runner.stop(made[0].address, Duration(0));
  (void)ends.wait_for(2);
  runner.stop(made[1].address, Duration(0));
  EXPECT_EQ(ends.wait_for(2).size(), 2U) << "each ends once";
  EXPECT_EQ(ends.error(0), "cancelled");
  EXPECT_EQ(ends.error(1), "");
}

// As a wait does; the last one is in order where it is stored.
TEST(SleepRunner, fails_an_attempt_whose_args_are_no_duration) {
  Ends ends;
  SleepRunner runner(ends);
  const WorkflowFacts facts = facts_of({args("soon"), args("${{ 30 }}"), args(30)});
  std::vector<Assignment> made = assignments_of(facts);
  made[1].args = JsonText::copy_of("[30]");
  runner.start(made);
  (void)ends.wait_for(3);
  EXPECT_EQ(ends.error(0), "invalid_argument");
  EXPECT_EQ(ends.error(1), "invalid_argument") << "who computes this may mean seconds";
  EXPECT_EQ(ends.error(2), "");
}

TEST(SleepRunner, reports_nothing_once_it_has_been_stopped) {
  Ends ends;
  SleepRunner runner(ends);
  const WorkflowFacts facts = facts_of({args("1h"), args("1ms")});
  std::vector<Assignment> made = assignments_of(facts);
  runner.start(std::span(made).first(1));
  runner.stop_all();
  runner.start(std::span(made).last(1));
  EXPECT_TRUE(ends.wait_for(0).empty());
}

}  // namespace
}  // namespace pawl
