#include "monitor/event_bus.h"

#include <algorithm>
#include <mutex>

#include <fmt/format.h>

#include "base/text.h"
#include "monitor/workflow_event.h"

namespace pawl {
namespace {

// The passing events have the kinds after those of Event's alternatives.
constexpr std::size_t kOutput = std::variant_size_v<Event>;
constexpr std::size_t kProgress = kOutput + 1;
// After those, in the order of Event's alternatives again, the kinds of events that are told as compensation_...
constexpr std::size_t kCompensations = kProgress + 1;
constexpr std::size_t kKinds = kCompensations + std::variant_size_v<Event>;
static_assert(kKinds < 64);
constexpr EventKinds kAll = (EventKinds{1} << kKinds) - 1;

constexpr EventKinds only(std::size_t kind) { return EventKinds{1} << kind; }

std::vector<std::string_view> names() {
  const auto stored = event_names();
  std::vector<std::string_view> all(stored.begin(), stored.end());
  all.insert(all.end(), {"task_output", "task_progress"});
  for (const std::string_view name : stored) all.push_back(compensation_name(name));
  return all;
}

// What is said of an attempt's passing event, whichever it is.
WorkflowEvent passing(const Assignment& assignment, Timestamp now, std::string_view text) {
  return {.at = now,
          .workflow = assignment.facts->id.text(),
          .task = std::string(assignment.facts->definition->task_id(assignment.address.task)),
          .attempt = assignment.address.attempt,
          .text = valid_utf8(std::string(text))};
}

}  // namespace

Result<SubscriptionId> EventBus::subscribe(std::function<void(const WorkflowEvent&)> callback,
                                           std::vector<std::string> types) {
  EventKinds kinds = types.empty() ? kAll : 0;
  const std::vector<std::string_view> known = names();
  for (const std::string& type : types) {
    if (std::ranges::find(known, type) == known.end())
      return fail(ErrorCode::invalid_argument,
                  fmt::format("there are no events of type {}{}", in_quotes(type), did_you_mean(type, known)), "types");
    for (std::size_t kind = 0; kind < known.size(); ++kind)
      if (known[kind] == type) kinds |= only(kind);
  }
  const std::lock_guard lock(mutex_);
  const SubscriptionId id{++last_id_};
  subscriptions_.push_back({.id = id, .callback = std::move(callback), .kinds = kinds});
  update_wanted();
  return id;
}

Result<void> EventBus::unsubscribe(SubscriptionId id) {
  const std::lock_guard lock(mutex_);
  const auto removed = std::erase_if(subscriptions_, [&](const Subscription& each) { return each.id == id; });
  update_wanted();
  if (removed == 0) return fail(ErrorCode::not_found, "there is no such subscription");
  return {};
}

void EventBus::update_wanted() {
  EventKinds wanted = 0;
  for (const Subscription& subscription : subscriptions_) wanted |= subscription.kinds;
  wanted_ = wanted | wanted >> kCompensations;
}

void EventBus::happened(const WorkflowFacts& facts, const Event& event) {
  const std::size_t first = is_of_compensation(*facts.definition, event) ? kCompensations : 0;
  tell(only(first + event.index()), to_workflow_event(facts, event, clock_.now()));
}

void EventBus::wrote(const Assignment& assignment, bool is_error, std::string_view line) {
  if ((wanted() & only(kOutput)) == 0) return;
  WorkflowEvent told = passing(assignment, clock_.now(), line);
  told.type = "task_output";
  told.is_stderr = is_error;
  tell(only(kOutput), told);
}

void EventBus::progressed(const Assignment& assignment, double fraction, std::string_view message) {
  if ((wanted() & only(kProgress)) == 0) return;
  WorkflowEvent told = passing(assignment, clock_.now(), message);
  told.type = "task_progress";
  told.progress = fraction;
  tell(only(kProgress), told);
}

void EventBus::tell(EventKinds kind, const WorkflowEvent& event) const {
  const std::shared_lock lock(mutex_);
  for (const Subscription& subscription : subscriptions_)
    if ((subscription.kinds & kind) != 0) subscription.callback(event);
}

}  // namespace pawl
