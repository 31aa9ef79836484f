#include "core/effects.h"

namespace pawl::core {
namespace {

void disarm_attempt_timeout(const Workflow& workflow, TaskIndex task, std::vector<Effect>& effects) {
  if (workflow.definition().rules(task).timeout)
    effects.emplace_back(effect::DisarmTimer{.kind = TimerKind::attempt_timeout, .task = task});
}

}  // namespace

void add_effects(const Workflow& workflow, const event::WorkflowStarted& happened, std::vector<Effect>& effects) {
  if (const auto timeout = workflow.definition().timeout())
    effects.emplace_back(effect::ArmTimer{
        .kind = TimerKind::workflow_timeout, .task = kNoTask, .attempt = 0, .due = happened.at + *timeout});
}

void add_effects(const Workflow& workflow, const event::WorkflowStopping& happened, std::vector<Effect>& effects) {
  if (happened.reason == StopReason::task_failed || workflow.running_tasks == 0) return;
  for (TaskIndex task = 0; task < workflow.tasks.size(); ++task) {
    const TaskRecord& record = workflow.tasks[task];
    if (record.state == TaskState::running)
      effects.emplace_back(effect::StopTask{.task = task, .attempt = record.attempt, .grace = happened.grace});
  }
  effects.emplace_back(effect::ArmTimer{
      .kind = TimerKind::cancel_grace, .task = kNoTask, .attempt = 0, .due = happened.at + happened.grace});
}

void add_effects(const Workflow&, const event::WorkflowCompleted&, std::vector<Effect>& effects) {
  effects.emplace_back(effect::EndWorkflow{});
}

void add_effects(const Workflow&, const event::WorkflowFailed&, std::vector<Effect>& effects) {
  effects.emplace_back(effect::EndWorkflow{});
}

void add_effects(const Workflow&, const event::WorkflowCancelled&, std::vector<Effect>& effects) {
  effects.emplace_back(effect::EndWorkflow{});
}

void add_effects(const Workflow& workflow, const event::TaskStarted& happened, std::vector<Effect>& effects) {
  effects.emplace_back(effect::DispatchTask{.task = happened.task, .attempt = happened.attempt});
  if (const auto timeout = workflow.definition().rules(happened.task).timeout)
    effects.emplace_back(effect::ArmTimer{.kind = TimerKind::attempt_timeout,
                                          .task = happened.task,
                                          .attempt = happened.attempt,
                                          .due = happened.at + *timeout});
}

void add_effects(const Workflow& workflow, const event::TaskCompleted& happened, std::vector<Effect>& effects) {
  disarm_attempt_timeout(workflow, happened.task, effects);
}

void add_effects(const Workflow& workflow, const event::TaskRetryScheduled& happened, std::vector<Effect>& effects) {
  disarm_attempt_timeout(workflow, happened.task, effects);
  effects.emplace_back(effect::ArmTimer{
      .kind = TimerKind::retry, .task = happened.task, .attempt = happened.attempt, .due = happened.due});
}

void add_effects(const Workflow& workflow, const event::TaskFailed& happened, std::vector<Effect>& effects) {
  disarm_attempt_timeout(workflow, happened.task, effects);
}

void add_effects(const Workflow& workflow, const event::TaskCancelled& happened, std::vector<Effect>& effects) {
  disarm_attempt_timeout(workflow, happened.task, effects);
}

}  // namespace pawl::core
