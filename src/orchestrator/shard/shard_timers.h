// The clocks of a shard, and the timers of its workflows, each by the clock that it follows.
// Decision 23 says what each kind of time does when the wall clock is corrected. Threads: the shard's.
#pragma once

#include <chrono>
#include <optional>

#include "base/time.h"
#include "model/attempt.h"
#include "model/effect.h"
#include "orchestrator/shard/live_workflow.h"
#include "orchestrator/shard/timers.h"

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
  void disarm_all(LiveWorkflow& workflow);

  // A timer that is due, taken out; its workflow counts one less.
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
  Timers alarms_;                // by the wall clock: waits for a time of day
};

}  // namespace pawl
