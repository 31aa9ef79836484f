// The waits of an engine: which running tasks hold their slots while their handlers are blocked in wait_workflow, and
// for which workflows. They explain why such a task makes no progress, and refuse a wait that could never end.
//
// Threads: any.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pawl/result.h"

#include "base/mutex.h"
#include "model/action.h"

namespace pawl {

class WorkflowWaits {
 public:
  // An attempt whose handler waits.
  struct Waiter {
    AttemptId attempt;
    std::string task_id;

    friend bool operator<(const Waiter& a, const Waiter& b) { return a.attempt < b.attempt; }
  };

  // While it lives, the attempt waits.
  class Wait {
   public:
    Wait(WorkflowWaits& waits, std::multimap<Waiter, std::string>::iterator entry) : waits_(waits), entry_(entry) {}
    ~Wait();
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;

   private:
    WorkflowWaits& waits_;
    const std::multimap<Waiter, std::string>::iterator entry_;
  };

  // Error: `invalid_state` if `workflow` cannot end before `waiter`'s task has: it is that task's own, or waits for it.
  [[nodiscard]] Result<std::unique_ptr<Wait>> begin(const Waiter& waiter, const std::string& workflow);

  // The workflow that the attempt waits for.
  [[nodiscard]] std::optional<std::string> awaited_by(const AttemptId& attempt) const;
  // How many attempts wait, and the first few of them with what they wait for.
  struct Holders {
    std::size_t count = 0;
    std::vector<std::pair<Waiter, std::string>> some;
  };
  [[nodiscard]] Holders holders(std::size_t most) const;

 private:
  [[nodiscard]] Result<void> check(const Waiter& waiter, const std::string& workflow) const PAWL_REQUIRES(mutex_);

  mutable Mutex mutex_;
  // A handler has threads of its own, so an attempt may be here more than once.
  std::multimap<Waiter, std::string> waits_ PAWL_GUARDED_BY(mutex_);
};

}  // namespace pawl
