#include "pawl/orchestrator.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "pawl/requests/orchestrator.h"

#include "base/text.h"
#include "base/time.h"

namespace pawl {
namespace {

WorkflowSpec spec_of(std::string name, std::vector<TaskSpec> tasks) {
  WorkflowSpec spec;
  spec.name = std::move(name);
  spec.tasks = std::move(tasks);
  return spec;
}

}  // namespace

Result<std::string> Orchestrator::create_workflow(const DefinitionPtr& definition, const CreateOptions& options) {
  return call(service_, actor_, request::CreateWorkflow{.definition = definition, .options = options});
}

Result<std::string> Orchestrator::create_workflow(std::string name, std::vector<TaskSpec> tasks,
                                                  const CreateOptions& options) {
  return call(service_, actor_,
              request::CreateWorkflow{.definition = spec_of(std::move(name), std::move(tasks)), .options = options});
}

Result<std::string> Orchestrator::start_workflow(const DefinitionPtr& definition, const CreateOptions& options) {
  return call(service_, actor_, request::StartWorkflow{.definition = definition, .options = options});
}

Result<std::string> Orchestrator::start_workflow(std::string name, std::vector<TaskSpec> tasks,
                                                 const CreateOptions& options) {
  return call(service_, actor_,
              request::StartWorkflow{.definition = spec_of(std::move(name), std::move(tasks)), .options = options});
}

Result<void> Orchestrator::execute_workflow(const std::string& id) {
  return call(service_, actor_, request::ExecuteWorkflow{.id = id});
}

Result<void> Orchestrator::pause_workflow(const std::string& id) {
  return call(service_, actor_, request::PauseWorkflow{.id = id});
}

Result<void> Orchestrator::resume_workflow(const std::string& id) {
  return call(service_, actor_, request::ResumeWorkflow{.id = id});
}

Result<void> Orchestrator::cancel_workflow(const std::string& id, const CancelOptions& options) {
  return call(service_, actor_, request::CancelWorkflow{.id = id, .options = options});
}

Result<void> Orchestrator::fail_workflow(const std::string& id, const std::string& reason) {
  return call(service_, actor_, request::FailWorkflow{.id = id, .reason = reason});
}

Result<void> Orchestrator::retry_workflow(const std::string& id) {
  return call(service_, actor_, request::RetryWorkflow{.id = id});
}

Result<void> Orchestrator::rerun_workflow(const std::string& id, const std::string& from, const RerunOptions& options) {
  return call(service_, actor_, request::RerunWorkflow{.id = id, .from = from, .options = options});
}

Result<std::string> Orchestrator::fork_workflow(const std::string& id, const ForkOptions& options) {
  return call(service_, actor_, request::ForkWorkflow{.id = id, .options = options});
}

Result<void> Orchestrator::skip_task(const std::string& id, const std::string& task) {
  return call(service_, actor_, request::SkipTask{.id = id, .task = task});
}

Result<void> Orchestrator::add_task(const std::string& id, const TaskSpec& task) {
  return call(service_, actor_, request::AddTask{.id = id, .task = task});
}

Result<void> Orchestrator::remove_task(const std::string& id, const std::string& task) {
  return call(service_, actor_, request::RemoveTask{.id = id, .task = task});
}

Result<WorkflowStatus> Orchestrator::get_workflow_status(const std::string& id) {
  return call(service_, actor_, request::GetWorkflowStatus{.id = id});
}

Result<WorkflowReport> Orchestrator::get_workflow(const std::string& id) {
  return call(service_, actor_, request::GetWorkflow{.id = id});
}

Result<std::vector<WorkflowStatus>> Orchestrator::list_workflows(const ListOptions& options) {
  return call(service_, actor_, request::ListWorkflows{.options = options});
}

Result<std::vector<HistoryEvent>> Orchestrator::get_history(const std::string& id, const HistoryOptions& options) {
  return call(service_, actor_, request::GetHistory{.id = id, .options = options});
}

Result<std::vector<QuarantinedWorkflow>> Orchestrator::list_quarantined() {
  return call(service_, actor_, request::ListQuarantined{});
}

Result<std::vector<Explanation>> Orchestrator::explain_workflow(const std::string& id, std::size_t max_tasks) {
  return call(service_, actor_, request::ExplainWorkflow{.id = id, .max_tasks = max_tasks});
}

Result<void> Orchestrator::delete_workflow(const std::string& id) {
  return call(service_, actor_, request::DeleteWorkflow{.id = id});
}

Result<void> Orchestrator::register_executor(const std::string& name, std::size_t max_workflows) {
  return call(service_, actor_, request::RegisterExecutor{.name = name, .max_workflows = max_workflows});
}

Result<void> Orchestrator::unregister_executor(const std::string& name) {
  return call(service_, actor_, request::UnregisterExecutor{.name = name});
}

void Orchestrator::start_workflow(const DefinitionPtr& definition, const CreateOptions& options, Started started) {
  call(service_, actor_, request::StartWorkflow{.definition = definition, .options = options},
       [started = std::move(started)](Result<std::string> id) {
         if (started) started(std::move(id));
       });
}

Result<WorkflowReport> Orchestrator::wait_workflow(const std::string& id, std::optional<Duration> timeout,
                                                   std::stop_token stop) {
  if (!timeout) return call(service_, actor_, request::WaitWorkflow{.id = id, .stop = std::move(stop)});
  std::stop_source ends;
  const std::stop_callback told(std::move(stop), [&] { ends.request_stop(); });
  // Any duration: what is longer than a century is as good as that.
  detail::WaitLimit limit{
      .until = std::chrono::steady_clock::now() + std::clamp(*timeout, Duration::zero(), kMaxDuration), .stop = ends};
  detail::PlaceOf<WorkflowReport> place;
  detail::call_and_wait(service_, actor_, Request(request::WaitWorkflow{.id = id, .stop = ends.get_token()}), place,
                        &limit);
  Result<WorkflowReport> report = place.take();
  if (!report && limit.expired && report.error().code == ErrorCode::cancelled)
    return fail(ErrorCode::timeout, fmt::format("workflow {} has not ended yet", in_quotes(id)));
  return report;
}

std::vector<ExecutorReport> Orchestrator::list_executors() {
  Result<std::vector<ExecutorReport>> executors = call(service_, actor_, request::ListExecutors{});
  return executors ? *std::move(executors) : std::vector<ExecutorReport>();
}

OrchestratorMetrics Orchestrator::metrics() {
  Result<OrchestratorMetrics> metrics = call(service_, actor_, request::Metrics{});
  if (metrics) return *std::move(metrics);
  return {.healthy = false, .problem = describe(metrics.error())};
}

}  // namespace pawl
