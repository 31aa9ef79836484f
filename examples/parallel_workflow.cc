// One task fans out to many that run at the same time, and one gathers what they found: how many primes there are below
// four million, counted in sixteen ranges.
//
//   split -> count-0 ... count-15 -> gather
//
// To learn here: a join takes the results of all tasks it depends on; tasks that do not depend on each other run at
// once, up to Options::max_concurrent_tasks; a graph can be made by a loop; a subscriber of the monitor hears of each
// event as it happens. Prints
//
//   primes below 4000000: 283146
//   16 ranges, at most 4 at once
#include <algorithm>
#include <atomic>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "pawl/engine.h"

namespace {

constexpr int kRanges = 16;
constexpr int kLimit = 4'000'000;
constexpr std::size_t kAtOnce = 4;

bool is_prime(int n) {
  if (n < 2) return false;
  for (int divisor = 2; divisor * divisor <= n; ++divisor)
    if (n % divisor == 0) return false;
  return true;
}

pawl::TaskResult split(pawl::TaskContext& /*task*/) {
  std::vector<int> bounds;
  for (int i = 0; i <= kRanges; ++i) bounds.push_back(kLimit / kRanges * i);
  return pawl::ok(bounds);
}

// Arguments: the first number of the range, and the first one after it.
pawl::TaskResult count(pawl::TaskContext& task) {
  const auto begin = task.arg<int>(0);
  const auto end = task.arg<int>(1);
  if (!begin || !end) return std::unexpected(begin ? end.error() : begin.error());
  int primes = 0;
  for (int n = *begin; n < *end; ++n) {
    if (task.stop_requested()) return pawl::error("cancelled", "asked to stop");
    primes += is_prime(n) ? 1 : 0;
  }
  return pawl::ok(primes);
}

pawl::TaskResult gather(pawl::TaskContext& task) {
  int primes = 0;
  for (const auto& [id, found] : *task.results()) primes += pawl::as<int>(found).value();
  return pawl::ok(primes);
}

std::vector<pawl::TaskSpec> graph() {
  pawl::TaskSpec first;
  first.id = first.function = "split";
  first.module = "primes";
  pawl::TaskSpec last = first;
  last.id = last.function = "gather";
  std::vector<pawl::TaskSpec> tasks = {first};
  for (int i = 0; i < kRanges; ++i) {
    pawl::TaskSpec task = first;
    task.id = "count-" + std::to_string(i);
    task.function = "count";
    task.dependencies = {"split"};
    const auto bound = [](int n) { return "${{ tasks.split.result[" + std::to_string(n) + "] }}"; };
    task.args = pawl::args(bound(i + 1), bound(i + 2));  // Lua counts from 1
    last.dependencies.push_back(task.id);
    tasks.push_back(task);
  }
  tasks.push_back(last);
  return tasks;
}

pawl::Result<pawl::WorkflowReport> run(pawl::Engine& engine) {
  const std::pair<const char*, pawl::HandlerFunction> handlers[] = {
      {"split", split}, {"count", count}, {"gather", gather}};
  for (const auto& [function, handler] : handlers)
    if (auto added = engine.handlers().add("primes", function, handler); !added) return std::unexpected(added.error());
  auto id = engine.orchestrator().start_workflow("parallel", graph());
  if (!id) return std::unexpected(id.error());
  return engine.orchestrator().wait_workflow(*id);
}

}  // namespace

int main() {
  // Outlive the engine, on whose threads the subscriber runs: in order for one workflow, so no lock is needed.
  int running = 0;
  std::atomic<int> most = 0;
  pawl::Engine engine({.max_concurrent_tasks = kAtOnce});
  const auto subscribed = engine.monitor().subscribe(
      [&](const pawl::WorkflowEvent& event) {
        running += event.type == "task_started" ? 1 : -1;
        most = std::max(most.load(), running);
      },
      {"task_started", "task_completed", "task_failed", "task_cancelled"});
  const auto report = subscribed ? run(engine) : std::unexpected(subscribed.error());
  if (!report) {
    std::cerr << "parallel_workflow: " << pawl::describe(report.error()) << '\n';
    return 1;
  }
  if (report->status.state != pawl::WorkflowState::completed) {
    std::cerr << "parallel_workflow: " << report->error.view() << '\n';
    return 1;
  }
  std::cout << "primes below " << kLimit << ": " << report->tasks.back().result.view() << '\n'
            << kRanges << " ranges, at most " << most << " at once\n";
}
