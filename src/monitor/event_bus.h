// Subscribers to events, and what they are told.
#pragma once

#include <atomic>
#include <memory>
#include <shared_mutex>
#include <vector>

#include "pawl/monitor.h"

#include "base/time.h"
#include "monitor/observer.h"

namespace pawl {

// Threads: any.
class EventBus final : public Monitor, public Observer {
 public:
  explicit EventBus(const Clock& clock) : clock_(clock) {}

  Result<SubscriptionId> subscribe(std::function<void(const WorkflowEvent&)> callback,
                                   std::vector<std::string> types) override;
  Result<void> unsubscribe(SubscriptionId id) override;

  [[nodiscard]] EventKinds wanted() const override { return wanted_.load(std::memory_order_relaxed); }
  void happened(const WorkflowFacts& facts, const Event& event) override;
  void wrote(const Assignment& assignment, bool is_error, std::string_view line) override;
  void progressed(const Assignment& assignment, double fraction, std::string_view message) override;

 private:
  struct Subscription {
    SubscriptionId id;
    std::function<void(const WorkflowEvent&)> callback;
    EventKinds kinds;
  };

  // With mutex_ held.
  void update_wanted();
  void tell(EventKinds kind, const WorkflowEvent& event) const;

  const Clock& clock_;
  std::atomic<EventKinds> wanted_{0};  // by any subscriber
  mutable std::shared_mutex mutex_;  // guards all below; shared while callbacks run, so that unsubscribe waits for them
  std::vector<Subscription> subscriptions_;
  std::uint64_t last_id_ = 0;
};

}  // namespace pawl
