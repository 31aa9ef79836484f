#include "runners/sleep_runner.h"

#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/time.h"
#include "model/time_waits.h"
#include "runners/handler.h"

namespace pawl {
namespace {

AttemptOutcome failed_with(std::unique_ptr<TaskError> error) { return {.result = {}, .error = std::move(error)}; }

}  // namespace

std::size_t SleepRunner::Hash::operator()(const AttemptAddress& address) const {
  std::size_t seed = (std::size_t{address.route.place} << 32U) | address.action.number();
  boost::hash_combine(seed, address.route.shard);
  boost::hash_combine(seed, address.route.generation);
  boost::hash_combine(seed, address.attempt);
  return seed;
}

void SleepRunner::start(std::span<Assignment> assignments) {
  for (const Assignment& assignment : assignments)
    if (auto error = begin(assignment)) sink_.finished(assignment.address, failed_with(std::move(error)));
}

std::unique_ptr<TaskError> SleepRunner::begin(const Assignment& assignment) {
  const Json args = assignment.args.parse();
  // Args that come out of expressions were not checked when they were written.
  const bool computed = assignment.facts->definition->args_have_places(assignment.address.action);
  const Result<void> ok = computed ? check_written_sleep(args) : check_sleep(args);
  const Result<Duration> duration = ok ? sleep_of(args) : std::unexpected(ok.error());
  if (!duration) {
    auto error = std::make_unique<TaskError>("invalid_argument", describe(duration.error()));
    error->retryable = false;
    return error;
  }
  const MutexLock lock(mutex_);
  if (ends_) return nullptr;
  try {
    if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
  } catch (const std::system_error& no_thread) {
    return std::make_unique<TaskError>("unavailable",
                                       fmt::format("there is no thread to be had: {}", no_thread.what()));
  }
  const auto place = sleeping_.emplace(steady_deadline(*duration), assignment.address);
  by_address_.insert_or_assign(assignment.address, place);
  if (place == sleeping_.begin()) changed_.notify_one();
  return nullptr;
}

void SleepRunner::stop(const AttemptAddress& address, Duration /*grace*/) {
  {
    const MutexLock lock(mutex_);
    const auto found = by_address_.find(address);
    if (found == by_address_.end()) return;  // it has ended
    sleeping_.erase(found->second);
    by_address_.erase(found);
  }
  sink_.finished(address, failed_with(std::make_unique<TaskError>("cancelled", "it was asked to stop")));
}

void SleepRunner::stop_all() {
  std::thread thread;
  {
    const MutexLock lock(mutex_);
    ends_ = true;
    thread = std::move(thread_);
    changed_.notify_one();
  }
  if (thread.joinable()) thread.join();
}

void SleepRunner::work() {
  MutexLock lock(mutex_);
  while (!ends_) {
    if (sleeping_.empty()) {
      changed_.wait(mutex_);
      continue;
    }
    const auto first = sleeping_.begin();
    if (const auto end = first->first; end > ConditionVariable::Clock::now()) {
      changed_.wait_until(mutex_, end);
      continue;
    }
    const AttemptAddress address = first->second;
    by_address_.erase(address);
    sleeping_.erase(first);
    lock.unlock();
    sink_.finished(address, {});
    lock.lock();
  }
}

}  // namespace pawl
