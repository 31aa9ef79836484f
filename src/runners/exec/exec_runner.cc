#include "runners/exec/exec_runner.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"
#include "runners/exec/exec_task.h"
#include "runners/handler.h"

namespace pawl {
namespace {

// A process that was killed may still be inside the kernel, on a disk that does not answer.
constexpr std::chrono::seconds kMostForKilled(5);
// What the processes that attempts have left get at least between SIGTERM and SIGKILL.
constexpr std::chrono::seconds kLeastForLeftovers(1);
// Whoever waits for no longer than this does not have to be told why.
constexpr std::chrono::milliseconds kSilentWait(200);
// Of the tasks that are waited for, those whose names are told.
constexpr std::size_t kNamedTasks = 3;

}  // namespace

std::size_t ExecRunner::AddressHash::operator()(const AttemptAddress& address) const {
  std::size_t seed = address.route.place;
  const std::uint64_t generation = address.route.generation;
  for (const std::uint64_t part : {std::uint64_t{address.route.shard}, generation,
                                   std::uint64_t{address.action.number()}, std::uint64_t{address.attempt}})
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
      const MutexLock lock(mutex_);
      running_.erase(address);
      if (running_.empty()) idle_.notify_all();
    }
    sink_.finished(address, outcome_of(std::move(result), max_result_bytes_));
  };
  const MutexLock lock(mutex_);
  running_.emplace(address,
                   Running{.process = processes_.start(std::move(task->process), wrote, done), .attempt = attempt});
}

std::string ExecRunner::describe_running() const {
  std::string names;
  std::size_t named = 0;
  for (const auto& [address, running] : running_) {
    if (named++ == kNamedTasks) break;
    const WorkflowFacts& facts = *running.attempt->facts;
    names += fmt::format("{}{} of workflow {}", names.empty() ? "" : ", ",
                         in_quotes(facts.definition->task_id(address.action.task)), in_quotes(facts.id.text()));
  }
  if (running_.size() > kNamedTasks) names += fmt::format(" and {} more", running_.size() - kNamedTasks);
  return fmt::format("{} {}", running_.size() == 1 ? "the process of task" : "the processes of tasks", names);
}

void ExecRunner::end(Duration grace, const std::function<void(const std::string& why)>& on_wait) {
  using Steady = std::chrono::steady_clock;
  MutexLock lock(mutex_);
  const auto tell_at = on_wait && grace > kSilentWait ? Steady::now() + kSilentWait : Steady::time_point::max();
  bool told = false;
  const auto tell = [&](const std::string& what, Duration left) {
    told = true;
    on_wait(fmt::format("waits for {} to end, at most until {}", what,
                        format_time(SystemClock().now() + std::max(left, Duration::zero()))));
  };
  ends_at_ = std::min(Steady::now() + grace, ends_at_.value_or(Steady::time_point::max()));
  ends_at_once_ = ends_at_once_ || grace == Duration::zero();
  for (const auto& [address, running] : running_) processes_.stop(running.process, grace);
  idle_.notify_all();  // whoever waits already may have to wait less
  while (!running_.empty() && Steady::now() < *ends_at_ + kMostForKilled) {
    if (!told && Steady::now() >= tell_at) {
      const std::string what = describe_running();
      const auto left = std::chrono::ceil<Duration>(*ends_at_ - Steady::now());
      lock.unlock();
      tell(what, left);
      lock.lock();
      continue;
    }
    idle_.wait_until(mutex_, told ? *ends_at_ + kMostForKilled : std::min(tell_at, *ends_at_ + kMostForKilled));
  }
  const auto now = Steady::now();
  const Duration least = ends_at_once_ ? Duration::zero() : Duration(kLeastForLeftovers);
  const Duration left = std::max(std::chrono::ceil<Duration>(*ends_at_ - now), least);
  lock.unlock();
  processes_.end(left);
  const auto end_at = now + left + kMostForKilled;
  if (!told && tell_at < end_at && !processes_.wait_end(std::max(tell_at, now)))
    tell("what tasks have left running", std::chrono::ceil<Duration>(now + left - Steady::now()));
  if (processes_.wait_end(end_at)) processes_.hold(-1);
}

void ExecRunner::stop(const AttemptAddress& address, Duration grace) {
  const MutexLock lock(mutex_);
  if (const auto found = running_.find(address); found != running_.end()) processes_.stop(found->second.process, grace);
}

}  // namespace pawl
