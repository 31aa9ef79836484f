// A handler that watches how its engine runs tasks: each once, none before what it depends on, how many at a time.
#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "pawl/engine.h"

namespace pawl::testing {

class Probe {
 public:
  // Registers `probe.run` with the engine, whose handlers must not outlive this.
  explicit Probe(Engine& engine, HandlerMode mode = HandlerMode::blocking) {
    (void)engine.handlers().add("probe", "run", [this](TaskContext& task) { return run(task); }, {.mode = mode});
  }

  // This task fails, each time.
  void fail(std::string task) { failing_ = std::move(task); }

  struct Seen {
    std::map<std::string, int> runs;
    std::size_t most_at_once = 0;
    std::vector<std::string> violations;  // tasks that started before one of their dependencies had ended
  };
  [[nodiscard]] Seen seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  // Which definition's edges to check, and what counts as ended although it has not run.
  void watch(const Definition& definition) {
    const std::lock_guard lock(mutex_);
    definition_ = &definition;
    seen_ = {};
    ended_.clear();
    running_ = 0;
  }

 private:
  TaskResult run(TaskContext& task) {
    const std::string id(task.task_id());
    start(id);
    end(id);
    if (id == failing_) return std::unexpected(TaskError("chosen", "this one fails"));
    return Json(nullptr);
  }

  void start(const std::string& id) {
    const std::lock_guard lock(mutex_);
    ++seen_.runs[id];
    seen_.most_at_once = std::max(seen_.most_at_once, ++running_);
    for (const TaskIndex dependency : definition_->dependencies(*definition_->find_task(id)))
      if (!ended_.contains(std::string(definition_->task_id(dependency)))) seen_.violations.push_back(id);
  }

  void end(const std::string& id) {
    const std::lock_guard lock(mutex_);
    --running_;
    ended_.insert(id);
  }

  std::mutex mutex_;  // guards all below but failing_, which is set before anything runs
  std::string failing_;
  const Definition* definition_ = nullptr;
  Seen seen_;
  std::set<std::string> ended_;
  std::size_t running_ = 0;
};

}  // namespace pawl::testing
