// What policies cost: one decision of each, and 100,000 tasks that a circuit breaker holds and lets go.
#include <algorithm>
#include <cstdlib>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <malloc.h>

#include "pawl/engine.h"

#include "base/time.h"
#include "bench/bench.h"
#include "load/load.h"
#include "orchestrator/policy_book.h"
#include "policy/retry.h"
#include "policy/timeout.h"
#include "tests/support/graphs.h"

namespace pawl::bench {
namespace {

template <class Call>
double ns_per_call(const Call& call) {
  constexpr int kCalls = 1'000'000;
  const auto begin = Clock::now();
  for (int i = 0; i < kCalls; ++i) call(static_cast<std::uint32_t>(i));
  return rounded(ns_between(begin, Clock::now()) / kCalls);
}

// So that the compiler does not leave out what nobody looks at.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "r,m"(value) : "memory");
}

}  // namespace

boost::json::object bench_policies() {
  policy::Catalog catalog;
  for (int i = 0; i < 100; ++i)
    catalog.put("retry" + std::to_string(i),
                {.version = 1, .config = RetryPolicy{.max_attempts = 10, .retryable_errors = {"timeout", "boom"}}});
  catalog.put("short", {.version = 1, .config = TimeoutPolicy{.per_task_timeouts = {{"slow", Duration(1)}}}});
  const TaskError error("boom", "it broke");
  boost::json::object out;
  out["retry_ns"] = ns_per_call([&](std::uint32_t i) {
    const auto found = catalog.find<RetryPolicy>("retry42");
    keep(policy::retry_delay(found.config, 1 + i % 8, error, 0.5));
  });
  out["timeout_ns"] = ns_per_call([&](std::uint32_t) {
    const auto found = catalog.find<TimeoutPolicy>("short");
    keep(policy::timeout_of(found.config, std::nullopt, "task"));
  });
  const SystemClock clock;
  PolicyBook book(clock);
  std::optional<Result<void>> defined;
  book.define("payments", CircuitBreakerPolicy()).start(Completion::of<void>([&](Result<void> answer) {
    defined = std::move(answer);
  }));
  if (!defined || !*defined) std::abort();
  const Timestamp now = clock.now();
  out["circuit_breaker_ns"] = ns_per_call([&](std::uint32_t) {
    const Breakers::Answer answer = book.try_acquire("payments", now);
    book.record_outcome("payments", answer.period, policy::Verdict::success, now);
  });
  return out;
}

boost::json::object bench_held() {
  constexpr std::size_t kTasks = 100'000;
  Engine engine({.shards = 1});
  Orchestrator& orchestrator = engine.orchestrator();
  (void)engine.policy().define_policy("payments", CircuitBreakerPolicy());
  WorkflowSpec spec = testing::workflow({}, "held");
  for (std::size_t i = 0; i < kTasks; ++i) {
    spec.tasks.push_back(testing::task(testing::task_name(i)));
    spec.tasks.back().circuit_breaker = "payments";
  }
  const std::string other = *orchestrator.create_workflow(testing::define({testing::task("a")}), {});
  const std::string id = *orchestrator.create_workflow(testing::define(spec), {});
  (void)engine.policy().force_open_circuit_breaker("payments");
  ::malloc_trim(0);
  const std::size_t before = resident_bytes();
  (void)orchestrator.execute_workflow(id);
  while (engine.policy().check_circuit_breaker("payments").value().held < kTasks) std::this_thread::yield();
  ::malloc_trim(0);
  const std::size_t after = resident_bytes();
  // How long the shard leaves a question about another workflow unanswered, while it lets them go.
  double longest = 0;
  const auto begin = Clock::now();
  (void)engine.policy().reset_circuit_breaker("payments");
  while (!is_terminal(orchestrator.get_workflow_status(id).value().state)) {
    const auto asked = Clock::now();
    (void)orchestrator.get_workflow_status(other);
    longest = std::max(longest, ns_between(asked, Clock::now()));
  }
  return {{"tasks", kTasks},
          {"bytes_per_held_task", rounded(static_cast<double>(after - before) / kTasks)},
          {"released_and_run_ms", rounded(ns_between(begin, Clock::now()) / 1e6)},
          {"longest_reply_meanwhile_ms", rounded(longest / 1e6)}};
}

}  // namespace pawl::bench
