// Orchestrator's operations, each in a file of its own name. Their requests and answers are described in
// pawl/orchestrator.h, at the functions of the same names.
#pragma once

#include <string>
#include <vector>

#include "pawl/requests/orchestrator.h"

#include "orchestrator/operation.h"

namespace pawl::operations {

Steps<std::string> create_workflow(Call call, request::CreateWorkflow request);
Steps<std::string> start_workflow(Call call, request::StartWorkflow request);
Steps<void> execute_workflow(Call call, request::ExecuteWorkflow request);
Steps<void> pause_workflow(Call call, request::PauseWorkflow request);
Steps<void> resume_workflow(Call call, request::ResumeWorkflow request);
Steps<void> cancel_workflow(Call call, request::CancelWorkflow request);
Steps<void> fail_workflow(Call call, request::FailWorkflow request);
Steps<void> retry_workflow(Call call, request::RetryWorkflow request);
Steps<void> rerun_workflow(Call call, request::RerunWorkflow request);
Steps<std::string> fork_workflow(Call call, request::ForkWorkflow request);
Steps<void> skip_task(Call call, request::SkipTask request);
Steps<void> add_task(Call call, request::AddTask request);
Steps<void> remove_task(Call call, request::RemoveTask request);
Steps<WorkflowStatus> get_workflow_status(Call call, request::GetWorkflowStatus request);
Steps<WorkflowReport> get_workflow(Call call, request::GetWorkflow request);
Steps<std::vector<WorkflowStatus>> list_workflows(Call call, request::ListWorkflows request);
Steps<std::vector<HistoryEvent>> get_history(Call call, request::GetHistory request);
Steps<std::vector<QuarantinedWorkflow>> list_quarantined(Call call, request::ListQuarantined request);
Steps<WorkflowReport> wait_workflow(Call call, request::WaitWorkflow request);
Steps<std::vector<Explanation>> explain_workflow(Call call, request::ExplainWorkflow request);
Steps<void> delete_workflow(Call call, request::DeleteWorkflow request);
Steps<void> register_executor(Call call, request::RegisterExecutor request);
Steps<void> unregister_executor(Call call, request::UnregisterExecutor request);
Steps<std::vector<ExecutorReport>> list_executors(Call call, request::ListExecutors request);
Steps<OrchestratorMetrics> metrics(Call call, request::Metrics request);

}  // namespace pawl::operations
