// Runs the attempts of `exec.run` and `exec.shell`: each is a child process.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/mutex.h"
#include "runners/exec/process.h"
#include "runners/runner.h"

namespace pawl {

// Threads: any. A destroyed runner has killed its processes and reports nothing more.
class ExecRunner final : public Runner {
 public:
  // `grace`: what processes get to end by themselves if this one is killed.
  ExecRunner(AttemptSink& sink, std::size_t max_result_bytes, Duration grace)
      : sink_(sink), max_result_bytes_(max_result_bytes), processes_(grace) {}

  // Whether it can start processes at all. Error: `unavailable`.
  [[nodiscard]] Result<void> check() const { return processes_.check(); }
  void start(std::span<Assignment> assignments) override;
  void stop(const AttemptAddress& address, Duration grace) override;
  [[nodiscard]] bool can_force_end() const override { return true; }
  // As ProcessRunner::hold().
  void hold(int lock) { processes_.hold(lock); }
  // As ProcessRunner::unhold().
  void unhold(int lock) { processes_.unhold(lock); }
  // Ends all: attempts get SIGTERM now, what former ones have left when they are gone, and SIGKILL after `grace`. If
  // attempts have used that up, the others get a second, unless `grace` is 0.
  // Returns when nothing is left, which with a process that hangs in the kernel it does not wait for. If that is not
  // soon, `on_wait`, which may be empty, is told once what it waits for. Meanwhile another thread may call it and
  // shorten the grace.
  void end(Duration grace, const std::function<void(const std::string& why)>& on_wait = {});

 private:
  struct AddressHash {
    std::size_t operator()(const AttemptAddress& address) const;
  };

  struct Running {
    runners::ProcessRunner::ProcessId process;
    std::shared_ptr<const Assignment> attempt;
  };

  void start_one(Assignment assignment);
  // The tasks that run.
  [[nodiscard]] std::string describe_running() const PAWL_REQUIRES(mutex_);

  AttemptSink& sink_;
  const std::size_t max_result_bytes_;
  Mutex mutex_;
  ConditionVariable idle_;
  std::optional<std::chrono::steady_clock::time_point> ends_at_ PAWL_GUARDED_BY(mutex_);
  bool ends_at_once_ PAWL_GUARDED_BY(mutex_) = false;
  boost::unordered_flat_map<AttemptAddress, Running, AddressHash> running_ PAWL_GUARDED_BY(mutex_);
  runners::ProcessRunner processes_;  // last: its callbacks use the members above
};

}  // namespace pawl
