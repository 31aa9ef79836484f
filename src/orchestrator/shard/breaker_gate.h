// What a shard knows of circuit breakers: the attempts that they let through, which tell them how they ended, and the
// tasks that they hold. Threads: the shard's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "model/event.h"
#include "orchestrator/policy_book.h"
#include "orchestrator/shard/live_workflow.h"

namespace pawl {

class BreakerGate {
 public:
  struct HeldTask {
    AttemptRoute workflow;
    ActionId action;
  };

  explicit BreakerGate(PolicyBook& policies) : policies_(policies) {}

  // nullopt: the attempt may be made, and counts as let through until an event tells its end. Otherwise when to try
  // again: the task is to be held until then.
  std::optional<Timestamp> enter(const LiveWorkflow& workflow, ActionId action, Timestamp now);
  // What the events tell of the policies that the workflow refers to: counts, and outcomes for circuit breakers.
  void observe(LiveWorkflow& workflow, std::span<const Event> events, Timestamp now);

  [[nodiscard]] bool holds_any() const { return !held_.empty(); }
  // Held tasks that may be released now, the oldest first; some at a time, for all that a closed breaker held would
  // take the shard too long, and one that is half open takes only its probes.
  [[nodiscard]] std::vector<HeldTask> find_releasable(Timestamp now);
  // When there may be more.
  [[nodiscard]] std::optional<Timestamp> next_due() const { return due_; }
  // The task is not held any more; nothing happens if it was not.
  void unhold(LiveWorkflow& workflow, ActionId action);

  // The workflow is broken: it is not sure which tasks it has.
  void drop(LiveWorkflow& workflow, Timestamp now);
  // The shard goes down: what it had let through or held, it knows no more.
  void drop_all(Timestamp now);

  // Tasks that are held, by breaker.
  [[nodiscard]] std::map<std::string, std::size_t> count_held() const;
  [[nodiscard]] std::size_t count_passages() const { return passages_.size(); }

 private:
  struct Passage {
    std::string breaker;
    std::uint64_t period;
  };
  struct HeldTasks {
    std::map<std::uint64_t, HeldTask> tasks;  // numbered in the order they were held
    std::uint64_t seen_change = ~0ULL;        // of the breaker, when some were released to probe it
    Timestamp released_at{};
  };
  struct HeldAt {
    std::string breaker;
    std::uint64_t number;
  };

  // Of an action; the kind says nothing.
  [[nodiscard]] static TimerKey key_of(const LiveWorkflow& workflow, ActionId action) {
    return workflow.timer_key(TimerKind::wait, action);
  }
  void end_passage(const LiveWorkflow& workflow, ActionId action, policy::Verdict verdict, Timestamp now);
  void hold(LiveWorkflow& workflow, ActionId action);
  void unhold_unless_held(LiveWorkflow& workflow);

  PolicyBook& policies_;
  boost::unordered_flat_map<TimerKey, Passage, TimerKeyHash> passages_;  // attempts that have not ended
  std::map<std::string, HeldTasks> held_;                                // by breaker
  boost::unordered_flat_map<TimerKey, HeldAt, TimerKeyHash> held_at_;
  std::uint64_t last_held_ = 0;
  std::optional<Timestamp> due_;
};

}  // namespace pawl
