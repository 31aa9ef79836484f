#include "operations/table.h"

#include "operations/compensation/operations.h"
#include "operations/orchestrator/operations.h"
#include "operations/persistence/operations.h"
#include "operations/policy/operations.h"

namespace pawl::operations {

std::vector<OperationRow> all_rows() {
  using enum HttpMethod;
  return {
      // orchestrator
      operation_row<request::CreateWorkflow, &create_workflow>({.method = post, .path = "/workflows", .changes = true}),
      operation_row<request::StartWorkflow, &start_workflow>(
          {.method = post, .path = "/workflows/start", .changes = true}),
      operation_row<request::ExecuteWorkflow, &execute_workflow>(
          {.method = post, .path = "/workflows/{id}/execute", .changes = true}),
      operation_row<request::PauseWorkflow, &pause_workflow>(
          {.method = post, .path = "/workflows/{id}/pause", .changes = true}),
      operation_row<request::ResumeWorkflow, &resume_workflow>(
          {.method = post, .path = "/workflows/{id}/resume", .changes = true}),
      operation_row<request::CancelWorkflow, &cancel_workflow>(
          {.method = post, .path = "/workflows/{id}/cancel", .changes = true}),
      operation_row<request::FailWorkflow, &fail_workflow>(
          {.method = post, .path = "/workflows/{id}/fail", .changes = true}),
      operation_row<request::RetryWorkflow, &retry_workflow>(
          {.method = post, .path = "/workflows/{id}/retry", .changes = true}),
      operation_row<request::RerunWorkflow, &rerun_workflow>(
          {.method = post, .path = "/workflows/{id}/rerun", .changes = true}),
      operation_row<request::ForkWorkflow, &fork_workflow>(
          {.method = post, .path = "/workflows/{id}/fork", .changes = true}),
      operation_row<request::SkipTask, &skip_task>(
          {.method = post, .path = "/workflows/{id}/tasks/{task}/skip", .changes = true}),
      operation_row<request::AddTask, &add_task>({.method = post, .path = "/workflows/{id}/tasks", .changes = true}),
      operation_row<request::RemoveTask, &remove_task>(
          {.method = del, .path = "/workflows/{id}/tasks/{task}", .changes = true}),
      operation_row<request::GetWorkflowStatus, &get_workflow_status>(
          {.method = get, .path = "/workflows/{id}/status", .repeatable = true, .read_only = true}),
      operation_row<request::GetWorkflow, &get_workflow>(
          {.method = get, .path = "/workflows/{id}", .repeatable = true, .read_only = true}),
      operation_row<request::ListWorkflows, &list_workflows>(
          {.method = get, .path = "/workflows", .repeatable = true, .read_only = true}),
      operation_row<request::GetHistory, &get_history>(
          {.method = get, .path = "/workflows/{id}/history", .repeatable = true, .read_only = true}),
      operation_row<request::ListQuarantined, &list_quarantined>(
          {.method = get, .path = "/quarantine", .repeatable = true, .read_only = true}),
      operation_row<request::WaitWorkflow, &wait_workflow>(
          {.method = get, .path = "/workflows/{id}/end", .repeatable = true, .read_only = true}),
      operation_row<request::ExplainWorkflow, &explain_workflow>(
          {.method = get, .path = "/workflows/{id}/explanation", .repeatable = true, .read_only = true}),
      operation_row<request::DeleteWorkflow, &delete_workflow>(
          {.method = del, .path = "/workflows/{id}", .changes = true, .works_while_down = true}),
      operation_row<request::RegisterExecutor, &register_executor>(
          {.method = put, .path = "/executors/{name}", .changes = true, .read_only = true}),
      operation_row<request::UnregisterExecutor, &unregister_executor>(
          {.method = del, .path = "/executors/{name}", .changes = true, .read_only = true}),
      operation_row<request::ListExecutors, &list_executors>(
          {.method = get, .path = "/executors", .repeatable = true, .read_only = true}),
      operation_row<request::Metrics, &metrics>(
          {.method = get, .path = "/metrics", .repeatable = true, .read_only = true}),
      // persistence
      operation_row<request::Enable, &enable_persistence>({.method = post, .path = "/store/enable", .changes = true}),
      operation_row<request::Disable, &disable_persistence>(
          {.method = post, .path = "/store/disable", .changes = true}),
      operation_row<request::IsPersistent, &is_persistent>(
          {.method = get, .path = "/store", .repeatable = true, .read_only = true}),
      operation_row<request::CheckStore, &check_store>(
          {.method = get, .path = "/store/check", .repeatable = true, .read_only = true}),
      operation_row<request::SaveWorkflow, &save_workflow>(
          {.method = post, .path = "/workflows/{id}/save", .changes = true, .repeatable = true}),
      operation_row<request::LoadWorkflow, &load_workflow>(
          {.method = get, .path = "/store/workflows/{id}", .repeatable = true, .read_only = true}),
      operation_row<request::DeleteStoredWorkflow, &delete_stored_workflow>(
          {.method = del, .path = "/store/workflows/{id}", .changes = true, .works_while_down = true}),
      operation_row<request::ListStoredWorkflows, &list_stored_workflows>(
          {.method = get, .path = "/store/workflows", .repeatable = true, .read_only = true}),
      operation_row<request::CreateSnapshot, &create_snapshot>(
          {.method = post, .path = "/workflows/{workflow}/snapshots", .changes = true}),
      operation_row<request::RestoreSnapshot, &restore_snapshot>(
          {.method = post, .path = "/snapshots/{snapshot}/restore", .changes = true}),
      operation_row<request::ListSnapshots, &list_snapshots>(
          {.method = get, .path = "/workflows/{workflow}/snapshots", .repeatable = true, .read_only = true}),
      operation_row<request::DeleteSnapshot, &delete_snapshot>(
          {.method = del, .path = "/snapshots/{snapshot}", .changes = true}),
      operation_row<request::Backup, &backup>({.method = post, .path = "/store/backup", .read_only = true}),
      // policy
      operation_row<request::DefinePolicy, &define_policy>({.method = post, .path = "/policies", .changes = true}),
      operation_row<request::GetPolicy, &get_policy>(
          {.method = get, .path = "/policies/{id}", .repeatable = true, .read_only = true}),
      operation_row<request::ListPolicies, &list_policies>(
          {.method = get, .path = "/policies", .repeatable = true, .read_only = true}),
      operation_row<request::UpdatePolicy, &update_policy>({.method = put, .path = "/policies/{id}", .changes = true}),
      operation_row<request::DeletePolicy, &delete_policy>({.method = del, .path = "/policies/{id}", .changes = true}),
      operation_row<request::EvaluatePolicy, &evaluate_policy>(
          {.method = post, .path = "/policies/{id}/evaluate", .repeatable = true, .read_only = true}),
      operation_row<request::GetPolicyStats, &get_policy_stats>(
          {.method = get, .path = "/policies/{id}/stats", .repeatable = true, .read_only = true}),
      operation_row<request::CheckCircuitBreaker, &check_circuit_breaker>(
          {.method = get, .path = "/policies/{id}/breaker", .repeatable = true, .read_only = true}),
      operation_row<request::ResetCircuitBreaker, &reset_circuit_breaker>(
          {.method = post, .path = "/policies/{id}/breaker/reset", .changes = true, .repeatable = true}),
      operation_row<request::ForceOpenCircuitBreaker, &force_open_circuit_breaker>(
          {.method = post, .path = "/policies/{id}/breaker/open", .changes = true, .repeatable = true}),
      operation_row<request::ListDeadLetters, &list_dead_letters>(
          {.method = get, .path = "/dead-letters", .repeatable = true, .read_only = true}),
      operation_row<request::GetDeadLetter, &get_dead_letter>(
          {.method = get, .path = "/dead-letters/{workflow}/{task}", .repeatable = true, .read_only = true}),
      operation_row<request::RedriveDeadLetter, &redrive_dead_letter>(
          {.method = post, .path = "/dead-letters/{workflow}/{task}/redrive", .changes = true}),
      operation_row<request::RedriveDeadLetters, &redrive_dead_letters>(
          {.method = post, .path = "/dead-letters/redrive", .changes = true}),
      operation_row<request::DiscardDeadLetter, &discard_dead_letter>(
          {.method = post, .path = "/dead-letters/{workflow}/{task}/discard", .changes = true}),
      // compensation
      operation_row<request::RegisterCompensation, &register_compensation>(
          {.method = put,
           .path = "/workflows/{workflow}/tasks/{task}/compensation",
           .changes = true,
           .repeatable = true}),
      operation_row<request::ExecuteCompensation, &execute_compensation>(
          {.method = post, .path = "/workflows/{workflow}/tasks/{task}/compensate", .changes = true}),
      operation_row<request::CompensateWorkflow, &compensate_workflow>(
          {.method = post, .path = "/workflows/{workflow}/compensate", .changes = true}),
      operation_row<request::StartSaga, &start_saga>({.method = post, .path = "/sagas/start", .changes = true}),
      operation_row<request::CreateSaga, &create_saga>({.method = post, .path = "/sagas", .changes = true}),
      operation_row<request::AddStep, &add_step>({.method = post, .path = "/sagas/{saga}/steps", .changes = true}),
      operation_row<request::ExecuteSaga, &execute_saga>(
          {.method = post, .path = "/sagas/{saga}/execute", .changes = true}),
      operation_row<request::RollBack, &roll_back>(
          {.method = post, .path = "/sagas/{saga}/roll-back", .changes = true}),
      operation_row<request::GetSaga, &get_saga>(
          {.method = get, .path = "/sagas/{saga}", .repeatable = true, .read_only = true}),
      operation_row<request::ListSagas, &list_sagas>(
          {.method = get, .path = "/sagas", .repeatable = true, .read_only = true}),
      operation_row<request::GetLog, &get_log>(
          {.method = get, .path = "/workflows/{workflow}/log", .repeatable = true, .read_only = true}),
  };
}

const OperationTable& table() {
  static const OperationTable kTable(all_rows());
  return kTable;
}

}  // namespace pawl::operations
