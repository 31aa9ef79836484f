#include "orchestrator/shard/effect_router.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "core/completions.h"
#include "core/workflow_scope.h"
#include "monitor/observer.h"

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
  if (dispatched.timeout > Duration::zero()) limit(state.record(dispatched.action).started_at, dispatched.timeout);
  if (dispatched.action.undo) return deadline;
  limit(state.times_out_from, definition.timeout());
  if (definition.rules(dispatched.action).schedule_to_close) [[unlikely]]
    limit(core::scheduled_at(state, dispatched.action), definition.rules(dispatched.action).schedule_to_close);
  return deadline;
}

Assignment assignment_of(const LiveWorkflow& workflow, const effect::DispatchTask& dispatched) {
  const Definition& definition = *workflow.bound->definition;
  Assignment assignment{
      .address = {.route = workflow.route, .action = dispatched.action, .attempt = dispatched.attempt},
      .handler = workflow.handler(dispatched.action),
      .facts = workflow.state.facts.get()};
  if (workflow.state.record(dispatched.action).has_results) {
    for (const TaskIndex dependency : definition.dependencies(dispatched.action)) {
      const core::TaskRecord& record = workflow.state.tasks[dependency];
      if (record.state == TaskState::completed && !record.outcome.is_null())
        assignment.results.emplace_back(dependency, record.outcome);
    }
  }
  if (workflow.state.after.has_value()) [[unlikely]]
    assignment.run = core::generation_of(workflow.state, dispatched.action);
  return assignment;
}

// What is made here has ended before this thread could look at a timer.
bool is_over_at_once(const LiveWorkflow& workflow, const effect::ArmTimer& armed) {
  if (armed.kind != TimerKind::attempt_timeout) return false;
  const Handler* const handler = workflow.handler(armed.action);
  return handler != nullptr && handler->kind == HandlerKind::on_shard;
}

}  // namespace

void EffectRouter::release_early(const Batch& batch) {
  batch.for_each_segment([&](const Batch::Segment& segment, std::span<const Event>, std::span<const Effect> effects) {
    if (!segment.rides) return;
    for (const Effect& effect : effects) release_effect(*segment.workflow, effect);
  });
  flush();
}

void EffectRouter::release(const Batch& batch) {
  const EventKinds wanted = environment_.observer.wanted();
  batch.for_each_segment(
      [&](const Batch::Segment& segment, std::span<const Event> events, std::span<const Effect> effects) {
        if (wanted != 0)
          for (const Event& event : events)
            if (contains(wanted, event))
              environment_.observer.happened(*segment.facts, event, batch.actors[segment.by]);
        if (segment.rides) return;
        for (const Effect& effect : effects) release_effect(*segment.workflow, effect);
      });
  flush();
}

void EffectRouter::flush() {
  for (auto& [runner, batch] : assignments_) {
    if (batch.empty()) continue;
    runner->start(batch);
    batch.clear();
  }
}

void EffectRouter::stop_as_asked(const Batch& batch) {
  batch.for_each_segment([&](const Batch::Segment& segment, std::span<const Event>, std::span<const Effect> effects) {
    for (const Effect& effect : effects)
      if (const auto* const stopped = std::get_if<effect::StopTask>(&effect))
        attempts_.stop_unforced(*segment.workflow, *stopped);
  });
}

void EffectRouter::drop_assignments() {
  for (auto& [runner, batch] : assignments_) {
    for (const Assignment& assignment : batch) attempts_.end_unreported(assignment.address);
    batch.clear();
  }
}

void EffectRouter::release_effect(LiveWorkflow& workflow, const Effect& effect) {
  if (workflow.broken) [[unlikely]]
    return drop(workflow, effect);
  const std::uint32_t attempts = workflow.attempts;
  (void)decider_.guard(workflow, [&]() -> Result<void> {
    std::visit([&](const auto& each) { route(workflow, each); }, effect);
    return {};
  });
  if (workflow.broken && workflow.attempts == attempts) [[unlikely]]
    drop_dispatch(effect);
}

// An attempt that is to stop is told so all the same.
void EffectRouter::drop(const LiveWorkflow& workflow, const Effect& effect) {
  if (const auto* const stopped = std::get_if<effect::StopTask>(&effect)) {
    attempts_.stop_unforced(workflow, *stopped);
  } else {
    drop_dispatch(effect);
  }
}

// The attempt is not made, so nobody will report its end.
void EffectRouter::drop_dispatch(const Effect& effect) {
  if (std::holds_alternative<effect::DispatchTask>(effect)) attempts_.give_slot_back();
}

void EffectRouter::route(LiveWorkflow& workflow, const effect::ArmTimer& armed) {
  if (!is_over_at_once(workflow, armed)) timers_.arm(workflow, armed);
}

void EffectRouter::route(LiveWorkflow& workflow, const effect::DisarmTimer& disarmed) {
  timers_.disarm(workflow, disarmed.kind, disarmed.action);
}

