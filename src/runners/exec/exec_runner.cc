#include "runners/exec/exec_runner.h"

#include <algorithm>
#include <utility>

#include "runners/exec/exec_task.h"
#include "runners/handler.h"

namespace pawl {
namespace {

// A process that was killed may still be inside the kernel, on a disk that does not answer.
constexpr std::chrono::seconds kMostForKilled(5);
// What the processes that attempts have left get at least between SIGTERM and SIGKILL.
constexpr std::chrono::seconds kLeastForLeftovers(1);

}  // namespace

std::size_t ExecRunner::AddressHash::operator()(const AttemptAddress& address) const {
  std::size_t seed = address.workflow.place;
  for (const std::uint32_t part : {address.workflow.shard, address.workflow.generation, address.task, address.attempt})
    boost::hash_combine(seed, part);
  return seed;
}

void ExecRunner::start(std::span<Assignment> assignments) {
  for (Assignment& assignment : assignments) start_one(std::move(assignment));
}

void ExecRunner::start_one(Assignment assignment) {
  const auto function =
      assignment.handler->function == "run" ? runners::ExecFunction::run : runners::ExecFunction::shell;
  Result<runners::ExecTask> task = runners::read_exec_args(function, assignment.args.parse(), max_result_bytes_);
  if (!task) {
    TaskError error("invalid_argument", describe(task.error()));
    error.retryable = false;
    sink_.finished(assignment.address, outcome_of(std::unexpected(std::move(error)), max_result_bytes_));
    return;
  }
  const AttemptAddress address = assignment.address;
  // Shared by the two callbacks of one process, which end with it.
  const auto attempt = std::make_shared<const Assignment>(std::move(assignment));
  const auto wrote = [this, attempt](runners::OutputStream stream, std::string_view lines) {
    sink_.wrote(*attempt, stream == runners::OutputStream::standard_error, lines);
  };
  const auto done = [this, address, call = std::move(task->call)](runners::ProcessOutcome outcome) {
    TaskResult result = runners::exec_result(call, std::move(outcome));
    {
      // Waits until start_one below has noted the process, however soon it ended.
      const std::lock_guard lock(mutex_);
      running_.erase(address);
      if (running_.empty()) idle_.notify_all();
    }
    sink_.finished(address, outcome_of(std::move(result), max_result_bytes_));
  };
  const std::lock_guard lock(mutex_);
  running_.emplace(address, processes_.start(std::move(task->process), wrote, done));
}

void ExecRunner::end(Duration grace) {
  std::unique_lock lock(mutex_);
  ends_at_ = std::min(std::chrono::steady_clock::now() + grace,
                      ends_at_.value_or(std::chrono::steady_clock::time_point::max()));
  ends_at_once_ = ends_at_once_ || grace == Duration::zero();
  for (const auto& [address, process] : running_) processes_.stop(process, grace);
  idle_.notify_all();  // whoever waits already may have to wait less
  while (!running_.empty() && std::chrono::steady_clock::now() < *ends_at_ + kMostForKilled)
    idle_.wait_until(lock, *ends_at_ + kMostForKilled);
  const auto now = std::chrono::steady_clock::now();
  const Duration least = ends_at_once_ ? Duration::zero() : Duration(kLeastForLeftovers);
  const Duration left = std::max(std::chrono::ceil<Duration>(*ends_at_ - now), least);
  lock.unlock();
  processes_.end(left);
  if (processes_.wait_end(now + left + kMostForKilled)) processes_.hold(-1);
}

void ExecRunner::stop(const AttemptAddress& address, Duration grace) {
  const std::lock_guard lock(mutex_);
  if (const auto found = running_.find(address); found != running_.end()) processes_.stop(found->second, grace);
}

}  // namespace pawl
