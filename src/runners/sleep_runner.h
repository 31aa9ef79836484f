// The runner of `test.sleep`, which stands for work that takes so long: an attempt holds its task slot, is told to
// stop, and is lost with the process, as one of a user's handler. One thread for all, from the first attempt on.
//
// Threads: any. Ownership: as ThreadPool.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <thread>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/mutex.h"
#include "runners/runner.h"

namespace pawl {

class SleepRunner final : public Runner {
 public:
  explicit SleepRunner(AttemptSink& sink) : sink_(sink) {}
  SleepRunner(const SleepRunner&) = delete;
  SleepRunner& operator=(const SleepRunner&) = delete;
  ~SleepRunner() override { stop_all(); }

  // What sleeps, and what is started from now on, is dropped without an outcome.
  void stop_all();

  void start(std::span<Assignment> assignments) override;
  void stop(const AttemptAddress& address, Duration grace) override;

 private:
  using ByEnd = std::multimap<ConditionVariable::Clock::time_point, AttemptAddress>;
  struct Hash {
    std::size_t operator()(const AttemptAddress& address) const;
  };

  // What becomes of the attempt immediately, or nothing: it sleeps.
  [[nodiscard]] std::unique_ptr<TaskError> begin(const Assignment& assignment);
  void work();

  AttemptSink& sink_;
  Mutex mutex_;
  ConditionVariable changed_;
  ByEnd sleeping_ PAWL_GUARDED_BY(mutex_);
  boost::unordered_flat_map<AttemptAddress, ByEnd::iterator, Hash> by_address_ PAWL_GUARDED_BY(mutex_);
  bool ends_ PAWL_GUARDED_BY(mutex_) = false;
  std::thread thread_ PAWL_GUARDED_BY(mutex_);
};

}  // namespace pawl
