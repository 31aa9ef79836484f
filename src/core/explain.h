// Why a workflow makes no progress now: the reason of the workflow itself, then of its tasks that could be running but
// are not, or are running still.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "pawl/report.h"

#include "core/workflow.h"

namespace pawl::core {

// What the state alone does not say.
struct Surroundings {
  std::size_t slots_in_use = 0;
  std::size_t slots = 0;
  // " until 08:30" and the like, of a circuit breaker.
  std::function<std::string(const std::string& name)> breaker;
};

std::vector<Explanation> explain(const Workflow& workflow, const Surroundings& surroundings, std::size_t max_tasks);

}  // namespace pawl::core
