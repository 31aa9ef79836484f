// What is asked of the simulated engine: definitions of every kind, and clients that create, pause, cancel, restore.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pawl/definition.h"

#include "base/random.h"
#include "runners/handler.h"

namespace pawl::sim {

// A random graph with conditions, retries, timeouts, sleeps, compensations, circuit breakers, tasks that may fail; all
// of it ends by itself.
DefinitionPtr random_definition(Random& random, const HandlerRegistry& handlers);

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
  late,
  retry,
  rerun,
  redrive,
  compensate,
  redrive_compensation,
  discard
};

Action random_action(Random& random);

}  // namespace pawl::sim
