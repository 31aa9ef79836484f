// Random definitions of the simulation: graphs of tasks that do what tasks can do.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pawl/definition.h"

#include "base/random.h"
#include "base/time.h"

namespace pawl::sim {

// A task is named by its place.
inline constexpr std::size_t kMostTasks = 8;
[[nodiscard]] std::string task_name(std::size_t place);

// The stored policies that definitions may name.
struct Names {
  std::vector<std::string> breakers;
  std::vector<std::string> retries;
  std::vector<std::string> timeouts;
};

// A random graph with conditions over results, retries, timeouts, sleeps, waits for a time of day soon after `wall`,
// compensations, circuit breakers, tasks that may fail; all of it ends by itself.
WorkflowSpec random_spec(Random& random, const Names& names, Timestamp wall);
// A task as those of such a definition have, after the first `before` of them.
TaskSpec random_task(Random& random, const Names& names, std::size_t before, Timestamp wall);
Compensation random_compensation(Random& random, const Names& names);
RetryPolicy random_retries(Random& random);

}  // namespace pawl::sim
