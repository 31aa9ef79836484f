// Handlers as the world has them: they succeed, fail, hang, do not listen, and finish too late. Or processes, which
// take their time to stop and are killed when it is over. Or, for a scenario, attempts that end when somebody says so.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "runners/runner.h"
#include "sim/virtual_clock.h"

namespace pawl::sim {

class SimRunner final : public Runner {
 public:
  struct Options {
    std::uint64_t seed = 0;
    bool forces = false;        // attempts are processes
    bool is_secretive = false;  // and it does not say so
    bool is_deaf = false;       // now and then it does not hear that an attempt is to stop
  };
  // `started` sees each assignment as it arrives, before the runner knows it.
  SimRunner(const VirtualClock& clock, Options options, std::function<void(const Assignment&)> started)
      : clock_(clock), random_(options.seed), options_(options), started_(std::move(started)) {}

  void start(std::span<Assignment> assignments) override;
  void stop(const AttemptAddress& address, Duration grace) override;
  [[nodiscard]] bool can_force_end() const override { return options_.forces && !options_.is_secretive; }

  // Whether an attempt at this action of a workflow of this id has begun and not ended.
  [[nodiscard]] bool has_one_of(const Assignment& assignment) const;
  // How many attempts have begun and not ended.
  [[nodiscard]] std::size_t out() const { return running_.size(); }

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
  using Name = std::pair<std::string, std::string>;  // the ids of the workflow and the action
  struct Running {
    AttemptAddress address;
    Name name;
    AttemptOutcome outcome;
    bool listens = true;  // ends when it is told to
  };

  static Name name_of(const Assignment& assignment);
  void finish_at(Timestamp due, Running running);
  [[nodiscard]] Timestamp end_of_stopped(Timestamp due, bool listens, Duration grace);

  const VirtualClock& clock_;
  Random random_;
  const Options options_;
  const std::function<void(const Assignment&)> started_;
  bool behaves_ = false;
  bool obeys_ = false;
  std::vector<Open> open_;
  std::map<Name, std::pair<std::size_t, AttemptAddress>> made_;  // how many, and the last
  std::size_t stops_ = 0;
  std::multimap<Timestamp, Running> running_;  // by their ends
};

}  // namespace pawl::sim
