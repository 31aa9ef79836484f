#include "orchestrator/shard/attempts.h"

#include <utility>

#include "base/assert.h"
#include "base/time.h"

namespace pawl {

void Attempts::give_slot_back() {
  PAWL_ASSERT(holds_slots(), "shard {}: a task slot comes back that was not taken", shard_);
  if (const auto other = slots_.give_back(shard_)) wake_(*other);
}

void Attempts::pass_slots_on() {
  if (const auto other = slots_.pass_on(shard_)) wake_(*other);
}

void Attempts::begin_on(Runner& runner, LiveWorkflow& workflow, const AttemptAddress& address) {
  if (runner.can_force_end())
    out_.add(AttemptsOut::action_of(workflow.state, address.action),
             {.address = address, .runner = &runner, .grace = workflow.state.facts->cancel_grace});
}

Attempts::Ended Attempts::end(const AttemptAddress& address) {
  LiveWorkflow* const workflow = workflows_.at(address.route);
  const auto orphan = workflow != nullptr ? orphans_.end() : orphans_.find(address.route.generation);
  PAWL_ASSERT(workflow != nullptr || orphan != orphans_.end(),
              "shard {} place {}: an outcome for a workflow that is gone", shard_, address.route.place);
  LiveWorkflow& made_for = workflow != nullptr ? *workflow : *orphan->second;
  PAWL_ASSERT(made_for.attempts > 0, "workflow {}: an outcome of an attempt that was not made", made_for.state.id());
  --made_for.attempts;
  out_.remove(address);
  give_slot_back();
  if (workflow != nullptr) [[likely]]
    return {.workflow = workflow};
  LiveWorkflow* const successor = workflows_.find(made_for.state.id());
  if (made_for.attempts == 0) orphans_.erase(orphan);
  return {.successor = successor};
}

void Attempts::end_unreported(const AttemptAddress& address) {
  out_.remove(address);
  if (LiveWorkflow* const workflow = workflows_.at(address.route)) {
    --workflow->attempts;
  } else if (const auto orphan = orphans_.find(address.route.generation); orphan != orphans_.end()) {
    if (--orphan->second->attempts == 0) orphans_.erase(orphan);
  }
}

void Attempts::stop(Runner& runner, const AttemptAddress& address, Duration grace) {
  out_.stop(address, saturating_add(timers_.wall(), grace));
  runner.stop(address, grace);
}

void Attempts::stop_all_of(const LiveWorkflow& workflow) {
  stop_running(workflow);
  stop_forced(workflow.route);
}

void Attempts::stop_running(const LiveWorkflow& workflow) {
  core::for_each_action(workflow.state, [&](ActionId action, const core::TaskRecord& record) {
    if (record.state == TaskState::running)
      stop_unforced(workflow,
                    {.action = action, .attempt = record.attempt, .grace = workflow.state.facts->cancel_grace});
  });
}

// Of one workflow, or all. What a state says does not count: an attempt that is over for its workflow may not have been
// told yet, and would keep its task for ever.
void Attempts::stop_forced(std::optional<AttemptRoute> of) {
  out_.for_each([&](const AttemptsOut::Attempt& attempt) {
    if (attempt.ends_by || (of && attempt.address.route != *of)) return;
    stop(*attempt.runner, attempt.address, attempt.grace);
  });
}

void Attempts::stop_unforced(const LiveWorkflow& workflow, const effect::StopTask& stopped) {
  // The state of a broken workflow may be that of another definition.
  if (!workflow.bound->definition->has(stopped.action)) return;
  const Handler* const handler = workflow.handler(stopped.action);
  if (handler == nullptr || handler->kind != HandlerKind::on_runner || handler->runner->can_force_end()) return;
  stop(*handler->runner, {.route = workflow.route, .action = stopped.action, .attempt = stopped.attempt},
       stopped.grace);
}

void Attempts::orphan_all() {
  // What may throw comes first: until then the table keeps what runners refer to.
  std::size_t kept = orphans_.size();
  workflows_.for_each([&](LiveWorkflow& workflow) {
    if (workflow.attempts == 0) return true;
    stop_running(workflow);
    ++kept;
    return true;
  });
  stop_forced(std::nullopt);
  orphans_.reserve(kept);
  for (auto& workflow : workflows_.take_all())
    if (workflow && workflow->attempts > 0) orphans_.emplace(workflow->route.generation, std::move(workflow));
  out_.disown();
  // Of what has ended unreported.
  const std::size_t orphaned = count_orphaned();
  while (slots_.held(shard_) > orphaned) give_slot_back();
}

std::size_t Attempts::count_orphaned() const {
  std::size_t count = 0;
  for (const auto& [generation, orphan] : orphans_) count += orphan->attempts;
  return count;
}

}  // namespace pawl
