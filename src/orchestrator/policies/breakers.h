// The states of a node's circuit breakers, which all its shards share: what a service has answered to one workflow
// holds for all (decision 14). They are asked under a lock, but only for tasks that name a breaker.
//
// A breaker that changes by itself is recorded without anybody waiting: lost in a crash, it finds out again.
// Threads: any.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pawl/policy.h"

#include "base/mutex.h"
#include "base/time.h"
#include "model/records/record.h"
#include "orchestrator/permits/permit_source.h"
#include "policy/circuit_breaker.h"

namespace pawl {

class Breakers {
 public:
  explicit Breakers(const Clock& clock) : clock_(clock) {}
  // Whom to tell of a state that is to be recorded; before anybody else is here. Called under the lock, so that changes
  // are recorded in their order: it must neither wait nor call back.
  void record_with(std::function<void(RecordChange)> record) { record_ = std::move(record); }

  // A breaker that does not exist lets everything through.
  struct Answer {
    bool allowed = true;
    std::uint64_t period = 0;  // for record_outcome()
    Timestamp until{};         // not allowed: at least until then
  };
  [[nodiscard]] Answer try_acquire(const std::string& breaker, Timestamp now);
  // What try_acquire() has decided, counted here because it has the lock; nullopt: there is none.
  [[nodiscard]] std::optional<PolicyStats> decisions(const std::string& breaker) const;
  // Whether there may be permits for tasks that it holds now.
  bool record_outcome(const std::string& breaker, std::uint64_t period, policy::Verdict verdict, Timestamp now);
  [[nodiscard]] AvailablePermits available_permits(const std::string& breaker, Timestamp now) const;
  // Tasks that the breaker holds: `more`, or fewer. They are counted by its name, whatever becomes of the policy.
  void count_held(const std::string& breaker, std::int64_t more);

  // From now on there is one that stands like this, unless there is one already; that goes on under this policy.
  void put(const std::string& breaker, const CircuitBreakerPolicy& policy, const policy::Breaker& state = {});
  void erase(const std::string& breaker);
  // nullopt: there is none.
  [[nodiscard]] std::optional<BreakerReport> report(const std::string& breaker) const;
  [[nodiscard]] std::optional<policy::Breaker> state_of(const std::string& breaker) const;
  void change(const std::string& breaker, void (*how)(policy::Breaker&));
  // As it is, or that there is none: after a change that may have been stored and is not made.
  void record_present(const std::string& breaker);

  // What is recorded of a breaker that stands like this, and the other way round.
  [[nodiscard]] BreakerReport to_stored(const policy::Breaker& breaker) const;
  [[nodiscard]] policy::Breaker from_stored(const BreakerReport& stored, const CircuitBreakerPolicy& policy) const;
  // Of all that there are, by name.
  [[nodiscard]] std::vector<std::pair<std::string, BreakerReport>> all_stored() const;
  // Records what they have counted since they last changed: at a proper end it is kept, too.
  void record_counts();

 private:
  struct Entry {
    CircuitBreakerPolicy policy;
    policy::Breaker breaker;
    std::uint32_t recorded_failures = 0;  // in a row
    std::uint64_t changes = 0;
    PolicyStats decisions{};
  };

  void record(const std::string& name, Entry& entry) PAWL_REQUIRES(mutex_);
  [[nodiscard]] std::size_t held_by(const std::string& breaker) const PAWL_REQUIRES(mutex_);
  // The time that is `time` by the wall clock as it stands now; breakers count by Clock::now().
  [[nodiscard]] Timestamp to_wall(Timestamp time) const { return time + (clock_.wall() - clock_.now()); }

  const Clock& clock_;
  std::function<void(RecordChange)> record_;
  mutable Mutex mutex_;
  std::map<std::string, Entry> entries_ PAWL_GUARDED_BY(mutex_);
  std::map<std::string, std::size_t> held_ PAWL_GUARDED_BY(mutex_);  // by breaker; none of 0
};

}  // namespace pawl
