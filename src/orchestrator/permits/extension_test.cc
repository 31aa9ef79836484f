// The test of the design: a new kind of permit is one class and one row in the table. Nothing else knows of the limit
// in this file, and its tasks are held, explained, released and counted as those of a circuit breaker are.
#include <map>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "core/explain.h"
#include "orchestrator/answer_test.h"
#include "orchestrator/permits/permit_source.h"
#include "orchestrator/shard/parts_test.h"

namespace pawl::testing {
namespace {

// At most two tasks at a time of all workflows whose input has the same `customer`. As a real one it had a mutex.
class CustomerLimit final : public PermitSource {
 public:
  static constexpr std::size_t kTasks = 2;
  static constexpr HoldReason kReason{.code = "customer_limit", .text = "two tasks of customer {} are running"};

  [[nodiscard]] PermitStage stage() const override { return PermitStage::counts; }
  [[nodiscard]] const HoldReason& reason() const override { return kReason; }
  [[nodiscard]] bool concerns(const Definition&) const override { return true; }
  [[nodiscard]] std::string key_of(const PermitSubject& subject) const override {
    const Json input = subject.workflow.facts->input.parse();
    const auto* const customer = input.is_object() ? input.get_object().if_contains("customer") : nullptr;
    return customer != nullptr ? std::string(customer->as_string()) : std::string();
  }
  [[nodiscard]] std::expected<PermitTicket, Timestamp> try_acquire(const std::string& customer,
                                                                   Timestamp now) override {
    if (running_[customer] == kTasks) return std::unexpected(now);
    ++running_[customer];
    return ++changes_;
  }
  void end(const std::string& customer, PermitTicket, policy::Verdict, Timestamp) override {
    --running_[customer];
    ++changes_;
    if (held_[customer] > 0) notify_();
  }
  [[nodiscard]] AvailablePermits available(const std::string& customer, Timestamp) const override {
    return {.count = kTasks - running_.at(customer), .change = changes_};
  }
  void count_held(const std::string& customer, std::int64_t more) override { held_[customer] += more; }
  [[nodiscard]] Hold hold_of(const std::string& customer) const override {
    return {.reason = &kReason, .key = customer};
  }
  void on_available(std::function<void()> notify) override { notify_ = std::move(notify); }

 private:
  std::map<std::string, std::size_t> running_;
  std::map<std::string, std::int64_t> held_;
  std::uint64_t changes_ = 0;
  std::function<void()> notify_;
};

class LimitedParts {
 public:
  LimitedParts() {
    parts.node_permits.table().add(limit);  // the row
    parts.node_permits.table().on_available([this] { ++notified; });
  }
  LiveWorkflow& start(const std::string& id, const std::string& customer, std::size_t tasks = 1) {
    return start(id, customer, loose(tasks));
  }
  LiveWorkflow& start(const std::string& id, const std::string& customer, WorkflowSpec spec) {
    spec.input = boost::json::object{{"customer", customer}};
    return parts.start(id, spec);
  }
  static std::size_t running_in(const LiveWorkflow& workflow) { return workflow.state.running_tasks; }
  void complete(LiveWorkflow& workflow, TaskIndex task) {
    const AttemptAddress attempt = parts.attempt_of(workflow, task);
    (void)parts.attempts.end(attempt);
    ASSERT_TRUE(parts.decider.decide(workflow,
                                     command::CompleteTask{.action = task, .attempt = attempt.attempt, .result = {}}));
    parts.release();
  }
  std::optional<Hold> hold_of(const LiveWorkflow& workflow, ActionId action) {
    return parts.permits.hold_of(workflow, action, parts.timers.correction());
  }

  Parts parts;
  CustomerLimit limit;
  int notified = 0;
};

TEST(Extension, holds_what_exceeds_the_limit_of_its_key_and_releases_as_many_as_end) {
  LimitedParts it;
  LiveWorkflow& first = it.start("first", "acme");
  LiveWorkflow& second = it.start("second", "acme", 3);
  LiveWorkflow& other = it.start("other", "umbrella");
  LiveWorkflow& none = it.parts.start("none");
  it.parts.turn();
  EXPECT_EQ(it.running_in(first), 1U);
  EXPECT_EQ(it.running_in(second), 1U);
  EXPECT_EQ(it.running_in(other), 1U);
  EXPECT_EQ(it.running_in(none), 1U) << "it needs no permit";
  EXPECT_EQ(second.held_tasks, 2U);
  EXPECT_EQ(it.parts.slots.in_use(), 4U) << "a held task has no slot";
  EXPECT_FALSE(it.parts.scheduler.release_held());

  it.complete(first, 0);
  EXPECT_EQ(it.notified, 1);
  EXPECT_TRUE(it.parts.scheduler.release_held());
  EXPECT_EQ(second.held_tasks, 1U) << "one has ended, one is released";
  it.parts.turn();
  EXPECT_EQ(it.running_in(second), 2U);
  EXPECT_EQ(it.parts.permits.count_held(), (std::map<std::string, std::size_t>{{"acme", 1}}));
}

TEST(Extension, is_explained_as_every_hold_is) {
  LimitedParts it;
  LiveWorkflow& workflow = it.start("w", "acme", 3);
  it.parts.turn();
  ASSERT_TRUE(workflow.state.tasks[2].held);
  core::ExplainInputs inputs;
  inputs.hold = [&](ActionId action) { return it.hold_of(workflow, action); };
  const std::vector<Explanation> why = core::explain(workflow.state, inputs, 10);
  EXPECT_EQ(why.back().code, "customer_limit");
  EXPECT_EQ(why.back().text, "two tasks of customer \"acme\" are running");
  EXPECT_EQ(it.hold_of(workflow, 2)->since, kBegin);
}

// `on_open: fail` is about the breaker.
TEST(Extension, holds_a_task_that_would_rather_fail_than_wait_for_its_breaker) {
  LimitedParts it;
  ASSERT_TRUE(answer_of(it.parts.policies.define("b", CircuitBreakerPolicy{})));
  WorkflowSpec spec = guarded(3, "b");
  for (TaskSpec& task : spec.tasks) task.on_open = OnOpen::fail;
  LiveWorkflow& workflow = it.start("w", "acme", spec);
  it.parts.turn();
  EXPECT_EQ(it.running_in(workflow), 2U);
  EXPECT_TRUE(workflow.state.tasks[2].held);
  EXPECT_EQ(it.parts.policies.stats("b").value().evaluations, 2U) << "the breaker is not asked in vain";
  ASSERT_TRUE(answer_of(it.parts.policies.change_breaker("b", policy::force_open)));
  it.complete(workflow, 0);
  EXPECT_TRUE(it.parts.scheduler.release_held());
  it.parts.turn();
  EXPECT_EQ(it.parts.state_of(workflow, 2), TaskState::failed);
  EXPECT_EQ(it.limit.available("acme", kBegin).count, 1U) << "what it had acquired is given back";
}

TEST(Extension, forgets_what_a_cancelled_workflow_has) {
  LimitedParts it;
  LiveWorkflow& workflow = it.start("w", "acme", 4);
  it.parts.turn();
  ASSERT_TRUE(it.parts.decider.decide(workflow, command::CancelWorkflow{.reason = {}, .grace = Duration::zero()}));
  EXPECT_EQ(it.limit.available("acme", kBegin).count, CustomerLimit::kTasks);
  EXPECT_EQ(it.parts.permits.count_permitted(), 0U);
  EXPECT_FALSE(it.parts.permits.holds_any());
  it.parts.release();
}

}  // namespace
}  // namespace pawl::testing
