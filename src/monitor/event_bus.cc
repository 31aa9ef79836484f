#include "monitor/event_bus.h"

#include <algorithm>
#include <mutex>

namespace pawl {
namespace {

// The parts of an event that WorkflowEvent has a place for; each alternative has some of them.
void fill(WorkflowEvent& out, const Definition& definition, const auto& happened) {
  if constexpr (requires { happened.at; }) out.at = happened.at;
  if constexpr (requires { happened.task; }) out.task = definition.task_id(happened.task);
  if constexpr (requires { happened.attempt; }) out.attempt = happened.attempt;
  if constexpr (requires { happened.error; }) out.error = happened.error;
  if constexpr (requires { happened.reason; }) out.text = to_string(happened.reason);
  if constexpr (requires { happened.due; }) out.due = happened.due;
}

}  // namespace

SubscriptionId EventBus::subscribe(std::function<void(const WorkflowEvent&)> callback, std::vector<std::string> types) {
  const std::lock_guard lock(mutex_);
  const SubscriptionId id{++last_id_};
  subscriptions_.push_back({.id = id, .callback = std::move(callback), .types = std::move(types)});
  watching_ = true;
  return id;
}

Result<void> EventBus::unsubscribe(SubscriptionId id) {
  const std::lock_guard lock(mutex_);
  const auto removed = std::erase_if(subscriptions_, [&](const Subscription& each) { return each.id == id; });
  watching_ = !subscriptions_.empty();
  if (removed == 0) return fail(ErrorCode::not_found, "there is no such subscription");
  return {};
}

void EventBus::happened(const WorkflowFacts& facts, const Event& event) {
  WorkflowEvent told{.type = name_of(event), .at = clock_.now(), .workflow = facts.id.text()};
  std::visit([&](const auto& alternative) { fill(told, *facts.definition, alternative); }, event);
  tell(told);
}

void EventBus::wrote(const Assignment& assignment, bool is_error, std::string_view line) {
  if (!is_watching()) return;
  tell({.type = "task_output",
        .at = clock_.now(),
        .workflow = assignment.facts->id.text(),
        .task = std::string(assignment.facts->definition->task_id(assignment.address.task)),
        .attempt = assignment.address.attempt,
        .text = std::string(line),
        .is_stderr = is_error});
}

void EventBus::progressed(const Assignment& assignment, double fraction, std::string_view message) {
  if (!is_watching()) return;
  tell({.type = "task_progress",
        .at = clock_.now(),
        .workflow = assignment.facts->id.text(),
        .task = std::string(assignment.facts->definition->task_id(assignment.address.task)),
        .attempt = assignment.address.attempt,
        .text = std::string(message),
        .progress = fraction});
}

void EventBus::tell(const WorkflowEvent& event) const {
  const std::shared_lock lock(mutex_);
  for (const Subscription& subscription : subscriptions_)
    if (subscription.types.empty() || std::ranges::find(subscription.types, event.type) != subscription.types.end())
      subscription.callback(event);
}

}  // namespace pawl
