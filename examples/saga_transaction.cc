// A trip is a flight, a hotel and a car, or nothing at all. No car is left, so what was booked is cancelled, the latest
// first. The hotel's line is busy at first: its cancellation is tried again.
//
// To learn here: a saga is a row of steps, each with what undoes it; a compensation sees what its step returned and why
// it is called; the log tells what was done and undone. examples/saga_transaction.yaml is the same as a definition.
// Prints
//
//   flight  book    compensated  "LH 1842"
//   hotel   book    compensated  "R-17"
//   car     book    failed       no car is left
//   hotel   cancel  completed    after 2 attempts
//   flight  cancel  completed    after 1 attempt
//   the trip has failed, and all that was booked is cancelled
#include <chrono>
#include <iomanip>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "pawl/engine.h"

namespace {

// Args: the booking that one would get; null if nothing is left.
pawl::TaskResult book(pawl::TaskContext& task) {
  const pawl::Json& booking = task.args().at(0);
  if (booking.is_null()) return pawl::error("sold_out", "no " + std::string(task.task_id()) + " is left");
  return booking;
}

pawl::TaskResult cancel(pawl::TaskContext& task) {
  if (task.undone_task() == "hotel" && task.attempt() == 1) return pawl::error("busy", "the line is busy");
  task.log("cancelled " + pawl::to_json_text(task.undone_result()) + ": " + pawl::to_json_text(task.failure()));
  return pawl::ok();
}

pawl::TaskSpec step(std::string id, const pawl::Json& booking) {
  pawl::TaskSpec step;
  step.id = std::move(id);
  step.module = "trip";
  step.function = "book";
  step.args = pawl::args(booking);
  step.compensation = pawl::Compensation{.module = "trip", .function = "cancel"};
  step.compensation->retry_policy = pawl::RetryPolicy{.max_attempts = 5, .base_delay = std::chrono::milliseconds(20)};
  return step;
}

// The saga's id, when it has ended.
pawl::Result<std::string> run(pawl::Engine& engine) {
  if (auto added = engine.handlers().add("trip", "book", book); !added) return std::unexpected(added.error());
  if (auto added = engine.handlers().add("trip", "cancel", cancel); !added) return std::unexpected(added.error());
  auto saga = engine.compensation().start_saga(
      "trip", {step("flight", "LH 1842"), step("hotel", "R-17"), step("car", nullptr)});
  if (!saga) return saga;
  if (auto ended = engine.orchestrator().wait_workflow(*saga); !ended) return std::unexpected(ended.error());
  return saga;
}

std::string outcome_of(const pawl::CompensationLogEntry& entry) {
  if (entry.state == pawl::TaskState::failed) return std::string(entry.error.parse().at("message").as_string());
  if (!entry.compensation) return std::string(entry.result.view());
  return "after " + std::to_string(entry.attempts) + (entry.attempts == 1 ? " attempt" : " attempts");
}

pawl::Result<void> tell(pawl::Engine& engine, const std::string& saga) {
  const auto log = engine.compensation().get_log(saga);
  if (!log) return std::unexpected(log.error());
  for (const pawl::CompensationLogEntry& entry : *log)
    std::cout << std::left << std::setw(8) << entry.task << std::setw(8) << (entry.compensation ? "cancel" : "book")
              << std::setw(13) << to_string(entry.state) << outcome_of(entry) << '\n';
  const auto status = engine.compensation().get_saga(saga);
  if (!status) return std::unexpected(status.error());
  std::cout << "the trip has " << to_string(status->state);
  if (status->compensation == pawl::CompensationState::completed) std::cout << ", and all that was booked is cancelled";
  std::cout << '\n';
  return {};
}

}  // namespace

int main() {
  pawl::Engine engine;
  const auto saga = run(engine);
  const auto told = saga ? tell(engine, *saga) : std::unexpected(saga.error());
  if (told) return 0;
  std::cerr << "saga_transaction: " << pawl::describe(told.error()) << '\n';
  return 1;
}
