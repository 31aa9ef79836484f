#include "core/effects.h"

#include "base/time.h"
#include "core/waits.h"

namespace pawl::core {
namespace {

void disarm_attempt_timeout(const Workflow& workflow, ActionId action, std::vector<Effect>& effects) {
  if (workflow.definition().rules(action).timeout || !workflow.definition().timeout_policy().empty())
    effects.emplace_back(effect::DisarmTimer{.kind = TimerKind::attempt_timeout, .action = action});
}

// The action has ended: its own limits do not run any more, those of what waited for it may begin to.
void pass_schedule_limits_on(const Workflow& workflow, ActionId action, std::vector<Effect>& effects) {
  if (!workflow.definition().has_schedule_limits()) [[likely]]
    return;
  disarm_schedule_limits(workflow, action, effects);
  for (const TaskIndex dependent : workflow.definition().dependents(action))
    arm_schedule_limits_of(workflow, dependent, effects);
}

void arm_all_schedule_limits(const Workflow& workflow, std::vector<Effect>& effects) {
  if (!workflow.definition().has_schedule_limits()) return;
  for (TaskIndex task = 0; task < workflow.task_count(); ++task) arm_schedule_limits_of(workflow, task, effects);
}

}  // namespace

void add_effects(const Workflow& workflow, const event::WorkflowStarted& happened, std::vector<Effect>& effects) {
  if (const auto timeout = workflow.definition().timeout())
    effects.emplace_back(effect::ArmTimer{
        .kind = TimerKind::workflow_timeout, .action = kNoAction, .attempt = 0, .due = happened.at + *timeout});
  arm_all_schedule_limits(workflow, effects);
}

void add_effects(const Workflow& workflow, const event::WorkflowRevived&, std::vector<Effect>& effects) {
  if (const auto timeout = workflow.definition().timeout())
    effects.emplace_back(effect::ArmTimer{.kind = TimerKind::workflow_timeout,
                                          .action = kNoAction,
                                          .attempt = 0,
                                          .due = workflow.times_out_from + *timeout});
  arm_all_schedule_limits(workflow, effects);
}

void add_effects(const Workflow& workflow, const event::WorkflowStopping& happened, std::vector<Effect>& effects) {
  if (happened.reason == StopReason::task_failed || workflow.running_tasks == 0) return;
  bool has_attempts = false;
  for_each_action(workflow, [&](ActionId action, const TaskRecord& record) {
    if (record.state != TaskState::running) return;
    stop_attempt(workflow, action, happened.grace, effects);
    has_attempts |= !wait_of(workflow, action);
  });
  if (!has_attempts) return;
  effects.emplace_back(effect::ArmTimer{.kind = TimerKind::cancel_grace,
                                        .action = kNoAction,
                                        .attempt = 0,
                                        .due = saturating_add(happened.at, happened.grace)});
}

void add_effects(const Workflow& workflow, const event::WorkflowCompleted&, std::vector<Effect>& effects) {
  effects.emplace_back(effect::EndWorkflow{workflow.event_count});
}

void add_effects(const Workflow& workflow, const event::WorkflowFailed&, std::vector<Effect>& effects) {
  effects.emplace_back(effect::EndWorkflow{workflow.event_count});
}

void add_effects(const Workflow& workflow, const event::WorkflowCancelled&, std::vector<Effect>& effects) {
  effects.emplace_back(effect::EndWorkflow{workflow.event_count});
}

void add_effects(const Workflow& workflow, const event::TaskStarted& happened, std::vector<Effect>& effects) {
  if (!workflow.definition().waits(happened.action)) [[likely]]
    effects.emplace_back(
        effect::DispatchTask{.action = happened.action, .attempt = happened.attempt, .timeout = happened.timeout});
  if (happened.timeout > Duration::zero())
    effects.emplace_back(effect::ArmTimer{.kind = TimerKind::attempt_timeout,
                                          .action = happened.action,
                                          .attempt = happened.attempt,
                                          .due = happened.at + happened.timeout});
  if (workflow.definition().rules(happened.action).schedule_to_start) [[unlikely]]
    effects.emplace_back(effect::DisarmTimer{.kind = TimerKind::schedule_to_start, .action = happened.action});
}

void add_effects(const Workflow& workflow, const event::TaskRetryDue& happened, std::vector<Effect>& effects) {
  arm_schedule_limits_of(workflow, happened.action, effects);
}

void add_effects(const Workflow& workflow, const event::TaskInterrupted& happened, std::vector<Effect>& effects) {
  arm_schedule_limits_of(workflow, happened.action, effects);
}

void add_effects(const Workflow& workflow, const event::TaskSkipped& happened, std::vector<Effect>& effects) {
  pass_schedule_limits_on(workflow, happened.task, effects);
}

void add_effects(const Workflow& workflow, const event::TaskCompleted& happened, std::vector<Effect>& effects) {
  disarm_attempt_timeout(workflow, happened.action, effects);
  pass_schedule_limits_on(workflow, happened.action, effects);
}

void add_effects(const Workflow& workflow, const event::TaskRetryScheduled& happened, std::vector<Effect>& effects) {
  disarm_attempt_timeout(workflow, happened.action, effects);
  effects.emplace_back(effect::ArmTimer{
      .kind = TimerKind::wait, .action = happened.action, .attempt = happened.attempt, .due = happened.due});
}

void add_effects(const Workflow& workflow, const event::TaskFailed& happened, std::vector<Effect>& effects) {
  disarm_attempt_timeout(workflow, happened.action, effects);
  if (workflow.record(happened.action).attempt > 0 && workflow.definition().rules(happened.action).schedule_to_close)
    effects.emplace_back(effect::DisarmTimer{.kind = TimerKind::wait, .action = happened.action});
  pass_schedule_limits_on(workflow, happened.action, effects);
}

void add_effects(const Workflow& workflow, const event::TaskCancelled& happened, std::vector<Effect>& effects) {
  disarm_attempt_timeout(workflow, happened.action, effects);
  disarm_schedule_limits(workflow, happened.action, effects);
}

void arm_schedule_limits_of(const Workflow& workflow, ActionId action, std::vector<Effect>& effects) {
  const TaskRules& rules = workflow.definition().rules(action);
  if (!rules.has_schedule_limits()) [[likely]]
    return;
  const TaskRecord& record = workflow.record(action);
  if (is_terminal(record.state) || record.waiting_on > 0) return;
  const auto arm = [&](TimerKind kind, Timestamp due) {
    effects.emplace_back(effect::ArmTimer{.kind = kind, .action = action, .attempt = record.attempt, .due = due});
  };
  if (rules.schedule_to_close)
    arm(TimerKind::schedule_to_close, scheduled_at(workflow, action) + *rules.schedule_to_close);
  if (rules.schedule_to_start && record.state == TaskState::pending && !record.retry_waits)
    arm(TimerKind::schedule_to_start, ready_since(workflow, action) + *rules.schedule_to_start);
}

void disarm_schedule_limits(const Workflow& workflow, ActionId action, std::vector<Effect>& effects) {
  const TaskRules& rules = workflow.definition().rules(action);
  if (rules.schedule_to_start)
    effects.emplace_back(effect::DisarmTimer{.kind = TimerKind::schedule_to_start, .action = action});
  if (rules.schedule_to_close)
    effects.emplace_back(effect::DisarmTimer{.kind = TimerKind::schedule_to_close, .action = action});
}

}  // namespace pawl::core
