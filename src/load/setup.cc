#include "load/setup.h"

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"

namespace pawl::load {
namespace {

// The stored policies that chain3_policies() refers to.
constexpr const char* kRetries = "retries";
constexpr const char* kTimeouts = "timeouts";

DefinitionPtr define(const WorkflowSpec& spec) { return *make_definition(spec); }

TaskSpec noop(std::string id, std::vector<std::string> dependencies) {
  TaskSpec task;
  task.id = std::move(id);
  task.module = "test";
  task.function = "noop";
  task.dependencies = std::move(dependencies);
  return task;
}

}  // namespace

Result<Scratch> Scratch::make(const std::string& parent) {
  std::string name = (std::filesystem::path(parent.empty() ? "." : parent) / "pawl-bench-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    return fail(ErrorCode::unavailable,
                fmt::format("cannot make a folder in {}: {}", in_quotes(parent), std::strerror(errno)));
  return Scratch(std::move(name));
}

Scratch::~Scratch() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

Options engine_options(const LoadOptions& options, const Scratch& scratch) {
  Options made;
  if (options.store == "rocksdb") made.data_dir = scratch.path() + "/data";
  made.sync_delay = options.sync_delay;
  made.max_concurrent_tasks = 100'000;
  made.max_concurrent_workflows = 10'000'000;
  return made;
}

boost::json::object header(std::string_view name, const LoadOptions& options) {
  return {{"bench", boost::json::string_view(name.data(), name.size())},
          {"store", options.store},
          {"durability", options.store == "memory"          ? "none"
                         : options.sync_delay > Duration(0) ? "relaxed"
                                                            : "synced"}};
}

DefinitionPtr chain3() {
  WorkflowSpec spec{.name = "chain3"};
  spec.tasks = {noop("a", {}), noop("b", {"a"}), noop("c", {"b"})};
  return define(spec);
}

Result<void> define_policies(Engine& engine) {
  for (const auto& [name, config] : {std::pair<const char*, PolicyConfig>(kRetries, RetryPolicy()),
                                     std::pair<const char*, PolicyConfig>(kTimeouts, TimeoutPolicy())})
    if (const Result<std::string> defined = engine.policy().define_policy(name, config); !defined)
      return std::unexpected(defined.error());
  return {};
}

DefinitionPtr chain3_policies() {
  WorkflowSpec spec{.name = "chain3_policies"};
  spec.timeout_policy = kTimeouts;
  spec.tasks = {noop("a", {}), noop("b", {"a"}), noop("c", {"b"})};
  for (TaskSpec& task : spec.tasks) task.retry_policy_name = kRetries;
  return define(spec);
}

DefinitionPtr fan100() {
  constexpr int kWidth = 100;
  WorkflowSpec spec{.name = "fan100"};
  TaskSpec join = noop("join", {});
  for (int i = 0; i < kWidth; ++i) {
    spec.tasks.push_back(noop(fmt::format("t{}", i), {}));
    join.dependencies.push_back(spec.tasks.back().id);
  }
  spec.tasks.push_back(join);
  return define(spec);
}

DefinitionPtr waiting3() {
  WorkflowSpec spec{.name = "waiting3"};
  TaskSpec sleep = noop("a", {});
  sleep.module = "timer";
  sleep.function = "sleep";
  sleep.args = boost::json::array{"1h"};
  spec.tasks = {sleep, noop("b", {"a"}), noop("c", {"b"})};
  return define(spec);
}

}  // namespace pawl::load
