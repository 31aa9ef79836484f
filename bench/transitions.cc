// Latency of single steps: a transition on the shard's own thread, and a request from another thread.
#include <memory>
#include <thread>

#include "pawl/engine.h"

#include "bench/bench.h"
#include "core/decide.h"
#include "tests/support/graphs.h"

namespace pawl::bench {

boost::json::object bench_transition() {
  constexpr TaskIndex kTasks = 200'000;
  core::Workflow workflow;
  core::Turn turn;
  expression::Evaluator evaluator;
  const core::DecisionInputs inputs{.now = Timestamp(std::chrono::hours(500'000)), .random = 0.5};
  core::Decision decision(workflow, inputs, evaluator, turn);
  (void)core::decide(decision, command::CreateWorkflow{std::make_shared<const WorkflowFacts>(WorkflowFacts{
                                   .id = WorkflowId("w"), .definition = testing::define(testing::chain(kTasks))})});
  (void)core::decide(decision, command::StartWorkflow{});
  std::vector<double> samples;
  for (TaskIndex task = 0; task < kTasks; ++task) {
    turn.events.clear();
    turn.effects.clear();
    const auto begin = Clock::now();
    const bool started = core::decide(decision, command::StartTask{task}).has_value();
    const auto middle = Clock::now();
    const bool completed = core::decide(decision, command::CompleteTask{task, 1, {}}).has_value();
    const auto end = Clock::now();
    if (!started || !completed) std::abort();
    samples.push_back(ns_between(begin, middle));
    samples.push_back(ns_between(middle, end));
  }
  return {{"p50_ns", rounded(percentile(samples, 0.5))},
          {"p99_ns", rounded(percentile(samples, 0.99))},
          {"max_ns", rounded(samples.back())},
          {"includes_clock_reading", true}};
}

boost::json::object bench_reply() {
  constexpr int kRequests = 20'000;
  Engine engine({.shards = 1});
  Orchestrator& orchestrator = engine.orchestrator();
  const auto busy = testing::define(testing::chain(1'000'000));
  std::vector<double> idle_samples;
  std::vector<double> busy_samples;
  const auto ask = [&](const std::string& id, std::vector<double>& samples) {
    const auto begin = Clock::now();
    const auto status = orchestrator.get_workflow_status(id);
    samples.push_back(ns_between(begin, Clock::now()));
    return status && !is_terminal(status->state);
  };
  const std::string waiting = *orchestrator.create_workflow(busy, {});
  for (int i = 0; i < kRequests; ++i) ask(waiting, idle_samples);
  while (busy_samples.size() < kRequests) {
    const std::string id = *orchestrator.create_workflow(busy, {});
    (void)orchestrator.execute_workflow(id);
    while (ask(id, busy_samples) && busy_samples.size() < kRequests) {
    }
    (void)orchestrator.wait_workflow(id);
    (void)orchestrator.delete_workflow(id);
  }
  return {{"busy_p50_ns", rounded(percentile(busy_samples, 0.5))},
          {"busy_p99_ns", rounded(percentile(busy_samples, 0.99))},
          {"spinning_p50_ns", rounded(percentile(idle_samples, 0.5))},
          {"spinning_p99_ns", rounded(percentile(idle_samples, 0.99))}};
}

}  // namespace pawl::bench
