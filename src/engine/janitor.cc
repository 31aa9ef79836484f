#include "engine/janitor.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <exception>
#include <optional>
#include <utility>

#include "pawl/requests/orchestrator.h"

#include "base/log.h"
#include "base/time.h"
#include "orchestrator/ask.h"
#include "orchestrator/shard_ask.h"

namespace pawl {
namespace {

constexpr std::size_t kAtOnce = 100;
// Between two looks when there was nothing to do: a hundredth of what is kept the shortest, within these.
constexpr Duration kShortestPause = std::chrono::milliseconds(100);
constexpr Duration kLongestPause = std::chrono::minutes(1);
// Between two portions, so that the shards get on with their work.
constexpr Duration kBreath = std::chrono::milliseconds(10);
constexpr int kLooksPerAge = 100;

// As whom it asks.
const Actor kRetention{.kind = "engine", .name = "retention"};

// So that there may be more.
bool did_all_at_once(const Result<std::size_t>& count) {
  if (!count) log().warn("retention: {}", describe(count.error()));
  return count && *count == kAtOnce;
}

}  // namespace

Janitor::Janitor(Node& node, const Retention& retention)
    : node_(node), policy_(node, kRetention), retention_(retention) {
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
    const bool stores = node_.is_persistent();  // it may be switched on later
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

Result<std::size_t> Janitor::forget(WorkflowState state, Duration age) {
  const Timestamp before = saturating_add(node_.clock().wall(), -age);
  const Result<std::vector<std::string>> ids = node_.store()->find_expired(state, before, kAtOnce);
  if (!ids) return std::unexpected(ids.error());
  // All together: their removals share commits.
  std::deque<Reply<void>> outcomes;
  for (const std::string& id : *ids)
    pawl::call(node_, kRetention, request::DeleteWorkflow{.id = id},
               [&reply = outcomes.emplace_back()](Result<void> deleted) { reply.set(std::move(deleted)); });
  std::size_t forgotten = 0;
  std::optional<Error> failure;
  for (Reply<void>& outcome : outcomes) {
    const Result<void> deleted = *outcome.wait();
    forgotten += deleted ? 1 : 0;
    if (!deleted && !concerns_it_alone(deleted.error())) failure = deleted.error();
  }
  if (failure) return std::unexpected(*std::move(failure));
  return forgotten;
}

Result<std::size_t> Janitor::discard_letters(Duration age) {
  const Result<std::vector<DeadLetter>> old =
      policy_.list_dead_letters({.failed_before = saturating_add(node_.clock().wall(), -age), .limit = kAtOnce});
  if (!old) return std::unexpected(old.error());
  std::size_t discarded = 0;
  for (const DeadLetter& letter : *old) {
    const Result<void> done = policy_.discard_dead_letter(letter.id, "its retention period has ended");
    discarded += done ? 1 : 0;
    if (!done && !concerns_it_alone(done.error())) return std::unexpected(done.error());
  }
  return discarded;
}

bool Janitor::clean_up() {
  bool more = false;
  for (const auto& [state, age] :
       {std::pair(WorkflowState::completed, retention_.completed), std::pair(WorkflowState::failed, retention_.failed),
        std::pair(WorkflowState::cancelled, retention_.cancelled)}) {
    if (age) more |= did_all_at_once(forget(state, *age));
  }
  if (retention_.dead_letters) more |= did_all_at_once(discard_letters(*retention_.dead_letters));
  return more;
}

}  // namespace pawl
