#include "orchestrator/shard/permit_gate.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "model/event_rows.h"

namespace pawl {
namespace {

// Held tasks of one key that are released in one turn: all that a closed breaker held would take the shard too long.
constexpr std::size_t kReleasedPerTurn = 256;
// Tasks are offered the permits that are left when these have changed, or after this long: a task that they were
// offered to may have been cancelled before it asked.
constexpr std::chrono::seconds kOfferAgain(1);

// none: the attempt continues.
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

}  // namespace

PermitGate::~PermitGate() {
  for (auto& [key, permits] : permitted_)
    for (Permit& permit : permits) permit.abandon();
}

// A permit of another shard's thread would be given back while that thread asks for it.
void PermitGate::check_thread() const {
  PAWL_ASSERT(mailbox_.is_here(), "permits are given back on another thread than their shard's");
}

// Those that were acquired before one is refused give themselves back.
std::expected<void, PermitGate::Refusal> PermitGate::acquire_all(LiveWorkflow& workflow, ActionId action,
                                                                 Timestamp now) {
  const PermitSubject subject{.definition = *workflow.bound->definition, .workflow = workflow.state, .action = action};
  Permits acquired;
  std::optional<Refusal> refused;
  table_.for_each(*workflow.bound, [&](PermitRow row, PermitSource& source) {
    std::string key = source.key_of(subject);
    if (key.empty()) return true;
    if (const auto ticket = source.try_acquire(key, now)) {
      acquired.emplace_back(source, std::move(key), *ticket);
      return true;
    } else {
      refused = {.by = {.row = row, .key = std::move(key)}, .until = ticket.error(), .reason = &source.reason()};
      return false;
    }
  });
  if (refused) return std::unexpected(*std::move(refused));
  if (acquired.empty()) return {};
  workflow.gated = true;
  permitted_.insert_or_assign(key_of(workflow, action), std::move(acquired));
  return {};
}

void PermitGate::hold(LiveWorkflow& workflow, ActionId action, HeldTasks::By by, Timestamp now) {
  PermitSource& source = table_.source(by.row);
  const std::string key = by.key;
  if (!held_.add(task_of(workflow, action), std::move(by), now)) return;
  workflow.gated = true;
  ++workflow.held_tasks;
  source.count_held(key, 1);
}

void PermitGate::observe(LiveWorkflow& workflow, std::span<const Event> events, Timestamp now) {
  bool any_may_have_ended = false;
  for (const Event& event : events) {
    const EventRow& row = row_of(event);
    const ActionId action = action_of(event).value_or(kNoAction);
    if (const auto verdict = verdict_of(row.attempt_end)) end_permits(workflow, action, *verdict, now);
    switch (row.held_tasks) {
      case HeldChange::unchanged:
      case HeldChange::gain_one:  // whoever has it held says by what: hold()
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

std::vector<HeldTasks::Task> PermitGate::find_releasable(Timestamp now) {
  std::vector<HeldTasks::Task> found;
  due_.reset();
  held_.for_each_queue([&](HeldTasks::Queue& queue) { release_some(queue, now, found); });
  return found;
}

void PermitGate::release_some(HeldTasks::Queue& queue, Timestamp now, std::vector<HeldTasks::Task>& found) {
  const AvailablePermits available = table_.source(queue.by.row).available(queue.by.key, now);
  std::size_t most = std::min(available.count, kReleasedPerTurn);
  std::optional<Timestamp> next = available.next;
  if (available.count > 0 && available.count != AvailablePermits::kUnlimited) {
    if (queue.seen_change == available.change && now < queue.released_at + kOfferAgain) most = 0;
    if (most > 0) queue.released_at = now;
    queue.seen_change = available.change;
    next = queue.released_at + kOfferAgain;
  }
  if (most < queue.tasks.size() && next) due_ = due_ ? std::min(*due_, *next) : *next;
  held_.append_oldest(queue, most, found);
}

void PermitGate::unhold(LiveWorkflow& workflow, ActionId action) {
  const std::optional<HeldTasks::By> by = held_.remove(task_of(workflow, action));
  if (!by) return;
  if (held_.empty()) due_.reset();
  --workflow.held_tasks;
  table_.source(by->row).count_held(by->key, -1);
}

// Tasks that have ended while they were held, by whichever event.
void PermitGate::unhold_unless_held(LiveWorkflow& workflow) {
  core::for_each_action(workflow.state, [&](ActionId action, const core::TaskRecord& record) {
    if (workflow.held_tasks > 0 && !record.held) unhold(workflow, action);
  });
}

std::optional<Hold> PermitGate::hold_of(const LiveWorkflow& workflow, ActionId action,
                                        std::chrono::microseconds correction) const {
  const auto held = held_.find(task_of(workflow, action));
  if (!held) return std::nullopt;
  Hold hold = table_.source(held->by.row).hold_of(held->by.key);
  if (held->since) hold.since = *held->since + correction;
  return hold;
}

void PermitGate::end_permits(const LiveWorkflow& workflow, ActionId action, policy::Verdict verdict, Timestamp now) {
  if (permitted_.empty()) return;
  const auto place = permitted_.find(key_of(workflow, action));
  if (place == permitted_.end()) return;
  check_thread();
  Permits ended = std::move(place->second);
  permitted_.erase(place);
  for (Permit& permit : ended) permit.end(verdict, now);
}

void PermitGate::drop(LiveWorkflow& workflow) {
  check_thread();
  if (workflow.held_tasks > 0)
    for (const ActionId action : held_.actions_at(workflow.route.place)) unhold(workflow, action);
  boost::unordered::erase_if(permitted_, [&](const auto& entry) { return workflow.owns(entry.first); });
}

// The workflows may be half gone, and are not touched.
void PermitGate::drop_all() {
  check_thread();
  std::exchange(permitted_, {}).clear();
  due_.reset();
  const HeldTasks dropped = std::exchange(held_, {});
  dropped.for_each_queue([this](const HeldTasks::Queue& queue) {
    table_.source(queue.by.row).count_held(queue.by.key, -static_cast<std::int64_t>(queue.tasks.size()));
  });
}

std::map<std::string, std::size_t> PermitGate::count_held() const {
  std::map<std::string, std::size_t> counts;
  held_.for_each_queue([&](const HeldTasks::Queue& queue) { counts[queue.by.key] += queue.tasks.size(); });
  return counts;
}

}  // namespace pawl
