// The event bus notifies subscribers of events.
//
// The list of subscribers is replaced as a whole, so that no lock is held while a callback runs: a callback may
// subscribe and unsubscribe. Threads: any.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "pawl/monitor.h"

#include "base/mutex.h"
#include "base/owner_process.h"
#include "base/time.h"
#include "monitor/observer.h"

namespace pawl {

class EventBus final : public Monitor, public Observer {
 public:
  explicit EventBus(const Clock& clock);

  Result<SubscriptionId> subscribe(std::function<void(const WorkflowEvent&)> callback,
                                   std::vector<std::string> types) override;
  Result<void> unsubscribe(SubscriptionId id) override;

  [[nodiscard]] EventKinds wanted() const override { return wanted_.load(std::memory_order_relaxed); }
  void happened(const WorkflowFacts& facts, const Event& event, std::string_view by) override;
  void wrote(const Assignment& assignment, bool is_error, std::string_view lines) override;
  void progressed(const Assignment& assignment, double fraction, std::string_view message) override;

  // Whether this thread is inside a callback, of whichever bus.
  [[nodiscard]] static bool is_notifying();

 private:
  class Subscription;
  using Subscriptions = std::vector<std::shared_ptr<Subscription>>;  // shared by the bus and those who notify

  void replace(Subscriptions subscriptions) PAWL_REQUIRES(mutex_);
  void publish(EventKinds kind, const WorkflowEvent& event) const;
  [[nodiscard]] bool is_wanted(EventKinds kind) const { return (wanted() & kind) != 0 && owner_.is_here(); }

  const Clock& clock_;
  const OwnerProcess owner_;
  std::atomic<EventKinds> wanted_{0};  // by any subscriber
  mutable Mutex mutex_;
  std::shared_ptr<const Subscriptions> subscriptions_ PAWL_GUARDED_BY(mutex_);
  std::uint64_t last_id_ PAWL_GUARDED_BY(mutex_) = 0;
};

}  // namespace pawl
