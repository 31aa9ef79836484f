// A breaker's changes are recorded in their order, as it stands after each; how it stands survives its process.
#include "orchestrator/policies/breakers.h"

#include <gtest/gtest.h>

#include "model/records/breaker.h"
#include "orchestrator/shard/doubles_test.h"

namespace pawl {
namespace {

constexpr CircuitBreakerPolicy kPolicy{
    .failure_threshold = 2, .success_threshold = 1, .timeout = std::chrono::seconds(10), .probes = 1};

class OneBreaker {
 public:
  OneBreaker() {
    breakers.record_with([this](const RecordChange& change) {
      EXPECT_EQ(change.key, "b");
      recorded.push_back(decode_breaker("b", *change.value).value().state);
    });
    breakers.put("b", kPolicy);
  }
  void fail() {
    const Breakers::Answer answer = breakers.try_acquire("b", clock.now());
    breakers.record_outcome("b", answer.period, policy::Verdict::failure, clock.now());
  }

  testing::StandingClock clock;
  Breakers breakers{clock};
  std::vector<BreakerState> recorded;
};

TEST(Breakers, record_each_change_of_state_and_no_count) {
  OneBreaker it;
  it.fail();
  EXPECT_TRUE(it.recorded.empty());
  it.fail();
  EXPECT_EQ(it.recorded, std::vector<BreakerState>{BreakerState::open});
  it.clock.time += kPolicy.timeout;
  const Breakers::Answer probe = it.breakers.try_acquire("b", it.clock.now());
  EXPECT_TRUE(probe.allowed);
  EXPECT_FALSE(it.breakers.try_acquire("b", it.clock.now()).allowed);
  it.breakers.record_outcome("b", probe.period, policy::Verdict::success, it.clock.now());
  EXPECT_EQ(it.recorded,
            (std::vector<BreakerState>{BreakerState::open, BreakerState::half_open, BreakerState::closed}));
}

TEST(Breakers, record_at_the_end_what_they_have_counted_since) {
  OneBreaker it;
  it.breakers.record_counts();
  EXPECT_TRUE(it.recorded.empty());
  it.fail();
  it.breakers.record_counts();
  it.breakers.record_counts();
  EXPECT_EQ(it.recorded, std::vector<BreakerState>{BreakerState::closed});
}

TEST(Breakers, stand_as_they_were_recorded) {
  OneBreaker it;
  it.fail();
  it.fail();
  const BreakerReport stored = it.breakers.all_stored().at(0).second;
  EXPECT_EQ(stored.state, BreakerState::open);
  Breakers next(it.clock);
  next.put("b", kPolicy, next.from_stored(stored, kPolicy));
  EXPECT_FALSE(next.try_acquire("b", it.clock.now()).allowed);
  it.clock.time += kPolicy.timeout;
  EXPECT_TRUE(next.try_acquire("b", it.clock.now()).allowed);
  next.put("b", kPolicy, {});
  EXPECT_EQ(next.state_of("b").value().state, BreakerState::half_open) << "one that is there goes on as it stands";
}

TEST(Breakers, are_counted_by_name_for_what_they_hold_whether_they_exist_or_not) {
  OneBreaker it;
  EXPECT_TRUE(it.breakers.try_acquire("none", it.clock.now()).allowed);
  EXPECT_FALSE(it.breakers.decisions("none"));
  EXPECT_EQ(it.breakers.available_permits("none", it.clock.now()).count, AvailablePermits::kUnlimited);
  it.breakers.count_held("b", 2);
  EXPECT_EQ(it.breakers.report("b").value().held, 2U);
  it.breakers.erase("b");
  EXPECT_FALSE(it.breakers.report("b"));
  it.breakers.put("b", kPolicy);
  EXPECT_EQ(it.breakers.report("b").value().held, 2U);
}

}  // namespace
}  // namespace pawl
