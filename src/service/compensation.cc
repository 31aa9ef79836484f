#include "pawl/compensation.h"

#include <utility>

#include "pawl/requests/compensation.h"

namespace pawl {

Result<void> Compensations::register_compensation(const std::string& workflow, const std::string& task,
                                                  const Compensation& action) {
  return call(service_, actor_, request::RegisterCompensation{.workflow = workflow, .task = task, .action = action});
}

Result<void> Compensations::execute_compensation(const std::string& workflow, const std::string& task) {
  return call(service_, actor_, request::ExecuteCompensation{.workflow = workflow, .task = task});
}

Result<void> Compensations::compensate_workflow(const std::string& workflow, const std::vector<std::string>& tasks) {
  return call(service_, actor_, request::CompensateWorkflow{.workflow = workflow, .tasks = tasks});
}

Result<std::string> Compensations::start_saga(const std::string& name, std::vector<TaskSpec> steps,
                                              const CreateOptions& options) {
  return call(service_, actor_, request::StartSaga{.name = name, .steps = std::move(steps), .options = options});
}

Result<std::string> Compensations::create_saga(const std::string& name, std::vector<TaskSpec> steps,
                                               const Json& input) {
  return call(service_, actor_, request::CreateSaga{.name = name, .steps = std::move(steps), .input = input});
}

Result<void> Compensations::add_step(const std::string& saga, TaskSpec step) {
  return call(service_, actor_, request::AddStep{.saga = saga, .step = std::move(step)});
}

Result<void> Compensations::execute_saga(const std::string& saga) {
  return call(service_, actor_, request::ExecuteSaga{.saga = saga});
}

Result<void> Compensations::roll_back(const std::string& saga) {
  return call(service_, actor_, request::RollBack{.saga = saga});
}

Result<SagaStatus> Compensations::get_saga(const std::string& saga) {
  return call(service_, actor_, request::GetSaga{.saga = saga});
}

Result<std::vector<SagaStatus>> Compensations::list_sagas(std::size_t limit) {
  return call(service_, actor_, request::ListSagas{.limit = limit});
}

Result<std::vector<CompensationLogEntry>> Compensations::get_log(const std::string& workflow) {
  return call(service_, actor_, request::GetLog{.workflow = workflow});
}

std::string_view to_string(SagaState state) {
  switch (state) {
    case SagaState::pending:
      return "pending";
    case SagaState::running:
      return "running";
    case SagaState::completed:
      return "completed";
    case SagaState::compensating:
      return "compensating";
    case SagaState::failed:
      return "failed";
  }
  return "failed";
}

}  // namespace pawl
