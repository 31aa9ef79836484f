// The circuit breaker: step by step, and against a model that recounts everything each time it is asked.
#include "policy/circuit_breaker.h"

#include <set>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace pawl::policy {
namespace {

using namespace std::chrono_literals;

const Timestamp kStart(std::chrono::hours(1));
const CircuitBreakerPolicy kPolicy{.failure_threshold = 3, .success_threshold = 2, .timeout = 10s, .probes = 1};

void fail_once(Breaker& breaker, Timestamp now = kStart) {
  ASSERT_TRUE(try_acquire(breaker, kPolicy, now));
  record(breaker, kPolicy, breaker.period, Verdict::failure, now);
}

Breaker open_breaker() {
  Breaker breaker;
  for (int i = 0; i < 3; ++i) fail_once(breaker);
  return breaker;
}

TEST(CircuitBreaker, opens_after_so_many_failures_in_a_row) {
  Breaker breaker;
  fail_once(breaker);
  fail_once(breaker);
  record(breaker, kPolicy, breaker.period, Verdict::success, kStart);  // not in a row
  fail_once(breaker);
  fail_once(breaker);
  EXPECT_EQ(breaker.state, BreakerState::closed);
  fail_once(breaker);
  EXPECT_EQ(breaker.state, BreakerState::open);
  EXPECT_FALSE(try_acquire(breaker, kPolicy, kStart + 10s - 1ms));
}

TEST(CircuitBreaker, lets_so_many_probes_through_after_its_timeout) {
  Breaker breaker = open_breaker();
  CircuitBreakerPolicy policy = kPolicy;
  policy.probes = 2;
  EXPECT_EQ(available_permits(breaker, policy, kStart + 9s), 0U);
  EXPECT_EQ(available_permits(breaker, policy, kStart + 10s), 2U);
  EXPECT_TRUE(try_acquire(breaker, policy, kStart + 10s));
  EXPECT_EQ(breaker.state, BreakerState::half_open);
  EXPECT_TRUE(try_acquire(breaker, policy, kStart + 10s));
  EXPECT_FALSE(try_acquire(breaker, policy, kStart + 10s));
  record(breaker, policy, breaker.period, Verdict::none, kStart + 11s);  // cancelled: its place is free
  EXPECT_EQ(available_permits(breaker, policy, kStart + 11s), 1U);
  EXPECT_TRUE(try_acquire(breaker, policy, kStart + 11s));
}

TEST(CircuitBreaker, closes_after_enough_successes) {
  Breaker breaker = open_breaker();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(try_acquire(breaker, kPolicy, kStart + 10s));
    record(breaker, kPolicy, breaker.period, Verdict::success, kStart + 10s);
  }
  EXPECT_EQ(breaker.state, BreakerState::closed);
  EXPECT_EQ(breaker.failures, 0U);
}

TEST(CircuitBreaker, opens_again_when_a_probe_fails) {
  Breaker breaker = open_breaker();
  ASSERT_TRUE(try_acquire(breaker, kPolicy, kStart + 10s));
  record(breaker, kPolicy, breaker.period, Verdict::failure, kStart + 15s);
  EXPECT_EQ(breaker.state, BreakerState::open);
  EXPECT_FALSE(try_acquire(breaker, kPolicy, kStart + 24s));
  EXPECT_TRUE(try_acquire(breaker, kPolicy, kStart + 25s));
}

TEST(CircuitBreaker, does_not_listen_to_attempts_from_before_it_changed) {
  Breaker breaker;
  ASSERT_TRUE(try_acquire(breaker, kPolicy, kStart));
  const std::uint64_t before = breaker.period;
  for (int i = 0; i < 3; ++i) fail_once(breaker);
  ASSERT_TRUE(try_acquire(breaker, kPolicy, kStart + 10s));
  record(breaker, kPolicy, before, Verdict::success, kStart + 10s);
  EXPECT_EQ(breaker.successes, 0U);
  record(breaker, kPolicy, before, Verdict::failure, kStart + 10s);
  EXPECT_EQ(breaker.state, BreakerState::half_open);
}

