// The compensation part: undoing what workflows have done, and sagas: steps in a row, each with what undoes it.
//
//   auto trip = engine.compensation().start_saga("trip", {book_flight, book_hotel, book_car});
//   // If the car fails, hotel and flight are undone, in this order.
//   if (trip) auto report = engine.orchestrator().wait_workflow(*trip);
//
// A workflow that fails compensates by itself, unless its definition says `saga: false`: completed tasks that have a
// compensation are undone, the latest first, one after another. A compensation that fails for good stops none of the
// others; it is a dead letter, and the workflow's compensation has `failed`.
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
  std::string id{};  // that of the workflow that it is
  std::string name{};
  SagaState state = SagaState::pending;
  CompensationState compensation = CompensationState::none;
  std::uint32_t steps = 0;
  std::uint32_t steps_completed = 0;
  std::uint32_t steps_compensated = 0;
};

// One step that was done, or undone.
struct CompensationLogEntry {
  std::string task{};
  bool compensation = false;  // it was undone
  std::string action{};       // module.function
  TaskState state = TaskState::pending;
  std::uint32_t attempts = 0;
  JsonText result{};
  JsonText error{};
  std::optional<Timestamp> started_at{};  // of the last attempt
  std::optional<Timestamp> completed_at{};
};

// Not Compensation, which is what undoes one task.
class Compensations {
 public:
  // What Compensations asks, it asks as `actor`. Ownership: the service outlives it.
  Compensations(Service& service, Actor actor) : service_(service), actor_(std::move(actor)) {}

  // From now on this undoes the task; what a definition says is replaced. Error: `invalid_argument`; `invalid_state`
  // while the workflow is being compensated, or, for another handler, while an attempt of the one before has not ended.
  Result<void> register_compensation(const std::string& workflow, const std::string& task, const Compensation& action);
  // Undoes one completed task of a workflow that has ended.
  Result<void> execute_compensation(const std::string& workflow, const std::string& task);
  // The same for several, the latest first in whichever order they are named; none named: all that can be undone.
  // Returns when it is under way; Orchestrator::wait_workflow tells its end. Error: also `invalid_argument` for a task
  // that has no compensation.
  Result<void> compensate_workflow(const std::string& workflow, const std::vector<std::string>& tasks = {});

  // A workflow whose tasks run one after another, created and executed in one step. `dependencies` of the steps must be
  // empty. Error: as Orchestrator::start_workflow.
  Result<std::string> start_saga(const std::string& name, std::vector<TaskSpec> steps,
                                 const CreateOptions& options = {});
  // The same, pending until it is executed: to add steps.
  Result<std::string> create_saga(const std::string& name, std::vector<TaskSpec> steps,
                                  const Json& input = boost::json::object());
  // Behind the last one. While the saga is pending.
  Result<void> add_step(const std::string& saga, TaskSpec step);
  Result<void> execute_saga(const std::string& saga);
  // A running one is cancelled and undone, one that has ended is undone.
  Result<void> roll_back(const std::string& saga);
  Result<SagaStatus> get_saga(const std::string& saga);
  // The newest ones; every workflow with a compensation is one.
  Result<std::vector<SagaStatus>> list_sagas(std::size_t limit = 1000);
  // What was done and undone, by time.
  Result<std::vector<CompensationLogEntry>> get_log(const std::string& workflow);

 private:
  Service& service_;
  const Actor actor_;
};

}  // namespace pawl
