#include "sim/plan.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/time.h"

namespace pawl::sim {
namespace {

using std::chrono::milliseconds;

bool one_in(Random& random, std::uint64_t n) { return random.next() % n == 0; }

void give_work(TaskSpec& task, Random& random, Timestamp wall) {
  switch (random.next() % 8) {
    case 0:
      task.module = "test";
      task.function = "noop";
      break;
    case 1:
      task.module = "timer";
      task.function = "sleep";
      task.args = boost::json::array{fmt::format("{}ms", random.next() % 200)};
      break;
    case 2:
      task.module = "timer";
      task.function = "until";
      task.args = boost::json::array{format_time(wall + milliseconds(random.next() % 3000))};
      break;
    default:
      task.module = "sim";
      task.function = "work";
      break;
  }
}

// Over the result of something it depends on, which differs from attempt to attempt; so it may hold once and not the
// next time.
std::string random_condition(const TaskSpec& task, Random& random) {
  if (task.dependencies.empty()) return one_in(random, 2) ? "false" : "true";
  const std::string& on = task.dependencies[random.next() % task.dependencies.size()];
  switch (random.next() % 4) {
    case 0:
      return fmt::format(R"(tasks.{}.state == "completed")", on);
    case 1:
      return fmt::format("tasks.{}.result > 10", on);  // an error if there is none
    default:
      return fmt::format("(tasks.{}.result or 10) > 9", on);
  }
}

// Empty: there is none.
std::string one_of(Random& random, const std::vector<std::string>& names) {
  return names.empty() ? std::string() : names[random.next() % names.size()];
}

}  // namespace

std::string task_name(std::size_t place) { return fmt::format("t{}", place); }

RetryPolicy random_retries(Random& random) {
  RetryPolicy policy{.max_attempts = 1 + static_cast<std::uint32_t>(random.next() % 4),
                     .backoff = one_in(random, 2) ? Backoff::fixed : Backoff::exponential,
                     .base_delay = milliseconds(random.next() % 50),
                     .jitter = one_in(random, 2) ? 0.5 : 0.0};
  if (one_in(random, 8)) policy.max_attempts = 10'000;
  return policy;
}

Compensation random_compensation(Random& random, const Names& names) {
  Compensation compensation{.module = "sim", .function = "work"};
  if (one_in(random, 3)) compensation = {.module = "test", .function = "noop"};
  if (one_in(random, 2)) compensation.timeout = milliseconds(20 + random.next() % 200);
  if (one_in(random, 2))
    compensation.retry_policy = RetryPolicy{.max_attempts = 1 + static_cast<std::uint32_t>(random.next() % 4),
                                            .base_delay = milliseconds(random.next() % 50)};
  if (!compensation.retry_policy && one_in(random, 4)) compensation.retry_policy_name = one_of(random, names.retries);
  return compensation;
}

TaskSpec random_task(Random& random, const Names& names, std::size_t before, Timestamp wall) {
  TaskSpec task;
  task.id = task_name(before);
  give_work(task, random, wall);
  for (std::size_t d = 0; d < before; ++d)
    if (one_in(random, 3)) task.dependencies.push_back(task_name(d));
  if (one_in(random, 4)) task.when = random_condition(task, random);
  if (!task.dependencies.empty() && task.module == "sim" && one_in(random, 2))
    task.args = boost::json::array{fmt::format("${{{{ tasks.{}.result }}}}", task.dependencies.front())};
  if (one_in(random, 3)) task.retry_policy = random_retries(random);
  if (!task.retry_policy && one_in(random, 4)) task.retry_policy_name = one_of(random, names.retries);
  if (one_in(random, 2)) task.timeout = milliseconds(20 + random.next() % 200);
  task.allow_failure = one_in(random, 6);
  if (one_in(random, 8)) task.schedule_to_start = milliseconds(20 + random.next() % 500);
  if (one_in(random, 8)) task.schedule_to_close = milliseconds(50 + random.next() % 500);
  if (one_in(random, 4)) task.circuit_breaker = one_of(random, names.breakers);
  if (!task.circuit_breaker.empty() && one_in(random, 3)) task.on_open = OnOpen::fail;
  if (one_in(random, 2)) task.compensation = random_compensation(random, names);
  task.pivot = one_in(random, 12);
  return task;
}

WorkflowSpec random_spec(Random& random, const Names& names, Timestamp wall) {
  WorkflowSpec spec{.name = fmt::format("d{}", random.next() % 5)};
  spec.on_failure = one_in(random, 2) ? OnFailure::fail : OnFailure::continue_;
  if (one_in(random, 4)) spec.timeout = milliseconds(100 + random.next() % 2000);
  spec.saga = !one_in(random, 4);
  if (one_in(random, 4)) spec.timeout_policy = one_of(random, names.timeouts);
  const std::size_t tasks = 1 + random.next() % kMostTasks;
  for (std::size_t i = 0; i < tasks; ++i) spec.tasks.push_back(random_task(random, names, i, wall));
  if (one_in(random, 4)) spec.output = Json("${{ tasks.t0.result }}");
  return spec;
}

}  // namespace pawl::sim
