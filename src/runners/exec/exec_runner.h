// Runs the attempts of `exec.run` and `exec.shell`: each is a child process.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#include <boost/unordered/unordered_flat_map.hpp>

#include "runners/exec/process.h"
#include "runners/runner.h"

namespace pawl {

// Threads: any. A destroyed runner has killed its processes and reports nothing more.
class ExecRunner final : public Runner {
 public:
  ExecRunner(AttemptSink& sink, std::size_t max_result_bytes) : sink_(sink), max_result_bytes_(max_result_bytes) {}

  // Whether it can run anything. Error: `unavailable`.
  [[nodiscard]] Result<void> ready() const { return processes_.ready(); }
  void start(std::span<Assignment> assignments) override;
  void stop(const AttemptAddress& address, Duration grace) override;
  // Each process gets SIGTERM now, and SIGKILL after `grace`.
  void stop_all(Duration grace);
  // Waits until none runs, or `until`.
  void wait_idle(std::chrono::steady_clock::time_point until);

 private:
  struct AddressHash {
    std::size_t operator()(const AttemptAddress& address) const;
  };

  void start_one(Assignment assignment);

  AttemptSink& sink_;
  const std::size_t max_result_bytes_;
  std::mutex mutex_;  // guards running_
  std::condition_variable idle_;
  boost::unordered_flat_map<AttemptAddress, runners::ProcessRunner::ProcessId, AddressHash> running_;
  runners::ProcessRunner processes_;  // last: its callbacks use the members above
};

}  // namespace pawl
