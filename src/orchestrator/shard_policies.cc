// What a shard does about stored policies: it looks at the latest ones, tells their counts, and holds the tasks that a
// circuit breaker does not let through.
#include <algorithm>

#include "orchestrator/shard.h"
#include "orchestrator/shard_decide.h"

namespace pawl {
namespace {

// Held tasks released in one turn, of one breaker.
constexpr std::size_t kReleasesPerTurn = 256;
// A breaker that is half open is offered another task when it has changed, or after so long: the one before may have
// been cancelled on its way.
constexpr std::chrono::seconds kProbeAgain(1);

}  // namespace

void Shard::refresh_policies() {
  const std::uint64_t version = environment_.policies.version();
  if (version == catalog_version_) [[likely]]
    return;
  catalog_version_ = version;
  catalog_ = environment_.policies.catalog();
}

void Shard::observe(LiveWorkflow& workflow, std::span<const Event> events) {
  const Definition& definition = workflow.state.definition();
  PolicyBook& policies = environment_.policies;
  for (const Event& event : events) {
    if (const auto* started = std::get_if<event::TaskStarted>(&event)) {
      if (started->policy_version > 0) policies.count(definition.timeout_policy(), {.evaluations = 1, .allowed = 1});
    } else if (const auto* retry = std::get_if<event::TaskRetryScheduled>(&event)) {
      end_passage(workflow, retry->task, policy::Verdict::failure);
      if (retry->policy_version > 0)
        policies.count(definition.rules(retry->task).retry_policy_name, {.evaluations = 1, .allowed = 1, .retries = 1});
    } else if (const auto* failed = std::get_if<event::TaskFailed>(&event)) {
      end_passage(workflow, failed->task, policy::Verdict::failure);
      if (failed->policy_version > 0)
        policies.count(definition.rules(failed->task).retry_policy_name, {.evaluations = 1, .rejected = 1});
    } else if (const auto* completed = std::get_if<event::TaskCompleted>(&event)) {
      end_passage(workflow, completed->task, policy::Verdict::success);
    } else if (const auto* cancelled = std::get_if<event::TaskCancelled>(&event)) {
      end_passage(workflow, cancelled->task, policy::Verdict::none);
    } else if (const auto* interrupted = std::get_if<event::TaskInterrupted>(&event)) {
      end_passage(workflow, interrupted->task, policy::Verdict::none);
    } else if (const auto* skipped = std::get_if<event::TaskSkipped>(&event)) {
      end_passage(workflow, skipped->task, policy::Verdict::none);
    } else if (const auto* held = std::get_if<event::TaskHeld>(&event)) {
      const std::string& breaker = definition.rules(held->task).circuit_breaker;
      held_[breaker].tasks.emplace_back(workflow.address, held->task);
      policies.held(breaker, 1);
    }
  }
}

void Shard::end_passage(const LiveWorkflow& workflow, TaskIndex task, policy::Verdict verdict) {
  if (passages_.empty()) return;
  const auto passage = passages_.find(timer_key(workflow, TimerKind::wake, task));
  if (passage == passages_.end()) return;
  const Passage ended = std::move(passage->second);
  passages_.erase(passage);
  environment_.policies.leave(ended.breaker, ended.period, verdict, now_);
}

bool Shard::passes_breaker(LiveWorkflow& workflow, TaskIndex task) {
  const Definition& definition = *workflow.bound->definition;
  if (!definition.has_circuit_breakers()) [[likely]]
    return true;
  const std::string& breaker = definition.rules(task).circuit_breaker;
  if (breaker.empty()) return true;
  const PolicyBook::Passage passage = environment_.policies.enter(breaker, now_);
  if (passage.allowed) {
    passages_.insert_or_assign(timer_key(workflow, TimerKind::wake, task),
                               Passage{.breaker = breaker, .period = passage.period});
    return true;
  }
  (void)decide(workflow, command::HoldTask{.task = task, .until = passage.until});
  return false;
}

// Some at a time: all that a closed breaker held would take the shard too long, and one that is half open takes only
// its probes.
bool Shard::release_held() {
  bool more = false;
  held_due_.reset();
  for (auto queue = held_.begin(); queue != held_.end();) {
    HeldTasks& held = queue->second;
    const PolicyBook::Room room = environment_.policies.room(queue->first, now_);
    std::size_t left = std::min(room.tasks, kReleasesPerTurn);
    std::optional<Timestamp> next = room.next;
    if (room.tasks > 0 && room.tasks != PolicyBook::kUnlimited) {
      if (room.change == held.seen_change && now_ < held.released_at + kProbeAgain) left = 0;
      if (left > 0) held.released_at = now_;
      held.seen_change = room.change;
      next = held.released_at + kProbeAgain;
    }
    std::int64_t taken = 0;
    for (; left > 0 && !held.tasks.empty(); ++taken) {
      const auto [address, task] = held.tasks.front();
      held.tasks.pop_front();
      LiveWorkflow* const workflow = at(address);
      if (workflow != nullptr && decide(*workflow, command::ReleaseTask{task})) --left;
    }
    environment_.policies.held(queue->first, -taken);
    more |= taken > 0;
    if (!held.tasks.empty() && next) held_due_ = held_due_ ? std::min(*held_due_, *next) : *next;
    queue = held.tasks.empty() ? held_.erase(queue) : std::next(queue);
  }
  return more;
}

// The shard goes down: what it had let through or held, it knows no more.
void Shard::forget_held() {
  for (const auto& [key, passage] : passages_)
    environment_.policies.leave(passage.breaker, passage.period, policy::Verdict::none, now_);
  passages_.clear();
  for (const auto& [breaker, held] : held_)
    environment_.policies.held(breaker, -static_cast<std::int64_t>(held.tasks.size()));
  held_.clear();
  held_due_.reset();
}

}  // namespace pawl
