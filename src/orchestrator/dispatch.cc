// Effects released: attempts go to their runners, timers are armed, ended workflows are announced.
#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/overloaded.h"
#include "core/completions.h"
#include "core/workflow_scope.h"
#include "orchestrator/shard.h"
#include "runners/builtin.h"

namespace pawl {
namespace {

AttemptOutcome failed(TaskError error) {
  return {.result = {}, .error = std::make_unique<TaskError>(std::move(error))};
}

// The first of what ends the attempt: its own timeout, that of its task over all attempts, that of the workflow.
std::optional<Timestamp> deadline_of(const core::Workflow& state, const effect::DispatchTask& dispatched) {
  const Definition& definition = state.definition();
  std::optional<Timestamp> deadline;
  const auto limit = [&](Timestamp from, std::optional<Duration> by) {
    if (by && (!deadline || from + *by < *deadline)) deadline = from + *by;
  };
  if (dispatched.timeout > Duration::zero()) limit(state.tasks[dispatched.task].started_at, dispatched.timeout);
  if (definition.is_compensation(dispatched.task)) return deadline;
  limit(state.times_out_from, definition.timeout());
  if (definition.rules(dispatched.task).schedule_to_close) [[unlikely]]
    limit(core::scheduled_at(state, dispatched.task), definition.rules(dispatched.task).schedule_to_close);
  return deadline;
}

Assignment assignment_of(const LiveWorkflow& workflow, const effect::DispatchTask& dispatched) {
  const Definition& definition = *workflow.bound->definition;
  Assignment assignment{
      .address = {.workflow = workflow.address, .task = dispatched.task, .attempt = dispatched.attempt},
      .handler = workflow.handler(dispatched.task),
      .facts = workflow.state.facts.get()};
  if (workflow.state.tasks[dispatched.task].has_results) {
    for (const TaskIndex dependency : definition.dependencies(dispatched.task)) {
      const core::TaskRecord& record = workflow.state.tasks[dependency];
      if (record.state == TaskState::completed && !record.outcome.is_null())
        assignment.results.emplace_back(dependency, record.outcome);
    }
  }
  if (workflow.state.after.has_value()) [[unlikely]]
    assignment.generation = core::generation_of(workflow.state, dispatched.task);
  return assignment;
}

void tell(const EndWaiters& waiters, const std::shared_ptr<const core::Workflow>& ended) {
  for (const auto& each : waiters)
    if (const auto waiter = each.lock()) waiter->ended(ended);
}

// What is made here has ended before this thread could look at a timer.
bool is_over_at_once(const LiveWorkflow& workflow, const effect::ArmTimer& armed) {
  if (armed.kind != TimerKind::attempt_timeout) return false;
  const Handler* const handler = workflow.handler(armed.task);
  return handler != nullptr && handler->kind == HandlerKind::on_shard;
}

}  // namespace

void Shard::release_effect(LiveWorkflow& workflow, const Effect& effect) {
  std::visit(Overloaded{[&](const effect::DispatchTask& each) { dispatch(workflow, each); },
                        [&](const effect::ArmTimer& each) {
                          if (!is_over_at_once(workflow, each)) arm(workflow, each);
                        },
                        [&](const effect::DisarmTimer& each) { disarm(workflow, each.kind, each.task); },
                        [&](const effect::StopTask& each) { stop_attempt(workflow, each); },
                        [&](const effect::EndWorkflow& each) { end_workflow(workflow, each); }},
             effect);
}

void Shard::dispatch(LiveWorkflow& workflow, const effect::DispatchTask& dispatched) {
  const core::TaskRecord& record = workflow.state.tasks[dispatched.task];
  // It may have been over before it could be dispatched: failed by its own condition, or cancelled in the same turn.
  if (record.state != TaskState::running || record.attempt != dispatched.attempt) {
    if (!workflow.bound->definition->waits(dispatched.task)) give_slot_back();
    return;
  }
  Assignment assignment = assignment_of(workflow, dispatched);
  // Handlers compare it with the time of day.
  if (const auto deadline = deadline_of(workflow.state, dispatched))
    assignment.deadline = shard_time(workflow, *deadline) + correction_;
  __builtin_prefetch(workflow.bound->definition->dependents(dispatched.task).data());  // its outcome will need them
  Result<JsonText> args =
      core::expand_args(workflow.state, dispatched.task, evaluator_, environment_.limits.args_bytes);
  if (args && workflow.state.is_compensation(dispatched.task)) [[unlikely]] {
    // Nothing is undone by whoever does not know what.
    Result<Undone> undone =
        core::undone_by(workflow.state, dispatched.task, evaluator_, environment_.limits.args_bytes);
    if (undone) {
      assignment.undone = std::make_shared<const Undone>(*std::move(undone));
    } else {
      args = std::unexpected(std::move(undone.error()));
    }
  }
  ++workflow.attempts;  // from here on it is made, and has an outcome
  if (!args) {
    finished({.address = assignment.address, .outcome = failed(core::evaluation_failure(args.error()))});
    return;
  }
  assignment.args = *std::move(args);
  switch (assignment.handler->kind) {
    case HandlerKind::on_shard:
      make_attempt_here(assignment);
      return;
    case HandlerKind::on_timer:
      wait_for_time(workflow, assignment);
      return;
    case HandlerKind::on_runner:
      break;
  }
  Runner* const runner = assignment.handler->runner;
  const AttemptAddress address = assignment.address;
  auto batch = std::ranges::find(assignments_, runner, [](const auto& entry) { return entry.first; });
  if (batch == assignments_.end()) batch = assignments_.emplace(batch, runner, std::vector<Assignment>());
  batch->second.push_back(std::move(assignment));
  if (runner->can_force_end())
    out_.add(action_at(workflow, dispatched.task),
             {.address = address, .runner = runner, .grace = workflow.state.facts->cancel_grace});
}

void Shard::flush_assignments() {
  for (auto& [runner, batch] : assignments_) {
    if (batch.empty()) continue;
    runner->start(batch);
    batch.clear();
  }
}

void Shard::make_attempt_here(const Assignment& assignment) {
  TaskContext context(assignment, {}, environment_.sink);
  AttemptOutcome outcome = call_handler(*assignment.handler, context, environment_.limits.result_bytes);
  made_here_.push_back({.address = assignment.address, .outcome = std::move(outcome)});
}

void Shard::wait_for_time(LiveWorkflow& workflow, const Assignment& assignment) {
  const AttemptAddress& address = assignment.address;
  const bool computed = assignment.facts->definition->args_have_places(address.task);
  const Result<TimerDue> due =
      timer_due(*assignment.handler, assignment.args.parse(), computed, workflow.state.tasks[address.task].started_at);
  if (!due) {
    TaskError error("invalid_argument", describe(due.error()));
    error.retryable = false;
    finished({.address = address, .outcome = failed(std::move(error))});
    return;
  }
  const Timer wake{.key = timer_key(workflow, TimerKind::wake, address.task), .attempt = address.attempt};
  if (due->by_wall_clock) {
    alarms_.arm(due->at, wake);
  } else {
    timers_.arm(shard_time(workflow, due->at), wake);
  }
}

void Shard::stop_attempt(LiveWorkflow& workflow, const effect::StopTask& stopped) {
  const AttemptAddress address{.workflow = workflow.address, .task = stopped.task, .attempt = stopped.attempt};
  const Handler* const handler = workflow.handler(stopped.task);
  if (handler == nullptr) return;  // nobody has made the attempt
  switch (handler->kind) {
    case HandlerKind::on_shard:
      return;  // it does not take long enough to be stopped
    case HandlerKind::on_runner:
      flush_assignments();  // what is stopped must have arrived
      stop_on_runner(*handler->runner, address, stopped.grace);
      return;
    case HandlerKind::on_timer: {
      const TimerKey key = timer_key(workflow, TimerKind::wake, stopped.task);
      if (timers_.disarm(key, stopped.attempt) || alarms_.disarm(key, stopped.attempt))
        finished({.address = address, .outcome = failed({"cancelled", "it was told to stop"})});
      return;
    }
  }
}

void Shard::stop_on_runner(Runner& runner, const AttemptAddress& address, Duration grace) {
  out_.stop(address, saturating_add(wall(), grace));
  runner.stop(address, grace);
}

// Nothing but what was armed for the life that ends here can be armed by now. If it has been revived meanwhile, its
// place, its waiters and its memory belong to its next life.
void Shard::end_workflow(LiveWorkflow& workflow, const effect::EndWorkflow& ended) {
  disarm_all(workflow);
  if (workflow.end_event != ended.event_count || !is_terminal(workflow.state.state)) return;
  workflow.ended = true;
  withdraw(workflow);
  if (std::exchange(workflow.placed, false)) leave_executor(workflow.executor);
  finished_.push_back({.workflow = workflow.address, .end_event = workflow.end_event});
  if (!waiters_.empty()) announce_end(workflow);
}

void Shard::announce_end(const LiveWorkflow& workflow) {
  const auto waiting = waiters_.find(workflow.address.place);
  if (waiting == waiters_.end()) return;
  auto waiters = std::move(waiting->second);
  waiters_.erase(waiting);
  const auto state = std::make_shared<const core::Workflow>(workflow.state);
  if (!store_->is_durable() || workflow.waits_for <= releasing_) {
    ends_untold_.push_back({.waiters = std::move(waiters), .workflow = state});
    return;
  }
  // The end is durable, and what has happened to the workflow since is not (a dead letter was discarded, say): who
  // waits hears of both when both are.
  reply_when_durable([waiters = std::move(waiters), state](const Error* failure) {
    if (failure == nullptr) return tell(waiters, state);
    for (const auto& each : waiters)
      if (const auto waiter = each.lock()) waiter->lost(*failure);
  });
}

void Shard::tell_ends() {
  for (const UntoldEnd& end : ends_untold_) tell(end.waiters, end.workflow);
  ends_untold_.clear();
}

void Shard::give_slot_back() {
  PAWL_ASSERT(environment_.slots.held(index_) > 0, "shard {}: a task slot comes back that was not taken", index_);
  if (const auto other = environment_.slots.give_back(index_)) environment_.shards[*other]->nudge();
}

TimerKey Shard::timer_key(const LiveWorkflow& workflow, TimerKind kind, TaskIndex task) const {
  return {.place = workflow.address.place, .generation = workflow.address.generation, .task = task, .kind = kind};
}

}  // namespace pawl
