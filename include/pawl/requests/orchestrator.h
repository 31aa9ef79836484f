// The requests of the operations of Orchestrator. The function of the same name in Orchestrator says what each one
// does, and its errors.
#pragma once

#include <cstddef>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "pawl/orchestrator.h"
#include "pawl/service.h"

namespace pawl::request {

struct CreateWorkflow {
  using Answer = std::string;
  static constexpr std::string_view kOperation = "create_workflow";
  std::variant<DefinitionPtr, WorkflowSpec> definition{};  // or the spec of one
  CreateOptions options{};
};

struct StartWorkflow {
  using Answer = std::string;
  static constexpr std::string_view kOperation = "start_workflow";
  std::variant<DefinitionPtr, WorkflowSpec> definition{};
  CreateOptions options{};
};

struct ExecuteWorkflow {
  using Answer = void;
  static constexpr std::string_view kOperation = "execute_workflow";
  std::string id{};
};

struct PauseWorkflow {
  using Answer = void;
  static constexpr std::string_view kOperation = "pause_workflow";
  std::string id{};
};

struct ResumeWorkflow {
  using Answer = void;
  static constexpr std::string_view kOperation = "resume_workflow";
  std::string id{};
};

struct CancelWorkflow {
  using Answer = void;
  static constexpr std::string_view kOperation = "cancel_workflow";
  std::string id{};
  CancelOptions options{};
};

struct FailWorkflow {
  using Answer = void;
  static constexpr std::string_view kOperation = "fail_workflow";
  std::string id{};
  std::string reason{};
};

struct RetryWorkflow {
  using Answer = void;
  static constexpr std::string_view kOperation = "retry_workflow";
  std::string id{};
};

struct RerunWorkflow {
  using Answer = void;
  static constexpr std::string_view kOperation = "rerun_workflow";
  std::string id{};
  std::string from{};  // a task
  RerunOptions options{};
};

struct ForkWorkflow {
  using Answer = std::string;
  static constexpr std::string_view kOperation = "fork_workflow";
  std::string id{};
  ForkOptions options{};
};

struct SkipTask {
  using Answer = void;
  static constexpr std::string_view kOperation = "skip_task";
  std::string id{};
  std::string task{};
};

struct AddTask {
  using Answer = void;
  static constexpr std::string_view kOperation = "add_task";
  std::string id{};
  TaskSpec task{};
};

struct RemoveTask {
  using Answer = void;
  static constexpr std::string_view kOperation = "remove_task";
  std::string id{};
  std::string task{};
};

struct GetWorkflowStatus {
  using Answer = WorkflowStatus;
  static constexpr std::string_view kOperation = "get_workflow_status";
  std::string id{};
};

struct GetWorkflow {
  using Answer = WorkflowReport;
  static constexpr std::string_view kOperation = "get_workflow";
  std::string id{};
};

struct ListWorkflows {
  using Answer = std::vector<WorkflowStatus>;
  static constexpr std::string_view kOperation = "list_workflows";
  ListOptions options{};
};

struct GetHistory {
  using Answer = std::vector<HistoryEvent>;
  static constexpr std::string_view kOperation = "get_history";
  std::string id{};
  HistoryOptions options{};
};

struct ListQuarantined {
  using Answer = std::vector<QuarantinedWorkflow>;
  static constexpr std::string_view kOperation = "list_quarantined";
};

struct WaitWorkflow {
  using Answer = WorkflowReport;
  static constexpr std::string_view kOperation = "wait_workflow";
  std::string id{};
  std::stop_token stop{};  // ends the wait, with `cancelled`; the caller limits how long it waits
};

struct ExplainWorkflow {
  using Answer = std::vector<Explanation>;
  static constexpr std::string_view kOperation = "explain_workflow";
  std::string id{};
  std::size_t max_tasks = 100;
};

struct DeleteWorkflow {
  using Answer = void;
  static constexpr std::string_view kOperation = "delete_workflow";
  std::string id{};
};

struct RegisterExecutor {
  using Answer = void;
  static constexpr std::string_view kOperation = "register_executor";
  std::string name{};
  std::size_t max_workflows = 0;
};

struct UnregisterExecutor {
  using Answer = void;
  static constexpr std::string_view kOperation = "unregister_executor";
  std::string name{};
};

struct ListExecutors {
  using Answer = std::vector<ExecutorReport>;
  static constexpr std::string_view kOperation = "list_executors";
};

struct Metrics {
  using Answer = OrchestratorMetrics;
  static constexpr std::string_view kOperation = "metrics";
};

}  // namespace pawl::request
