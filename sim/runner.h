// Handlers as the world has them: they succeed, fail, hang, do not listen, and finish too late. Or, for a scenario, as
// somebody says.
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
  // From now on attempts end when finish() says so, and in no other way.
  void obey() { obeys_ = true; }
  struct Open {
    AttemptAddress address;
    std::string workflow;
    std::string action;  // the task's id; of what undoes one, "undo <id>"
    bool told_to_stop = false;
  };
  // In the order they began.
  [[nodiscard]] const std::vector<Open>& open() const { return open_; }
  // How many attempts were made at the action.
  [[nodiscard]] std::size_t attempts(const std::string& workflow, const std::string& action) const;
  // The latest attempt that was made has this outcome, perhaps too late. False if there is none.
  bool finish(const std::string& workflow, const std::string& action, AttemptOutcome outcome);

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
  bool obeys_ = false;
  std::vector<Open> open_;
  std::map<std::pair<std::string, std::string>, std::pair<std::size_t, AttemptAddress>>
      made_;  // how many, and the last
  std::multimap<Timestamp, Running> running_;
};

}  // namespace pawl::sim
