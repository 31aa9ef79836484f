// What `pawl run` and `pawl resume` let the user say about the engine and its data directory.
#pragma once

#include <optional>
#include <string>

#include "pawl/engine.h"

#include "cli/verb.h"

namespace pawl::cli {

struct EngineArguments {
  std::string data_dir;  // empty: in memory only
  std::size_t concurrency = 0;
  std::string durability;
  std::optional<std::string> sync_delay;
  std::optional<std::string> retention;
  std::uint64_t max_crashes = 0;
  std::optional<std::string> reserve;
};

// All options but --data-dir.
void add_engine_arguments(Verb& verb, EngineArguments& arguments);

struct EngineChoice {
  Options engine;                                 // in memory only, until
  std::optional<PersistenceOptions> persistence;  // this is enabled
};

// The error, said of this option.
Error of_option(std::string option, Error error);

// Error: `invalid_argument`; its `field` is the option.
Result<EngineChoice> read_engine_arguments(const EngineArguments& arguments);

// "7d", or "completed=7d,failed=30d,dead_letters=30d".
Result<Retention> parse_retention(const std::string& text);

}  // namespace pawl::cli
