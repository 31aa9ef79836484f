#include "cli/view/event_feed.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace pawl::cli {
namespace {

// Events that are noted before somebody looks.
constexpr std::size_t kMostNoted = 10'000;
constexpr std::size_t kMostNotedBytes = std::size_t{16} << 20U;  // of their texts

const std::vector<std::string>& ends() {
  static const std::vector<std::string> types = {"workflow_completed", "workflow_failed", "workflow_cancelled"};
  return types;
}

bool is_among(std::string_view type, const std::vector<std::string>& types) {
  return std::ranges::find(types, type) != types.end();
}

// As Monitor::subscribe() reads `types`.
bool is_wanted(std::string_view type, const std::vector<std::string>& types) {
  if (types.empty() || is_among(type, types)) return true;
  return is_among("*", types) && type != "task_output" && type != "task_lines";
}

}  // namespace

void EventFeed::close() {
  for (const SubscriptionId id : std::exchange(subscriptions_, {})) (void)monitor_.unsubscribe(id);
}

void EventFeed::subscribe(std::vector<std::string> types) {
  const Result<SubscriptionId> id =
      monitor_.subscribe([this](const WorkflowEvent& event) { happened(event); }, std::move(types));
  PAWL_ASSERT(id.has_value(), "{}", id.error().message);
  subscriptions_.push_back(*id);
}

void EventFeed::listen(std::vector<std::string> types) {
  {
    const MutexLock lock(mutex_);
    notes_ = true;
  }
  subscribe(std::move(types));
}

void EventFeed::show(View& view, const std::string& workflow) {
  if (subscriptions_.empty()) subscribe(view.types());
  const MutexLock lock(mutex_);
  view_ = &view;
  shown_ = workflow;
  types_ = view.types();
  notes_ = false;
  for (const WorkflowEvent& event : std::exchange(early_, {}))
    if (event.workflow == shown_ && is_wanted(event.type, types_)) view_->happened(event);
}

void EventFeed::only_ends() {
  const std::vector<SubscriptionId> before = std::exchange(subscriptions_, {});
  subscribe(ends());
  for (const SubscriptionId id : before) (void)monitor_.unsubscribe(id);
  const MutexLock lock(mutex_);
  notes_ = false;
  early_ = {};
}

std::vector<std::string> EventFeed::take_ended(std::chrono::milliseconds patience) {
  const auto until = ConditionVariable::Clock::now() + patience;
  const MutexLock lock(mutex_);
  while (ended_.empty())
    if (!somebody_ended_.wait_until(mutex_, until)) break;
  return std::exchange(ended_, {});
}

void EventFeed::happened(const WorkflowEvent& event) {
  const MutexLock lock(mutex_);
  if (view_ != nullptr) {
    if (event.workflow == shown_ && is_wanted(event.type, types_)) view_->happened(event);
    return;
  }
  if (is_among(event.type, ends())) {
    ended_.push_back(event.workflow);
    somebody_ended_.notify_one();
  }
  if (!notes_ || early_.size() >= kMostNoted || early_bytes_ + event.text.size() > kMostNotedBytes) return;
  early_bytes_ += event.text.size();
  early_.push_back(event);
}

}  // namespace pawl::cli
