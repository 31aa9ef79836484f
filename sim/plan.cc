#include "sim/plan.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/assert.h"

namespace pawl::sim {
namespace {

using std::chrono::milliseconds;

bool one_in(Random& random, std::uint64_t n) { return random.next() % n == 0; }

void give_work(TaskSpec& task, Random& random) {
  switch (random.next() % 6) {
    case 0:
      task.module = "test";
      task.function = "noop";
      break;
    case 1:
      task.module = "timer";
      task.function = "sleep";
      task.args = boost::json::array{static_cast<std::int64_t>(random.next() % 200)};
      break;
    default:
      task.module = "sim";
      task.function = "work";
      break;
  }
}

Compensation random_compensation(Random& random) {
  Compensation compensation{.module = "sim", .function = "work"};
  if (one_in(random, 3)) compensation = {.module = "test", .function = "noop"};
  if (one_in(random, 2)) compensation.timeout = milliseconds(20 + random.next() % 200);
  if (one_in(random, 2))
    compensation.retry_policy = RetryPolicy{.max_attempts = 1 + static_cast<std::uint32_t>(random.next() % 4),
                                            .base_delay = milliseconds(random.next() % 50)};
  return compensation;
}

}  // namespace

DefinitionPtr random_definition(Random& random, const HandlerRegistry& handlers) {
  WorkflowSpec spec{.name = fmt::format("d{}", random.next() % 5)};
  spec.on_failure = one_in(random, 2) ? OnFailure::fail : OnFailure::continue_;
  if (one_in(random, 4)) spec.timeout = milliseconds(100 + random.next() % 2000);
  spec.saga = !one_in(random, 4);
  const std::size_t tasks = 1 + random.next() % 8;
  for (std::size_t i = 0; i < tasks; ++i) {
    TaskSpec task;
    task.id = fmt::format("t{}", i);
    give_work(task, random);
    for (std::size_t d = 0; d < i; ++d)
      if (one_in(random, 3)) task.dependencies.push_back(fmt::format("t{}", d));
    if (one_in(random, 8)) task.when = one_in(random, 2) ? "false" : "true";
    if (one_in(random, 3))
      task.retry_policy = RetryPolicy{.max_attempts = 1 + static_cast<std::uint32_t>(random.next() % 4),
                                      .backoff = one_in(random, 2) ? Backoff::fixed : Backoff::exponential,
                                      .base_delay = milliseconds(random.next() % 50),
                                      .jitter = one_in(random, 2) ? 0.5 : 0.0};
    if (one_in(random, 2)) task.timeout = milliseconds(20 + random.next() % 200);
    task.allow_failure = one_in(random, 6);
    if (one_in(random, 8)) task.schedule_to_start = milliseconds(20 + random.next() % 500);
    if (one_in(random, 8)) task.schedule_to_close = milliseconds(50 + random.next() % 500);
    if (one_in(random, 4)) task.circuit_breaker = kBreakers[random.next() % std::size(kBreakers)];
    if (!task.circuit_breaker.empty() && one_in(random, 3)) task.on_open = OnOpen::fail;
    if (one_in(random, 2)) task.compensation = random_compensation(random);
    task.pivot = one_in(random, 12);
    spec.tasks.push_back(std::move(task));
  }
  const Result<DefinitionPtr> definition = make_definition(spec, {.limits = {}, .handlers = &handlers});
  PAWL_ASSERT(definition.has_value(), "{}", describe(definition.error()));
  return *definition;
}

Action random_action(Random& random) {
  constexpr Action kActions[] = {Action::start,
                                 Action::start,
                                 Action::start,
                                 Action::start,
                                 Action::create,
                                 Action::create,
                                 Action::execute,
                                 Action::execute,
                                 Action::pause,
                                 Action::resume,
                                 Action::resume,
                                 Action::cancel,
                                 Action::fail,
                                 Action::skip,
                                 Action::snapshot,
                                 Action::snapshot,
                                 Action::restore,
                                 Action::late,
                                 Action::retry,
                                 Action::rerun,
                                 Action::redrive,
                                 Action::compensate,
                                 Action::redrive_compensation,
                                 Action::discard};
  return kActions[random.next() % std::size(kActions)];
}

}  // namespace pawl::sim