void EffectRouter::route(LiveWorkflow& workflow, const effect::DispatchTask& dispatched) {
  const core::TaskRecord& record = workflow.state.record(dispatched.action);
  // It may have been over before it could be dispatched: failed by its own condition, or cancelled in the same turn.
  if (record.state != TaskState::running || record.attempt != dispatched.attempt) return attempts_.give_slot_back();
  Assignment assignment = assignment_of(workflow, dispatched);
  // Handlers compare it with the time of day.
  if (const auto deadline = deadline_of(workflow.state, dispatched))
    assignment.deadline = workflow.shard_time(*deadline) + timers_.correction();
  __builtin_prefetch(workflow.bound->definition->dependents(dispatched.action).data());  // its outcome will need them
  Result<JsonText> args =
      core::expand_args(workflow.state, dispatched.action, decider_.evaluator(), environment_.limits.args_bytes);
  if (args && dispatched.action.undo) [[unlikely]] {
    // Nothing is undone by whoever does not know what.
    Result<Undone> undone =
        core::undone_by(workflow.state, dispatched.action.task, decider_.evaluator(), environment_.limits.args_bytes);
    if (undone) {
      assignment.undone = std::make_shared<const Undone>(*std::move(undone));
    } else {
      args = std::unexpected(std::move(undone.error()));
    }
  }
  Attempts::begin(workflow);  // from here on it has an outcome
  if (!args) {
    mailbox_.finished({.address = assignment.address, .outcome = failed(core::evaluation_failure(args.error()))});
    return;
  }
  assignment.args = *std::move(args);
  switch (assignment.handler->kind) {
    case HandlerKind::on_shard:
      return make_here(assignment);
    case HandlerKind::wait:
      PAWL_ASSERT(false, "workflow {}: {} waits, and is dispatched", workflow.state.id(), to_string(dispatched.action));
    case HandlerKind::on_runner:
      return make_on_runner(workflow, std::move(assignment));
  }
}

void EffectRouter::make_on_runner(LiveWorkflow& workflow, Assignment assignment) {
  Runner* const runner = assignment.handler->runner;
  const AttemptAddress address = assignment.address;
  auto batch = std::ranges::find(assignments_, runner, [](const auto& entry) { return entry.first; });
  if (batch == assignments_.end()) batch = assignments_.emplace(batch, runner, std::vector<Assignment>());
  batch->second.push_back(std::move(assignment));
  attempts_.begin_on(*runner, workflow, address);
}

void EffectRouter::make_here(const Assignment& assignment) {
  TaskContext context(assignment, {}, environment_.sink);
  AttemptOutcome outcome = call_handler(*assignment.handler, context, environment_.limits.result_bytes);
  mailbox_.finished({.address = assignment.address, .outcome = std::move(outcome)});
}

void EffectRouter::route(LiveWorkflow& workflow, const effect::StopTask& stopped) {
  const AttemptAddress address{.route = workflow.route, .action = stopped.action, .attempt = stopped.attempt};
  const Handler* const handler = workflow.handler(stopped.action);
  if (handler == nullptr) return;  // nobody has made the attempt
  switch (handler->kind) {
    case HandlerKind::on_shard:
      return;  // it does not take long enough to be stopped
    case HandlerKind::on_runner:
      flush();  // what is stopped must have arrived
      attempts_.stop(*handler->runner, address, stopped.grace);
      return;
    case HandlerKind::wait:
      PAWL_ASSERT(false, "workflow {}: {} waits, and is asked to stop", workflow.state.id(), to_string(stopped.action));
  }
}

// Nothing but what was armed for the life that ends here can be armed by now. If it has been revived meanwhile, its
// place, its waiters and its memory belong to its next life.
void EffectRouter::route(LiveWorkflow& workflow, const effect::EndWorkflow& ended) {
  timers_.disarm_all(workflow);
  if (workflow.end_event != ended.event_count || !is_terminal(workflow.state.state)) return;
  workflow.ended = true;
  places_.withdraw(workflow);
  places_.leave(workflow);
  workflows_.note_end(workflow);
  announce_end(workflow);
}

void EffectRouter::announce_end(const LiveWorkflow& workflow) {
  if (!waiters_.has(workflow.route.place)) return;
  const auto state = std::make_shared<const core::Workflow>(workflow.state);
  if (commits_.is_durable(workflow)) {
    waiters_.will_tell(workflow.route.place, state);
    return;
  }
  // The end is durable, and what has happened to the workflow since is not (a dead letter was discarded, say): who
  // waits hears of both when both are.
  commits_.reply_when_durable([waiters = waiters_.take(workflow.route.place), state](const Error* failure) {
    if (failure == nullptr) return EndWaiters::tell(waiters, state);
    EndWaiters::lose(waiters, *failure);
  });
}

}  // namespace pawl
