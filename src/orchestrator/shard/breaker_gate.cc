#include "orchestrator/shard/breaker_gate.h"

#include <algorithm>
#include <optional>

#include "model/event_rows.h"

namespace pawl {
namespace {

// Held tasks released at once, of one breaker.
constexpr std::size_t kReleasedAtOnce = 256;
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
void count(PolicyBook& policies, const Definition& definition, PolicyDecision decision, ActionId action) {
  switch (decision) {
    case PolicyDecision::none:
      return;
    case PolicyDecision::timeout_granted:
      return policies.statistics().count(definition.timeout_policy(), {.evaluations = 1, .allowed = 1});
    case PolicyDecision::retry_granted:
      return policies.statistics().count(definition.rules(action).retry_policy_name,
                                         {.evaluations = 1, .allowed = 1, .retries = 1});
    case PolicyDecision::retry_refused:
      return policies.statistics().count(definition.rules(action).retry_policy_name, {.evaluations = 1, .rejected = 1});
  }
}

}  // namespace

std::optional<Timestamp> BreakerGate::enter(const LiveWorkflow& workflow, ActionId action, Timestamp now) {
  const Definition& definition = *workflow.bound->definition;
  if (!definition.has_circuit_breakers()) [[likely]]
    return std::nullopt;
  const std::string& breaker = definition.rules(action).circuit_breaker;
  if (breaker.empty()) return std::nullopt;
  const Breakers::Passage passage = policies_.enter(breaker, now);
  if (!passage.allowed) return passage.until;
  passages_.insert_or_assign(key_of(workflow, action), Passage{.breaker = breaker, .period = passage.period});
  return std::nullopt;
}

void BreakerGate::observe(LiveWorkflow& workflow, std::span<const Event> events, Timestamp now) {
  bool any_may_have_ended = false;
  for (const Event& event : events) {
    const EventRow& row = row_of(event);
    const ActionId action = action_of(event).value_or(kNoAction);
    if (const auto verdict = verdict_of(row.attempt_end)) end_passage(workflow, action, *verdict, now);
    if (policy_version_of(event) > 0) count(policies_, workflow.state.definition(), row.policy_decision, action);
    switch (row.held_tasks) {
      case HeldChange::unchanged:
        break;
      case HeldChange::gain_one:
        hold(workflow, action);
        break;
      case HeldChange::lose_one:
        unhold(workflow, action);
        break;
      case HeldChange::any_may_end:
        any_may_have_ended = true;
        break;
    }
  }
  if (any_may_have_ended && workflow.held_tasks > 0) unhold_unless_held(workflow);
}

std::vector<BreakerGate::HeldTask> BreakerGate::find_releasable(Timestamp now) {
  std::vector<HeldTask> found;
  due_.reset();
  for (auto& [breaker, held] : held_) {
    const Breakers::Room room = policies_.breakers().room(breaker, now);
    std::size_t left = std::min(room.tasks, kReleasedAtOnce);
    std::optional<Timestamp> next = room.next;
    if (room.tasks > 0 && room.tasks != Breakers::kUnlimited) {
      if (room.change == held.seen_change && now < held.released_at + kProbeAgain) left = 0;
      if (left > 0) held.released_at = now;
      held.seen_change = room.change;
      next = held.released_at + kProbeAgain;
    }
    for (const auto& [number, task] : held.tasks) {
      if (left-- == 0) {
        if (next) due_ = due_ ? std::min(*due_, *next) : *next;
        break;
      }
      found.push_back(task);
    }
  }
  return found;
}

void BreakerGate::hold(LiveWorkflow& workflow, ActionId action) {
  const std::string& breaker = workflow.state.definition().rules(action).circuit_breaker;
  const auto [place, is_new] =
      held_at_.try_emplace(key_of(workflow, action), HeldAt{.breaker = breaker, .number = last_held_ + 1});
  if (!is_new) return;
  held_[breaker].tasks.emplace(++last_held_, HeldTask{.workflow = workflow.route, .action = action});
  ++workflow.held_tasks;
  policies_.breakers().held(breaker, 1);
}

void BreakerGate::unhold(LiveWorkflow& workflow, ActionId action) {
  const auto place = held_at_.find(key_of(workflow, action));
  if (place == held_at_.end()) return;
  const HeldAt was = std::move(place->second);
  held_at_.erase(place);
  const auto held = held_.find(was.breaker);
  held->second.tasks.erase(was.number);
  if (held->second.tasks.empty()) held_.erase(held);
  if (held_.empty()) due_.reset();
  --workflow.held_tasks;
  policies_.breakers().held(was.breaker, -1);
}

// Tasks that have ended while they were held, by whichever event.
void BreakerGate::unhold_unless_held(LiveWorkflow& workflow) {
  core::for_each_action(workflow.state, [&](ActionId action, const core::TaskRecord& record) {
    if (workflow.held_tasks > 0 && !record.held) unhold(workflow, action);
  });
}

void BreakerGate::end_passage(const LiveWorkflow& workflow, ActionId action, policy::Verdict verdict, Timestamp now) {
  if (passages_.empty()) return;
  const auto passage = passages_.find(key_of(workflow, action));
  if (passage == passages_.end()) return;
  const Passage ended = std::move(passage->second);
  passages_.erase(passage);
  policies_.leave(ended.breaker, ended.period, verdict, now);
}

void BreakerGate::drop(LiveWorkflow& workflow, Timestamp now) {
  const auto actions_in = [&](const auto& table) {
    std::vector<ActionId> actions;
    for (const auto& [key, entry] : table)
      if (workflow.owns(key)) actions.push_back(key.action);
    return actions;
  };
  if (workflow.held_tasks > 0)
    for (const ActionId action : actions_in(held_at_)) unhold(workflow, action);
  for (const ActionId action : actions_in(passages_)) end_passage(workflow, action, policy::Verdict::none, now);
}

void BreakerGate::drop_all(Timestamp now) {
  for (const auto& [key, passage] : passages_)
    policies_.leave(passage.breaker, passage.period, policy::Verdict::none, now);
  passages_.clear();
  for (const auto& [breaker, held] : held_)
    policies_.breakers().held(breaker, -static_cast<std::int64_t>(held.tasks.size()));
  held_.clear();
  held_at_.clear();
  due_.reset();
}

std::map<std::string, std::size_t> BreakerGate::count_held() const {
  std::map<std::string, std::size_t> counts;
  for (const auto& [breaker, held] : held_) counts[breaker] = held.tasks.size();
  return counts;
}

}  // namespace pawl
