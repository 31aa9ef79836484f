#include "monitor/event_bus.h"

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"
#include "monitor/workflow_event.h"

namespace pawl {
namespace {

// The passing events have the kinds after those of Event's alternatives.
constexpr std::size_t kOutput = kEventRows.size();
constexpr std::size_t kProgress = kOutput + 1;
constexpr std::size_t kLines = kProgress + 1;
// And behind those come the events that are called compensation_..., in the order of Event's alternatives.
constexpr std::size_t kCompensations = kLines + 1;
constexpr std::size_t kKinds =
    kCompensations + static_cast<std::size_t>(
                         std::ranges::count_if(kEventRows, [](const auto& row) { return !row.compensation.empty(); }));
static_assert(kKinds < 64);

constexpr EventKinds only(std::size_t kind) { return EventKinds{1} << kind; }

// By Event's alternative: its kind where it is about what undoes a task.
constexpr auto kCompensationKinds = [] {
  std::array<std::size_t, kEventRows.size()> kinds{};
  for (std::size_t kind = 0, next = kCompensations; kind < kinds.size(); ++kind)
    kinds[kind] = kEventRows[kind].compensation.empty() ? kind : next++;
  return kinds;
}();

// Who does not name any gets lines one by one, and nothing twice.
constexpr EventKinds kAll = ((EventKinds{1} << kKinds) - 1) & ~only(kLines);
// What `*` stands for.
constexpr EventKinds kAllButOutput = kAll & ~only(kOutput);

// By kind.
constexpr auto kNames = [] {
  std::array<std::string_view, kKinds> names{};
  for (std::size_t kind = 0; kind < kEventRows.size(); ++kind) {
    names[kCompensationKinds[kind]] = kEventRows[kind].compensation;
    names[kind] = kEventRows[kind].name;
  }
  names[kOutput] = "task_output";
  names[kProgress] = "task_progress";
  names[kLines] = "task_lines";
  return names;
}();

// What is said of an attempt's passing event, whichever it is.
WorkflowEvent passing(const Assignment& assignment, Timestamp now, std::string_view text) {
  return {.at = now,
          .workflow = assignment.facts->id.text(),
          .task = std::string(assignment.facts->definition->task_id(assignment.address.action.task)),
          .attempt = assignment.address.attempt,
          .text = valid_utf8(std::string(text))};
}

// The callbacks that this thread is inside of, the innermost first.
struct Notified {
  const void* subscription;
  const Notified* outer;
};
thread_local const Notified* t_notified = nullptr;

int times_inside(const void* subscription) {
  int times = 0;
  for (const Notified* each = t_notified; each != nullptr; each = each->outer)
    times += each->subscription == subscription;
  return times;
}

Result<EventKinds> kinds_of(const std::vector<std::string>& types) {
  if (types.empty()) return kAll;
  EventKinds kinds = 0;
  for (const std::string& type : types) {
    if (type == "*") {
      kinds |= kAllButOutput;
      continue;
    }
    const auto named = std::ranges::find(kNames, type);
    if (named == kNames.end())
      return fail(ErrorCode::invalid_argument,
                  fmt::format("there are no events of type {}{}", in_quotes(type), did_you_mean(type, kNames)),
                  "types");
    kinds |= only(static_cast<std::size_t>(named - kNames.begin()));
  }
  return kinds;
}

}  // namespace

// One subscriber. `calls_` and `removed_` settle who is first: a call that is counted before the removal is waited for,
// one that is counted after it is not made.
class EventBus::Subscription {
 public:
  Subscription(SubscriptionId id, std::function<void(const WorkflowEvent&)> callback, EventKinds kinds)
      : id_(id), kinds_(kinds), callback_(std::move(callback)) {}

  [[nodiscard]] SubscriptionId id() const { return id_; }
  [[nodiscard]] EventKinds kinds() const { return kinds_; }

  void notify(const WorkflowEvent& event) {
    calls_.fetch_add(1, std::memory_order_seq_cst);
    if (!removed_.load(std::memory_order_seq_cst)) call(event);
    calls_.fetch_sub(1, std::memory_order_seq_cst);
    if (removed_.load(std::memory_order_seq_cst)) calls_.notify_all();
  }

  // No call begins after this. Waits for those that other threads are making, unless this thread is inside the callback
  // of another subscriber: two that removed each other would wait for ever.
  void remove() {
    removed_.store(true, std::memory_order_seq_cst);
    const int mine = times_inside(this);
    if (mine == 0 && is_notifying()) return;
    for (int calls = calls_.load(std::memory_order_seq_cst); calls > mine;
         calls = calls_.load(std::memory_order_seq_cst))
      calls_.wait(calls, std::memory_order_seq_cst);
    if (mine == 0) callback_ = nullptr;  // what it refers to need not outlive the subscription
  }

