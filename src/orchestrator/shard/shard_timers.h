// The clocks of a shard, and what is armed by them: timers for its workflows, and attempts that only wait for a time.
// Decision 23 says what each kind of time does when the wall clock is corrected. Threads: the shard's.
#pragma once

#include <chrono>
#include <optional>

#include "base/time.h"
#include "model/attempt.h"
#include "model/effect.h"
#include "orchestrator/shard/live_workflow.h"
#include "orchestrator/shard/timers.h"
#include "runners/builtin.h"

namespace pawl {

class ShardTimers {
 public:
  explicit ShardTimers(const Clock& clock) : clock_(clock), now_(clock.now()) {}

  // Reads the clocks.
  void tick();
  // The monotonic time of the last tick().
  [[nodiscard]] Timestamp now() const { return now_; }
  [[nodiscard]] Timestamp wall() const { return now_ + correction_; }
  // The wall clock is ahead of now() by so much.
  [[nodiscard]] std::chrono::microseconds correction() const { return correction_; }

  void arm(LiveWorkflow& workflow, const effect::ArmTimer& timer);
  void disarm(LiveWorkflow& workflow, TimerKind kind, ActionId action);
  // All but those that are attempts.
  void disarm_all(LiveWorkflow& workflow);

  // An attempt that ends when `due` has come.
  void arm_attempt(const LiveWorkflow& workflow, ActionId action, std::uint32_t attempt, const TimerDue& due);
  // False if there is none of this number.
  bool disarm_attempt(const LiveWorkflow& workflow, ActionId action, std::uint32_t attempt);

  // A timer that is due, taken out. One of kind `wake` is an attempt; all others are counted by their workflow.
  std::optional<Timer> take_due();
  [[nodiscard]] std::optional<Timestamp> next_due();
  template <class Visit>
  void for_each(Visit visit) const {
    timers_.for_each(visit);
    alarms_.for_each(visit);
  }
  void clear();

 private:
  const Clock& clock_;
  Timestamp now_;
  std::chrono::microseconds correction_{0};
  Timestamp wall_clock_read_{};  // by now_
  Timers timers_;                // by now_
  Timers alarms_;                // by the wall clock: attempts that wait for a time of day
};

}  // namespace pawl
