#include "runners/exec/exec_runner.h"

#include <utility>

#include <fmt/format.h>

#include "runners/exec/exec_task.h"
#include "runners/handler.h"

namespace pawl {

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
  Result<runners::ProcessSpec> spec = runners::read_exec_args(function, assignment.args.parse());
  if (!spec) {
    TaskError error("invalid_argument", describe(spec.error()));
    error.retryable = false;
    sink_.finished(assignment.address, {.result = {}, .error = std::make_unique<TaskError>(std::move(error))});
    return;
  }
  spec->stdout_limit = max_result_bytes_;
  const AttemptAddress address = assignment.address;
  // Shared by the two callbacks of one process, which end with it.
  const auto attempt = std::make_shared<const Assignment>(std::move(assignment));
  const auto wrote = [this, attempt](runners::OutputStream stream, std::string_view line) {
    sink_.wrote(*attempt, stream == runners::OutputStream::standard_error, line);
  };
  const auto done = [this, address, spec = *spec](runners::ProcessOutcome outcome) {
    TaskResult result = runners::exec_result(spec, std::move(outcome));
    {
      // Waits until start_one below has noted the process, however soon it ended.
      const std::lock_guard lock(mutex_);
      running_.erase(address);
    }
    finish(address, std::move(result));
  };
  const std::lock_guard lock(mutex_);
  running_.emplace(address, processes_.start(*std::move(spec), wrote, done));
}

void ExecRunner::finish(const AttemptAddress& address, TaskResult result) {
  if (!result) {
    sink_.finished(address, {.result = {}, .error = std::make_unique<TaskError>(std::move(result.error()))});
    return;
  }
  JsonText text = JsonText::from(*result);
  if (text.view().size() <= max_result_bytes_) {
    sink_.finished(address, {.result = std::move(text), .error = nullptr});
    return;
  }
  auto error = std::make_unique<TaskError>(
      "limit_exceeded", fmt::format("the result has {} bytes; the limit is {}", text.view().size(), max_result_bytes_));
  error->retryable = false;
  sink_.finished(address, {.result = {}, .error = std::move(error)});
}

void ExecRunner::stop(const AttemptAddress& address, Duration grace) {
  const std::lock_guard lock(mutex_);
  if (const auto found = running_.find(address); found != running_.end()) processes_.stop(found->second, grace);
}

}  // namespace pawl
