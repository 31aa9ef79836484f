// Handlers as the world has them: they succeed, fail, hang, do not listen, and finish too late.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "base/random.h"
#include "runners/runner.h"
#include "sim/virtual_clock.h"

namespace pawl::sim {

class SimRunner final : public Runner {
 public:
  // `started` sees each assignment as it arrives.
  SimRunner(const VirtualClock& clock, std::uint64_t seed, std::function<void(const Assignment&)> started)
      : clock_(clock), random_(seed), started_(std::move(started)) {}

  void start(std::span<Assignment> assignments) override;
  void stop(const AttemptAddress& address, Duration grace) override;

  // From now on every attempt succeeds, and soon.
  void behave() { behaves_ = true; }
  // When the next attempt ends.
  [[nodiscard]] std::optional<Timestamp> next_due() const;
  // Reports one attempt that has ended by now. False if there is none.
  bool deliver(const std::function<void(const AttemptAddress&, AttemptOutcome)>& report);

 private:
  struct Running {
    AttemptAddress address;
    AttemptOutcome outcome;
    bool listens = true;  // ends when it is told to
  };

  void finish_at(Timestamp due, Running running);

  const VirtualClock& clock_;
  Random random_;
  const std::function<void(const Assignment&)> started_;
  bool behaves_ = false;
  std::multimap<Timestamp, Running> running_;
};

}  // namespace pawl::sim
