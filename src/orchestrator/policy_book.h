// The stored policies of a node: what they say (policies/policy_registry.h), how their circuit breakers stand
// (policies/breakers.h) and what they have decided (policies/policy_statistics.h); and Policy's operations, which
// change all three. A change is recorded durably before it is made, which takes its time: those that change something
// are steps, and wait for their turn and for the record without holding up a thread. They end on the thread of whatever
// they have waited for last.
// Threads: any.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "pawl/policy.h"

#include "base/time.h"
#include "orchestrator/policies/breakers.h"
#include "orchestrator/policies/policy_registry.h"
#include "orchestrator/policies/policy_statistics.h"
#include "orchestrator/record_stream.h"
#include "orchestrator/steps.h"
#include "persistence/store.h"

namespace pawl {

class PolicyBook {
 public:
  explicit PolicyBook(const Clock& clock) : clock_(clock), breakers_(clock) {}
  // Called, on any thread, when there may be permits for tasks that breakers hold.
  void on_permits_available(std::function<void()> notify) { on_available_ = std::move(notify); }
  // Where changes are recorded, from now on; without it nothing is. Before anybody else is here.
  void record_in(RecordStream& records);

  // What shards ask.
  [[nodiscard]] const PolicyRegistry& registry() const { return registry_; }
  [[nodiscard]] Breakers& breakers() { return breakers_; }
  [[nodiscard]] PolicyStatistics& statistics() { return statistics_; }
  [[nodiscard]] Breakers::Answer try_acquire(const std::string& breaker, Timestamp now) {
    return breakers_.try_acquire(breaker, now);
  }
  // Breakers::record_outcome(), with what follows from it.
  void record_outcome(const std::string& breaker, std::uint64_t period, policy::Verdict verdict, Timestamp now);

  // Policy's operations. Errors as there.
  Steps<void> define(std::string name, PolicyConfig config);
  [[nodiscard]] Result<PolicyInfo> get(const std::string& name) const { return registry_.get(name); }
  [[nodiscard]] std::vector<PolicyInfo> list() const { return registry_.list(); }
  Steps<void> update(std::string name, PolicyConfig config);
  // PolicyRegistry's.
  Result<void> announce_removal(const std::string& name) { return registry_.announce_removal(name); }
  void keep_after_all(const std::string& name) { registry_.keep_after_all(name); }
  Steps<void> remove(std::string name);
  [[nodiscard]] Result<PolicyAnswer> evaluate(const std::string& name, const PolicyQuestion& question) const;
  [[nodiscard]] Result<PolicyStats> stats(const std::string& name) const;
  [[nodiscard]] Result<BreakerReport> check_breaker(const std::string& name) const;
  Steps<void> change_breaker(std::string name, void (*change)(policy::Breaker&));

  // What a store has of policies, as far as it makes sense.
  struct Stored {
    std::vector<PolicyInfo> policies;
    std::map<std::string, policy::Breaker> breakers;
  };
  // Error: also `already_exists`, for a name that means different policies here and there.
  [[nodiscard]] Result<Stored> read_from(Store& store) const;
  // They are known from now on.
  void adopt(Stored stored);
  // Makes what is known here, and not there, known to `next` as well; during a standstill. Error: it is not durable.
  Result<void> copy_to(Store& next, Epoch epoch, const Stored& there) const;
  [[nodiscard]] PolicyRegistry::Standstill stand_still(const std::function<void()>& meanwhile = {}) {
    return registry_.stand_still(meanwhile);
  }

 private:
  // Error: it may be durable or not; what was before is recorded again.
  Steps<void> record(std::vector<RecordChange> changes);
  void post_present(RecordKind kind, const std::string& name);
  [[nodiscard]] Result<void> check_is_breaker(const std::string& name) const;
  void notify_available() const {
    if (on_available_) on_available_();
  }

  const Clock& clock_;
  std::function<void()> on_available_;
  RecordStream* records_ = nullptr;
  PolicyRegistry registry_;
  Breakers breakers_;
  PolicyStatistics statistics_;
};

}  // namespace pawl
