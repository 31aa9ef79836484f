// What circuit breakers say as a source of permits is what they say to anyone.
#include "orchestrator/permits/breaker_permits.h"

#include <gtest/gtest.h>

#include "orchestrator/answer_test.h"
#include "orchestrator/shard/doubles_test.h"

namespace pawl::testing {
namespace {

class OneSource {
 public:
  static constexpr std::chrono::seconds kOpenFor{60};

  OneSource() {
    const Result<void> defined =
        answer_of(book.define("b", CircuitBreakerPolicy{.failure_threshold = 1, .timeout = kOpenFor}));
    PAWL_ASSERT(defined.has_value(), "{}", defined.error().message);
    source.on_available([this] { ++notified; });
  }
  PermitTicket acquire() { return source.try_acquire("b", clock.now()).value(); }
  void open() { source.end("b", acquire(), policy::Verdict::failure, clock.now()); }

  StandingClock clock;
  PolicyBook book{clock};
  BreakerPermits source{book};
  int notified = 0;
};

TEST(BreakerPermits, concern_tasks_that_name_a_breaker) {
  OneSource it;
  const DefinitionPtr free = define({task("a")});
  EXPECT_FALSE(it.source.concerns(*free));
  WorkflowSpec spec = guarded(1, "b");
  spec.tasks.push_back(task("free"));
  const DefinitionPtr some = define(spec);
  EXPECT_TRUE(it.source.concerns(*some));
  const core::Workflow workflow;
  EXPECT_EQ(it.source.key_of({.definition = *some, .workflow = workflow, .action = 0}), "b");
  EXPECT_EQ(it.source.key_of({.definition = *some, .workflow = workflow, .action = 1}), "");
}

TEST(BreakerPermits, are_refused_until_the_breaker_may_be_probed) {
  OneSource it;
  it.open();
  const auto refused = it.source.try_acquire("b", it.clock.now());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), it.clock.now() + OneSource::kOpenFor);
  EXPECT_EQ(it.source.available("b", it.clock.now()).count, 0U);
  EXPECT_EQ(it.source.available("b", it.clock.now()).next, it.clock.now() + OneSource::kOpenFor);
  it.clock.time += OneSource::kOpenFor;
  EXPECT_EQ(it.source.available("b", it.clock.now()).count, 1U);
  EXPECT_TRUE(it.source.try_acquire("b", it.clock.now()));
}

TEST(BreakerPermits, that_come_back_are_told_of_if_tasks_are_held) {
  OneSource it;
  it.open();
  it.clock.time += OneSource::kOpenFor;
  it.source.end("b", it.acquire(), policy::Verdict::none, {});
  EXPECT_EQ(it.notified, 0);
  it.source.count_held("b", 1);
  it.source.end("b", it.acquire(), policy::Verdict::none, {});
  EXPECT_EQ(it.notified, 1);
  EXPECT_EQ(it.book.check_breaker("b").value().held, 1U);
}

TEST(BreakerPermits, say_why_tasks_are_held) {
  OneSource it;
  it.open();
  EXPECT_EQ(it.source.hold_of("b").reason, &kCircuitOpen);
  EXPECT_EQ(it.source.hold_of("b").until, it.clock.wall() + OneSource::kOpenFor);
  it.clock.time += OneSource::kOpenFor;
  (void)it.acquire();
  EXPECT_EQ(describe(it.source.hold_of("b")), "circuit breaker \"b\" holds it and is half_open");
  EXPECT_EQ(describe(it.source.hold_of("none")), "circuit breaker \"none\" holds it");
}

}  // namespace
}  // namespace pawl::testing
