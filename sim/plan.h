// What is asked of the simulated engine: definitions of every kind, and clients that create, pause, cancel, restore.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pawl/definition.h"

#include "base/random.h"
#include "runners/handler.h"

namespace pawl::sim {

// A random graph with conditions over results, retries, timeouts, sleeps, waits for a time of day soon after `wall`,
// compensations, circuit breakers, tasks that may fail; all of it ends by itself.
DefinitionPtr random_definition(Random& random, const HandlerRegistry& handlers, Timestamp wall);
// A task as those of such a definition have, after the first `before` of them.
TaskSpec random_task(Random& random, std::size_t before, Timestamp wall);
Compensation random_compensation(Random& random);

// The circuit breakers that tasks name.
inline constexpr std::string_view kBreakers[] = {"left", "right"};

enum class Action : std::uint8_t {
  start,
  create,
  execute,
  pause,
  resume,
  cancel,
  fail,
  skip,
  snapshot,
  restore,
  fork,
  late,
  retry,
  rerun,
  redrive,
  compensate,
  redrive_compensation,
  discard,
  race,
  remove,
  add_task,
  register_compensation
};

Action random_action(Random& random);

}  // namespace pawl::sim
