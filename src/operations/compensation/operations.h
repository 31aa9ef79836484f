// Compensations's operations, each in a file of its own name. Their requests and answers are described in
// pawl/compensation.h, at the functions of the same names.
#pragma once

#include <string>
#include <vector>

#include "pawl/requests/compensation.h"

#include "orchestrator/operation.h"

namespace pawl::operations {

Steps<void> register_compensation(Call call, request::RegisterCompensation request);
Steps<void> execute_compensation(Call call, request::ExecuteCompensation request);
Steps<void> compensate_workflow(Call call, request::CompensateWorkflow request);
Steps<std::string> start_saga(Call call, request::StartSaga request);
Steps<std::string> create_saga(Call call, request::CreateSaga request);
Steps<void> add_step(Call call, request::AddStep request);
Steps<void> execute_saga(Call call, request::ExecuteSaga request);
Steps<void> roll_back(Call call, request::RollBack request);
Steps<SagaStatus> get_saga(Call call, request::GetSaga request);
Steps<std::vector<SagaStatus>> list_sagas(Call call, request::ListSagas request);
Steps<std::vector<CompensationLogEntry>> get_log(Call call, request::GetLog request);

}  // namespace pawl::operations
