#include "engine/janitor.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include "base/log.h"

namespace pawl {
namespace {

constexpr std::size_t kAtOnce = 100;
// Between two looks when there was nothing to do: a hundredth of what is kept the shortest, within these.
constexpr Duration kShortestPause = std::chrono::milliseconds(100);
constexpr Duration kLongestPause = std::chrono::minutes(1);
// Between two portions, so that the shards get on with their work.
constexpr Duration kBreath = std::chrono::milliseconds(10);
constexpr int kLooksPerAge = 100;

// So that there may be more.
bool did_all_at_once(const Result<std::size_t>& count) {
  if (!count) log().warn("retention: {}", describe(count.error()));
  return count && *count == kAtOnce;
}

}  // namespace

Janitor::Janitor(LocalOrchestrator& orchestrator, const Retention& retention)
    : orchestrator_(orchestrator), retention_(retention) {
  if (retention.completed || retention.failed || retention.cancelled || retention.dead_letters)
    thread_ = std::thread([this] { work(); });
}

Janitor::~Janitor() {
  {
    const MutexLock lock(mutex_);
    closing_ = true;
    closed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void Janitor::work() {
  Duration shortest = kLongestPause * kLooksPerAge;
  for (const auto& age : {retention_.completed, retention_.failed, retention_.cancelled, retention_.dead_letters})
    shortest = std::min(shortest, age.value_or(shortest));
  const Duration pause = std::clamp(shortest / kLooksPerAge, kShortestPause, kLongestPause);
  MutexLock lock(mutex_);
  while (!closing_) {
    lock.unlock();
    const bool stores = orchestrator_.is_persistent();  // it may be switched on later
    const bool more = stores && clean_up_guarded();
    lock.lock();
    const auto next = ConditionVariable::Clock::now() + (more ? kBreath : stores ? pause : kShortestPause);
    while (!closing_)
      if (!closed_.wait_until(mutex_, next)) break;
  }
}

// The entry of this thread, where every exception ends: what is not forgotten now is forgotten later.
bool Janitor::clean_up_guarded() {
  try {
    return clean_up();
  } catch (const std::exception& thrown) {
    log().error("retention: {}", thrown.what());
    return false;
  }
}

bool Janitor::clean_up() {
  bool more = false;
  for (const auto& [state, age] :
       {std::pair(WorkflowState::completed, retention_.completed), std::pair(WorkflowState::failed, retention_.failed),
        std::pair(WorkflowState::cancelled, retention_.cancelled)}) {
    if (age) more |= did_all_at_once(orchestrator_.expire(state, *age, kAtOnce));
  }
  if (retention_.dead_letters)
    more |= did_all_at_once(orchestrator_.expire_dead_letters(*retention_.dead_letters, kAtOnce));
  return more;
}

}  // namespace pawl