TEST(CircuitBreaker, forced_open_stays_so_until_it_is_reset) {
  Breaker breaker;
  force_open(breaker);
  EXPECT_FALSE(try_acquire(breaker, kPolicy, kStart + 24h));
  reset(breaker);
  EXPECT_TRUE(try_acquire(breaker, kPolicy, kStart));
}

// Keeps all that ever happened since the breaker was last closed, opened or half opened, and counts it anew.
class Model {
 public:
  explicit Model(const CircuitBreakerPolicy& policy) : policy_(policy) {}

  int enter(Timestamp now) {  // the attempt's number, or -1
    if (state_ == BreakerState::open && !forced_ && now - opened_ >= policy_.timeout)
      become(BreakerState::half_open, now);
    if (state_ == BreakerState::open) return -1;
    if (state_ == BreakerState::half_open && under_way_.size() >= policy_.probes) return -1;
    under_way_.insert(next_);
    return next_++;
  }
  void leave(int attempt, Verdict verdict, Timestamp now) {
    if (under_way_.erase(attempt) == 0) return;  // from before
    if (verdict != Verdict::none) outcomes_.push_back(verdict);
    if (state_ == BreakerState::closed) {
      std::size_t in_a_row = 0;
      for (const Verdict each : outcomes_) in_a_row = each == Verdict::failure ? in_a_row + 1 : 0;
      if (in_a_row >= policy_.failure_threshold) become(BreakerState::open, now);
    } else {
      if (verdict == Verdict::failure) return become(BreakerState::open, now);
      if (outcomes_.size() >= policy_.success_threshold) become(BreakerState::closed, now);
    }
  }
  void become(BreakerState state, Timestamp now, bool forced = false) {
    state_ = state;
    forced_ = forced;
    opened_ = now;
    outcomes_.clear();
    under_way_.clear();
  }
  [[nodiscard]] BreakerState state() const { return state_; }

 private:
  const CircuitBreakerPolicy policy_;
  BreakerState state_ = BreakerState::closed;
  bool forced_ = false;
  Timestamp opened_;
  std::vector<Verdict> outcomes_;
  std::set<int> under_way_;
  int next_ = 0;
};

RC_GTEST_PROP(CircuitBreaker, does_what_the_model_does, ()) {
  const auto count = [](int from, int to) { return static_cast<std::uint32_t>(*rc::gen::inRange(from, to)); };
  const CircuitBreakerPolicy policy{.failure_threshold = count(1, 4),
                                    .success_threshold = count(1, 4),
                                    .timeout = std::chrono::milliseconds(*rc::gen::inRange(1, 20)),
                                    .probes = count(1, 4)};
  Breaker breaker;
  Model model(policy);
  struct Attempt {
    int number;
    std::uint64_t period;
  };
  std::vector<Attempt> under_way;
  Timestamp now = kStart;
  for (int step = 0; step < 200; ++step) {
    switch (*rc::gen::inRange(0, 12)) {
      case 0:
      case 1:
        now += std::chrono::milliseconds(*rc::gen::inRange(0, 15));
        break;
      case 2:
        if (*rc::gen::inRange(0, 10) > 0) break;
        reset(breaker);
        model.become(BreakerState::closed, now);
        break;
      case 3:
        if (*rc::gen::inRange(0, 10) > 0) break;
        force_open(breaker);
        model.become(BreakerState::open, now, true);
        break;
      case 4:
      case 5:
      case 6:
      case 7: {
        const int number = model.enter(now);
        RC_ASSERT(try_acquire(breaker, policy, now) == (number >= 0));
        if (number >= 0) under_way.push_back({.number = number, .period = breaker.period});
        break;
      }
      default: {
        if (under_way.empty()) break;
        const auto chosen = under_way.begin() + *rc::gen::inRange<std::ptrdiff_t>(0, std::ssize(under_way));
        const auto verdict = *rc::gen::element(Verdict::success, Verdict::failure, Verdict::failure, Verdict::none);
        model.leave(chosen->number, verdict, now);
        record(breaker, policy, chosen->period, verdict, now);
        under_way.erase(chosen);
        break;
      }
    }
    RC_ASSERT(breaker.state == model.state());
  }
}

}  // namespace
}  // namespace pawl::policy
