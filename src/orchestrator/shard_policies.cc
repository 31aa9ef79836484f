// What a shard does about stored policies: it looks at the latest ones, tells their counts, and holds the tasks that a
// circuit breaker does not let through.
#include <algorithm>
#include <optional>

#include "base/assert.h"
#include "model/event_rows.h"
#include "orchestrator/shard.h"
#include "orchestrator/shard_decide.h"

namespace pawl {
namespace {

// Held tasks released in one turn, of one breaker.
constexpr std::size_t kReleasesPerTurn = 256;
// A breaker that is half open is offered another task when it has changed, or after so long: the one before may have
// been cancelled on its way.
constexpr std::chrono::seconds kProbeAgain(1);

// none: the attempt goes on.
std::optional<policy::Verdict> verdict_of(AttemptEnd end) {
  switch (end) {
    case AttemptEnd::none:
      return std::nullopt;
    case AttemptEnd::success:
      return policy::Verdict::success;
    case AttemptEnd::failure:
      return policy::Verdict::failure;
    case AttemptEnd::without_verdict:
      return policy::Verdict::none;
  }
  return std::nullopt;
}

// That a stored policy decided so about the task.
void count(PolicyBook& policies, const Definition& definition, PolicyDecision decision, TaskIndex task) {
  switch (decision) {
    case PolicyDecision::none:
      return;
    case PolicyDecision::timeout_granted:
      return policies.count(definition.timeout_policy(), {.evaluations = 1, .allowed = 1});
    case PolicyDecision::retry_granted:
      return policies.count(definition.rules(task).retry_policy_name, {.evaluations = 1, .allowed = 1, .retries = 1});
    case PolicyDecision::retry_refused:
      return policies.count(definition.rules(task).retry_policy_name, {.evaluations = 1, .rejected = 1});
  }
}

}  // namespace

void Shard::refresh_policies() {
  const std::uint64_t version = environment_.policies.version();
  if (version == catalog_version_) [[likely]]
    return;
  catalog_version_ = version;
  catalog_ = environment_.policies.catalog();
}

void Shard::observe(LiveWorkflow& workflow, std::span<const Event> events) {
  bool any_may_have_ended = false;
  for (const Event& event : events) {
    const EventRow& row = row_of(event);
    const TaskIndex task = action_of(event).value_or(core::kNoTask);
    if (const auto verdict = verdict_of(row.attempt_end)) end_passage(workflow, task, *verdict);
    if (policy_version_of(event) > 0)
      count(environment_.policies, workflow.state.definition(), row.policy_decision, task);
    switch (row.held_tasks) {
      case HeldChange::unchanged:
        break;
      case HeldChange::gain_one:
        hold(workflow, task);
        break;
      case HeldChange::lose_one:
        unhold(workflow, task);
        break;
      case HeldChange::any_may_end:
        any_may_have_ended = true;
        break;
    }
  }
  if (any_may_have_ended && workflow.held_tasks > 0) unhold_unless_held(workflow);
}

void Shard::hold(LiveWorkflow& workflow, TaskIndex task) {
  const std::string& breaker = workflow.state.definition().rules(task).circuit_breaker;
  const auto [place, is_new] = held_at_.try_emplace(timer_key(workflow, TimerKind::wake, task),
                                                    HeldAt{.breaker = breaker, .number = last_held_ + 1});
  if (!is_new) return;
  held_[breaker].tasks.emplace(++last_held_, HeldTask{.workflow = workflow.address, .task = task});
  ++workflow.held_tasks;
  environment_.policies.held(breaker, 1);
}

void Shard::unhold(LiveWorkflow& workflow, TaskIndex task) {
  const auto place = held_at_.find(timer_key(workflow, TimerKind::wake, task));
  if (place == held_at_.end()) return;
  const HeldAt was = std::move(place->second);
  held_at_.erase(place);
  held_[was.breaker].tasks.erase(was.number);
  --workflow.held_tasks;
  environment_.policies.held(was.breaker, -1);
}

// Tasks that have ended while they were held, by whichever event.
void Shard::unhold_unless_held(LiveWorkflow& workflow) {
  for (TaskIndex task = 0; task < workflow.state.tasks.size() && workflow.held_tasks > 0; ++task)
    if (!workflow.state.tasks[task].held) unhold(workflow, task);
}

void Shard::end_passage(const LiveWorkflow& workflow, TaskIndex task, policy::Verdict verdict) {
  if (passages_.empty()) return;
  const auto passage = passages_.find(timer_key(workflow, TimerKind::wake, task));
  if (passage == passages_.end()) return;
  const Passage ended = std::move(passage->second);
  passages_.erase(passage);
  environment_.policies.leave(ended.breaker, ended.period, verdict, now_);
}

// Of a broken workflow it is not sure which tasks it has.
void Shard::end_all_passages(const LiveWorkflow& workflow) {
  std::vector<TaskIndex> tasks;
  for (const auto& [key, passage] : passages_)
    if (key.place == workflow.address.place && key.generation == workflow.address.generation) tasks.push_back(key.task);
  for (const TaskIndex task : tasks) end_passage(workflow, task, policy::Verdict::none);
}

// The same.
void Shard::unhold_all(LiveWorkflow& workflow) {
  std::vector<TaskIndex> tasks;
  if (workflow.held_tasks == 0) return;
  for (const auto& [key, held] : held_at_)
    if (key.place == workflow.address.place && key.generation == workflow.address.generation) tasks.push_back(key.task);
  for (const TaskIndex task : tasks) unhold(workflow, task);
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
  (void)decide(workflow, command::HoldTask{.task = task, .until = workflow_time(workflow, passage.until)});
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
    for (; left > 0 && !held.tasks.empty(); --left) {
      const auto [address, task] = held.tasks.begin()->second;
      LiveWorkflow* const workflow = at(address);
      PAWL_ASSERT(workflow != nullptr, "circuit breaker {} holds task {} of a workflow that is gone", queue->first,
                  task);
      (void)decide(*workflow, command::ReleaseTask{task});
      unhold(*workflow, task);  // if that was refused
      more = true;
    }
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
  held_at_.clear();
  held_due_.reset();
}

}  // namespace pawl
