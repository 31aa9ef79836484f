// Brings what happens in an engine to whoever shows it, who may come after it has begun to happen.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "pawl/monitor.h"

#include "base/mutex.h"
#include "cli/view/view.h"

namespace pawl::cli {

// Threads: one; events come on the engine's.
class EventFeed {
 public:
  explicit EventFeed(Monitor& monitor) : monitor_(monitor) {}
  ~EventFeed() { close(); }
  EventFeed(const EventFeed&) = delete;
  EventFeed& operator=(const EventFeed&) = delete;

  // What happens from now on, of these types (as Monitor::subscribe() reads them), is noted, as far as there is room,
  // for show().
  void listen(std::vector<std::string> types);
  // From now on, and from listen() on, `view` is told what it wants to know of that workflow.
  void show(View& view, const std::string& workflow);
  // Nobody wants to know more than which workflows end.
  void only_ends();
  // When it returns nobody is told anything any more.
  void close();
  // The ids of those that have ended since it was asked last; waits so long for a first one. An id may come twice.
  std::vector<std::string> take_ended(std::chrono::milliseconds patience);

 private:
  void subscribe(std::vector<std::string> types);
  void happened(const WorkflowEvent& event);

  Monitor& monitor_;
  std::vector<SubscriptionId> subscriptions_;
  Mutex mutex_;  // also for the order of what the view is told: held while it is
  ConditionVariable somebody_ended_;
  std::vector<WorkflowEvent> early_ PAWL_GUARDED_BY(mutex_);
  std::size_t early_bytes_ PAWL_GUARDED_BY(mutex_) = 0;  // of their texts
  bool notes_ PAWL_GUARDED_BY(mutex_) = false;
  View* view_ PAWL_GUARDED_BY(mutex_) = nullptr;
  std::string shown_ PAWL_GUARDED_BY(mutex_);
  std::vector<std::string> types_ PAWL_GUARDED_BY(mutex_);
  std::vector<std::string> ended_ PAWL_GUARDED_BY(mutex_);
};

}  // namespace pawl::cli
