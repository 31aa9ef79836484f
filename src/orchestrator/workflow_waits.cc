#include "orchestrator/workflow_waits.h"

#include <set>

#include <fmt/format.h>

#include "base/text.h"

namespace pawl {

WorkflowWaits::Wait::~Wait() {
  const MutexLock lock(waits_.mutex_);
  waits_.waits_.erase(entry_);
}

// Checked and noted under one lock: of two waits that would close a circle one is refused.
Result<std::unique_ptr<WorkflowWaits::Wait>> WorkflowWaits::begin(const Waiter& waiter, const std::string& workflow) {
  const MutexLock lock(mutex_);
  if (Result<void> ok = check(waiter, workflow); !ok) return std::unexpected(std::move(ok.error()));
  return std::make_unique<Wait>(*this, waits_.emplace(waiter, workflow));
}

// Depth first from the awaited workflow over those that its tasks wait for: no more steps than there are waits.
Result<void> WorkflowWaits::check(const Waiter& waiter, const std::string& workflow) const {
  std::set<std::string> seen;
  std::vector<std::pair<std::string, std::string>> open{{workflow, std::string()}};  // and the way there
  while (!open.empty()) {
    const auto [awaited, way] = std::move(open.back());
    open.pop_back();
    if (awaited == waiter.attempt.workflow)
      return fail(ErrorCode::invalid_state,
                  fmt::format("task {} would wait for itself: workflow {} cannot end while it runs{}",
                              in_quotes(waiter.task_id), in_quotes(waiter.attempt.workflow), way));
    if (!seen.insert(awaited).second) continue;
    for (auto wait = waits_.lower_bound({.attempt = {.workflow = awaited, .action = {}, .run = 0}, .task_id = {}});
         wait != waits_.end() && wait->first.attempt.workflow == awaited; ++wait)
      open.emplace_back(wait->second,
                        fmt::format("{}, and task {} of workflow {} waits for {}", way, in_quotes(wait->first.task_id),
                                    in_quotes(awaited), in_quotes(wait->second)));
  }
  return {};
}

std::optional<std::string> WorkflowWaits::awaited_by(const AttemptId& attempt) const {
  const MutexLock lock(mutex_);
  const auto wait = waits_.find({.attempt = attempt, .task_id = {}});
  return wait == waits_.end() ? std::nullopt : std::optional(wait->second);
}

WorkflowWaits::Holders WorkflowWaits::holders(std::size_t most) const {
  const MutexLock lock(mutex_);
  Holders holders;
  const Waiter* last = nullptr;
  for (const auto& [waiter, awaited] : waits_) {
    if (last != nullptr && !(*last < waiter)) continue;  // the same attempt
    last = &waiter;
    if (++holders.count <= most) holders.some.emplace_back(waiter, awaited);
  }
  return holders;
}

}  // namespace pawl
