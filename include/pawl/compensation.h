// The compensation part undoes what workflows have done, and runs sagas: steps in a row, each with its compensation.
//
//   auto trip = engine.compensation().start_saga("trip", {book_flight, book_hotel, book_car});
//   // If the car fails, hotel and flight are undone, in this order.
//   if (trip) auto report = engine.orchestrator().wait_workflow(*trip);
//
// A workflow that fails compensates by itself, unless its definition says `saga: false`: completed tasks that have a
// compensation are undone, the latest first, one after another. A compensation that fails for good does not stop the
// others; it becomes a dead letter, and the workflow's compensation has `failed`.
//
// Threads: any. Errors of all operations: `not_found`, `invalid_state` (the workflow's state does not allow this;
// nothing changed), `unavailable`.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pawl/definition.h"
#include "pawl/json_text.h"
#include "pawl/orchestrator.h"
#include "pawl/result.h"
#include "pawl/service.h"
#include "pawl/types.h"

namespace pawl {

enum class SagaState : std::uint8_t { pending, running, completed, compensating, failed };

[[nodiscard]] std::string_view to_string(SagaState state);

struct SagaStatus {
  std::string id{};  // of the workflow
  std::string name{};
  SagaState state = SagaState::pending;
  CompensationState compensation = CompensationState::none;
  std::uint32_t steps = 0;
  std::uint32_t steps_completed = 0;
  std::uint32_t steps_compensated = 0;
};

// One step that was executed, or undone.
struct CompensationLogEntry {
  std::string task{};
  bool compensation = false;  // the step was undone
  std::string action{};       // module.function
  TaskState state = TaskState::pending;
  std::uint32_t attempts = 0;
  JsonText result{};
  JsonText error{};
  std::optional<Timestamp> started_at{};  // of the last attempt
  std::optional<Timestamp> completed_at{};
};

// The service; a Compensation is what undoes one task.
class Compensations {
 public:
  // Calls `service` as `actor`. Ownership: the service outlives this object.
  Compensations(Service& service, Actor actor) : service_(service), actor_(std::move(actor)) {}

  // Replaces the task's compensation from now on. Error: `invalid_argument`; `invalid_state` while the workflow is
  // being compensated, or, for another handler, while an attempt of the previous compensation has not ended.
  Result<void> register_compensation(const std::string& workflow, const std::string& task, const Compensation& action);
  // Undoes one completed task of a workflow that has ended.
  Result<void> execute_compensation(const std::string& workflow, const std::string& task);
  // The same for several, the latest completion first, in whatever order they are named; none: all that can be undone.
  // Returns when it has begun; Orchestrator::wait_workflow waits for its end. Error: also `invalid_argument` for a task
  // that has no compensation.
  Result<void> compensate_workflow(const std::string& workflow, const std::vector<std::string>& tasks = {});

  // A workflow whose tasks run one after another, created and executed in one step. `dependencies` of the steps must be
  // empty. Error: as Orchestrator::start_workflow.
  Result<std::string> start_saga(const std::string& name, std::vector<TaskSpec> steps,
                                 const CreateOptions& options = {});
  // The same, pending until execute_saga: to add steps.
  Result<std::string> create_saga(const std::string& name, std::vector<TaskSpec> steps,
                                  const Json& input = boost::json::object());
  // Appends a step, while the saga is pending.
  Result<void> add_step(const std::string& saga, TaskSpec step);
  Result<void> execute_saga(const std::string& saga);
  // Undoes an ended saga; cancels a running one and undoes it.
  Result<void> roll_back(const std::string& saga);
  Result<SagaStatus> get_saga(const std::string& saga);
  // The newest sagas; every workflow with a compensation is a saga.
  Result<std::vector<SagaStatus>> list_sagas(std::size_t limit = 1000);
  // What was done and undone, by time.
  Result<std::vector<CompensationLogEntry>> get_log(const std::string& workflow);

 private:
  Service& service_;
  const Actor actor_;
};

}  // namespace pawl
