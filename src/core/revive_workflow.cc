// An ended workflow goes on. `retry`: what failed, was cancelled or undone gets another go, or one failed task, and
// what waited for it. `rerun`: a task and all that depends on it is done again, whatever had become of it, and is
// undone before if that is asked for. Attempts go on being numbered; they count against the retry policies from the
// first one again.
#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "base/text.h"
#include "core/completions.h"
#include "core/rework.h"
#include "core/settle.h"

namespace pawl::core {
namespace {

Result<void> refuse_to_revive(const Workflow& workflow, std::string_view verb, std::string_view why) {
  return fail(ErrorCode::invalid_state, fmt::format("cannot {} workflow {}: {}", verb, workflow.id(), why));
}

// Counters end where they end: whoever would make one overflow is refused.
Result<void> check_limits(const Workflow& workflow, std::string_view verb, const ChosenTasks& chosen) {
  const auto refuse = [&](std::string_view why) {
    return fail(ErrorCode::limit_exceeded, fmt::format("cannot {} workflow {}: {}", verb, workflow.id(), why));
  };
  for (TaskIndex task = 0; task < workflow.task_count(); ++task)
    if (chosen[task] && workflow.tasks[task].attempt >= kMostAttempts)
      return refuse(fmt::format("task {} has had {} attempts, the limit; create a new workflow",
                                in_quotes(workflow.definition().task_id(task)), workflow.tasks[task].attempt));
  constexpr std::uint32_t kMost = std::numeric_limits<std::uint32_t>::max();
  const auto is_last = [](const RetryBase& base) { return base.latest_generation == kMost; };
  if (workflow.after->revivals == kMost || std::ranges::any_of(workflow.after->retry_bases, is_last))
    return refuse("it has reached the limit of reruns; create a new workflow");
  return {};
}

// What runs cannot be done over, nor does it wait for what it was built on. Of an ended workflow nothing runs.
Result<void> check_none_runs(const Workflow& workflow, std::string_view verb, const ChosenTasks& chosen) {
  for (TaskIndex task = 0; task < workflow.task_count(); ++task)
    if (chosen[task] && workflow.tasks[task].state == TaskState::running)
      return refuse_to_revive(workflow, verb,
                              fmt::format("task {} runs, and what it was built on, which was undone, would be done "
                                          "over; wait for its end",
                                          in_quotes(workflow.definition().task_id(task))));
  return {};
}

// What these tasks have done, and can be undone, is undone; then the workflow is rerun. False: there is nothing.
bool undo_first(Decision& decision, TaskIndex start, const ChosenTasks& chosen) {
  const Workflow& workflow = decision.workflow();
  std::vector<TaskIndex> tasks = find_undoable(workflow, chosen);
  if (tasks.empty()) return false;
  decision.raise(event::WorkflowCompensating{
      .at = decision.now(), .end = workflow.state, .error = workflow.error, .tasks = std::move(tasks), .rerun = start});
  return true;
}

}  // namespace

Result<void> apply(Decision& decision, const command::ReviveWorkflow& command) {
  const Workflow& workflow = decision.workflow();
  const std::string_view verb = command.rerun ? "rerun" : command.start ? "redrive a task of" : "retry";
  if (command.start && *command.start >= workflow.task_count()) return check_action(workflow, *command.start);
  const bool is_letter = command.start && !command.rerun;
  if (is_letter && !workflow.is_dead_letter(*command.start)) return {};  // redriven already
  // Of a running workflow that goes on without it, a failed task may be redriven at once.
  const bool goes_on = is_letter && workflow.stop_reason == StopReason::none && !workflow.after->compensating;
  if (!is_terminal(workflow.state) && !goes_on)
    return refuse_to_revive(workflow, verb, fmt::format("it is {}; wait for its end", to_string(workflow.state)));
  if (!command.start && workflow.state == WorkflowState::completed)
    return refuse_to_revive(workflow, verb, "it has completed; rerun it from a task");
  const event::WorkflowRevived revived{.at = decision.now(), .start = command.start, .rerun = command.rerun};
  const ChosenTasks chosen = choose_tasks(workflow, revived);
  if (Result<void> possible = check_none_runs(workflow, verb, chosen); !possible) return possible;
  if (Result<void> possible = check_limits(workflow, verb, chosen); !possible) return possible;
  if (command.undo_first && undo_first(decision, *command.start, chosen)) return {};
  const std::size_t kept = workflow.after->earlier.size() + count_kept(workflow, chosen);
  if (Result<void> possible = check_kept(workflow, verb, kept); !possible) return possible;
  decision.raise(revived);
  settle(decision);  // another failure may still stand
  return {};
}

void evolve(Workflow& workflow, const event::WorkflowRevived& happened) {
  ++workflow.event_count;
  ChosenTasks chosen = choose_tasks(workflow, happened);
  if (happened.rules == ReworkRules::keep_completions) renumber_completions(workflow);
  // It may be rerun from the middle of its compensation, when that has undone what is done over.
  const bool had_ended = is_terminal(workflow.state) || workflow.after->compensating;
  ReworkState& after = workflow.after.edit();
  ++after.revivals;
  after.compensating = false;
  after.compensate_wanted = false;
  after.rerun.reset();
  after.undone_earlier = 0;
  do_over(workflow, chosen, happened.rules);
  workflow.first_failure = kNoTask;
  if (!had_ended) return;
  workflow.state = WorkflowState::running;
  workflow.stop_reason = StopReason::none;
  workflow.error = {};
  workflow.output = {};
  workflow.completed_at = {};
  if (workflow.started_at == Timestamp()) workflow.started_at = happened.at;  // it was cancelled before it started
  workflow.times_out_from = happened.at;
}

}  // namespace pawl::core