 private:
  // What a callback throws is about one event: its subscriber stays, and nobody else is the worse for it.
  void call(const WorkflowEvent& event) {
    const Notified here{.subscription = this, .outer = std::exchange(t_notified, &here)};
    try {
      callback_(event);
    } catch (const std::exception& thrown) {
      report(event, thrown.what());
    } catch (...) {
      report(event, "an object that is not a std::exception");
    }
    t_notified = here.outer;
  }

  void report(const WorkflowEvent& event, std::string_view what) noexcept {
    if (has_thrown_.exchange(true, std::memory_order_relaxed)) return;
    try {
      log().error("a subscriber threw on {} of workflow {}: {}; it stays subscribed, and this is logged once",
                  event.type, in_quotes(event.workflow), what);
    } catch (...) {  // NOLINT(bugprone-empty-catch): no memory for the line, and the event counts more
    }
  }

  const SubscriptionId id_;
  const EventKinds kinds_;
  std::function<void(const WorkflowEvent&)> callback_;
  std::atomic<int> calls_{0};
  std::atomic<bool> removed_{false};
  std::atomic<bool> has_thrown_{false};
};

EventBus::EventBus(const Clock& clock) : clock_(clock), subscriptions_(std::make_shared<const Subscriptions>()) {}

bool EventBus::is_notifying() { return t_notified != nullptr; }

Result<SubscriptionId> EventBus::subscribe(std::function<void(const WorkflowEvent&)> callback,
                                           std::vector<std::string> types) {
  if (Result<void> here = owner_.check(); !here) return std::unexpected(std::move(here.error()));
  if (!callback) return fail(ErrorCode::invalid_argument, "the callback is an empty function", "callback");
  const Result<EventKinds> kinds = kinds_of(types);
  if (!kinds) return std::unexpected(kinds.error());
  const MutexLock lock(mutex_);
  const SubscriptionId id{++last_id_};
  Subscriptions subscriptions = *subscriptions_;
  subscriptions.push_back(std::make_shared<Subscription>(id, std::move(callback), *kinds));
  replace(std::move(subscriptions));
  return id;
}

Result<void> EventBus::unsubscribe(SubscriptionId id) {
  if (Result<void> here = owner_.check(); !here) return here;
  std::shared_ptr<Subscription> removed;
  {
    const MutexLock lock(mutex_);
    Subscriptions subscriptions = *subscriptions_;
    const auto found = std::ranges::find(subscriptions, id, &Subscription::id);
    if (found == subscriptions.end()) return fail(ErrorCode::not_found, "there is no such subscription");
    removed = *found;
    subscriptions.erase(found);
    replace(std::move(subscriptions));
  }
  removed->remove();
  return {};
}

void EventBus::replace(Subscriptions subscriptions) {
  EventKinds wanted = 0;
  for (const auto& subscription : subscriptions) wanted |= subscription->kinds();
  for (std::size_t kind = 0; kind < kCompensationKinds.size(); ++kind)
    if ((wanted & only(kCompensationKinds[kind])) != 0) wanted |= only(kind);
  wanted_ = wanted;
  subscriptions_ = std::make_shared<const Subscriptions>(std::move(subscriptions));
}

void EventBus::happened(const WorkflowFacts& facts, const Event& event, std::string_view by) {
  const bool undoes = is_of_compensation(event);
  WorkflowEvent told = to_workflow_event(facts, event, clock_.now());
  told.by = by;
  publish(only(undoes ? kCompensationKinds[event.index()] : event.index()), told);
}

void EventBus::wrote(const Assignment& assignment, bool is_error, std::string_view lines) {
  const auto tell = [&](std::size_t kind, std::string_view type, std::string_view text) {
    WorkflowEvent told = passing(assignment, clock_.now(), text);
    told.type = type;
    told.is_stderr = is_error;
    publish(only(kind), told);
  };
  if (is_wanted(only(kLines))) tell(kLines, "task_lines", lines);
  if (!is_wanted(only(kOutput))) return;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    tell(kOutput, "task_output", lines.substr(0, end));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
}

void EventBus::progressed(const Assignment& assignment, double fraction, std::string_view message) {
  if (!is_wanted(only(kProgress))) return;
  WorkflowEvent told = passing(assignment, clock_.now(), message);
  told.type = "task_progress";
  told.progress = fraction;
  publish(only(kProgress), told);
}

void EventBus::publish(EventKinds kind, const WorkflowEvent& event) const {
  std::shared_ptr<const Subscriptions> subscriptions;
  {
    const MutexLock lock(mutex_);
    subscriptions = subscriptions_;
  }
  for (const auto& subscription : *subscriptions)
    if ((subscription->kinds() & kind) != 0) subscription->notify(event);
}

}  // namespace pawl
