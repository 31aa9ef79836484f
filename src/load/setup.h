// What is loaded, and how: an engine on a folder of its own, and the workflows that it runs.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "pawl/engine.h"

#include "load/load.h"

namespace pawl::load {

// A folder of its own, removed at the end.
class Scratch {
 public:
  // Error: as mkdtemp().
  static Result<Scratch> make(const std::string& parent);
  Scratch(Scratch&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Scratch& operator=(Scratch&&) = delete;
  ~Scratch();
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  explicit Scratch(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

Options engine_options(const LoadOptions& options, const Scratch& scratch);

// What each result begins with: the benchmark's name, the store, the durability.
boost::json::object header(std::string_view name, const LoadOptions& options);

// Three no-op tasks in a row.
DefinitionPtr chain3();
// The same, referring to the policies that define_policies() defines.
DefinitionPtr chain3_policies();
Result<void> define_policies(Engine& engine);
// 100 parallel no-op tasks and a join.
DefinitionPtr fan100();
// Three tasks of which the first one sleeps for an hour.
DefinitionPtr waiting3();

}  // namespace pawl::load
