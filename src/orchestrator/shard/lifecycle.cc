#include "orchestrator/shard/lifecycle.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "orchestrator/policy_book.h"
#include "orchestrator/report.h"

namespace pawl {

std::unexpected<Error> being_removed(std::string_view id) {
  return fail(ErrorCode::unavailable, fmt::format("workflow {} is being deleted; try again", in_quotes(id)));
}

// Looked at here, too: while a policy is being deleted, no workflow comes to refer to it behind the back of who looks
// for such.
Result<void> Lifecycle::check_policies(const Definition& definition) const {
  return definition.policies().empty() ? Result<void>() : environment_.policies.registry().check_known(definition);
}

Result<LiveWorkflow*> Lifecycle::create(BoundDefinitionPtr bound, WorkflowFactsPtr facts, bool is_stored) {
  if (environment_.limits.read_only) return Decider::refuse_to_change();
  const std::string& id = facts->id.text();
  if (workflows_.is_being_removed(id)) return being_removed(id);
  if (is_stored || workflows_.find(id) != nullptr || quarantine_.reason_of(id) != nullptr)
    return fail(ErrorCode::already_exists, fmt::format("workflow {} already exists", in_quotes(id)));
  if (Result<void> ok = check_new(*bound, 1); !ok) return std::unexpected(std::move(ok.error()));
  return make(std::move(bound), std::move(facts));
}

// In one commit: there is the former workflow, or the new one.
Result<LiveWorkflow*> Lifecycle::replace(LiveWorkflow& ended, BoundDefinitionPtr bound, WorkflowFactsPtr facts) {
  if (environment_.limits.read_only) return Decider::refuse_to_change();
  if (Result<void> removable = check_removable(ended, "replace"); !removable)
    return std::unexpected(std::move(removable.error()));
  if (Result<void> ok = check_new(*bound, 0); !ok) return std::unexpected(std::move(ok.error()));
  auto former = std::make_unique<WorkflowSummary>(summary_of(ended.state));
  workflows_.remove(ended);
  Result<LiveWorkflow*> made = make(std::move(bound), std::move(facts));
  if (made) commits_.replace(**made, std::move(former));
  return made;
}

// Whether a workflow of this definition may be made, which are so many `more`.
Result<void> Lifecycle::check_new(const BoundDefinition& bound, std::size_t more) const {
  if (environment_.workflow_count + more > environment_.limits.workflows)
    return fail(ErrorCode::limit_exceeded, fmt::format("workflow limit reached: {}", environment_.limits.workflows));
  return check_policies(*bound.definition);
}

Result<LiveWorkflow*> Lifecycle::make(BoundDefinitionPtr bound, WorkflowFactsPtr facts) {
  commits_.need(*bound);
  LiveWorkflow& workflow = workflows_.add();
  workflow.bound = std::move(bound);
  workflow.time_offset = timers_.correction();
  workflow.state.facts = facts;  // so that it has a name, whatever happens
  if (Result<void> created = decider_.decide(workflow, command::CreateWorkflow{std::move(facts)}); !created)
    return std::unexpected(std::move(created.error()));
  workflows_.name(workflow);
  return &workflow;
}

// Attempts and batches refer to the facts: the former ones are kept, also if the workflow breaks in the middle of the
// change.
Result<void> Lifecycle::change_facts(LiveWorkflow& workflow, const std::function<Result<void>()>& change) {
  const WorkflowFactsPtr former = workflow.state.facts;
  if (!workflow.is_in_use()) workflow.former_facts.clear();
  workflow.former_facts.push_back(former);
  Result<void> changed = change();
  if (workflow.state.facts == former) workflow.former_facts.pop_back();
  return changed;
}

Result<void> Lifecycle::exchange_definition(LiveWorkflow& workflow, BoundDefinitionPtr bound, const Command& command) {
  if (environment_.limits.read_only) return Decider::refuse_to_change();
  if (Result<void> ok = check_policies(*bound->definition); !ok) return ok;
  commits_.need(*bound);
  if (Result<void> done = change_facts(workflow, [&] { return decider_.decide(workflow, command); }); !done)
    return done;
  workflow.bound = std::move(bound);
  return {};
}

Result<void> Lifecycle::redefine(LiveWorkflow& workflow, BoundDefinitionPtr bound, WorkflowFactsPtr facts) {
  return exchange_definition(workflow, std::move(bound), command::RedefineWorkflow{std::move(facts)});
}

// It may have ended meanwhile, and then lives again.
Result<void> Lifecycle::restore(LiveWorkflow& workflow, const command::RestoreWorkflow& snapshot) {
  if (Result<void> ok = check_policies(*snapshot.facts->definition); !ok) return ok;
  commits_.need(*workflow.bound);  // a snapshot is restored into a workflow of the same definition
  if (Result<void> restored = change_facts(workflow, [&] { return decider_.decide(workflow, snapshot); }); !restored)
    return restored;
  live_again(workflow);
  return {};
}

Result<void> Lifecycle::revive(LiveWorkflow& workflow, const Command& command) {
  const bool had_ended = is_terminal(workflow.state.state);
  if (had_ended)
    if (Result<void> ok = check_policies(*workflow.bound->definition); !ok) return ok;
  if (Result<void> revived = decider_.decide(workflow, command); !revived) return revived;
  if (had_ended && !is_terminal(workflow.state.state)) live_again(workflow);
  return {};
}

// An attempt to undo something may have overrun its timeout and still be out. Its handler says who stops it and whether
// it holds a task slot.
bool Lifecycle::exchanges_open_handler(const LiveWorkflow& workflow, const Definition& to) {
  if (workflow.attempts == 0) return false;
  const Definition& from = workflow.state.definition();
  return std::ranges::any_of(from.actions(), [&](ActionId action) {
    return action.undo && workflow.state.record(action).attempt > 0 && to.has(action) &&
           from.handler(action) != to.handler(action);
  });
}

Result<void> Lifecycle::register_compensation(LiveWorkflow& workflow, BoundDefinitionPtr bound,
                                              WorkflowFactsPtr facts) {
  if (exchanges_open_handler(workflow, *facts->definition))
    return fail(ErrorCode::invalid_state,
                fmt::format("cannot register the compensation: an attempt of the one before may still be made in "
                            "workflow {}; wait for its end",
                            in_quotes(workflow.state.id())));
  return exchange_definition(workflow, std::move(bound), command::RegisterCompensation{std::move(facts)});
}

void Lifecycle::live_again(LiveWorkflow& workflow) {
  workflow.ended = false;
  const bool pending = workflow.state.state == WorkflowState::pending;
  if (pending) {
    places_.leave(workflow);
  } else {
    places_.place_running(workflow);
  }
  if (workflow.state.queued) {
    queue_again(workflow);
  } else {
    places_.withdraw(workflow);
  }
}

// It waited for a place when its shard last knew of it.
void Lifecycle::queue_again(LiveWorkflow& workflow) {
  if (places_.try_acquire(workflow)) start_on_its_place(workflow);
}

Result<void> Lifecycle::execute(LiveWorkflow& workflow) {
  if (environment_.limits.read_only) return Decider::refuse_to_change();
  if (workflow.state.queued) return {};
  if (!core::permitted<command::StartWorkflow>(workflow.state))
    return core::refuse<command::StartWorkflow>(workflow.state);
  if (!places_.try_acquire(workflow)) return decider_.decide(workflow, command::QueueWorkflow{});
  return decider_.decide(workflow, command::StartWorkflow{});
}

void Lifecycle::start_placed(const Placement& placement) {
  LiveWorkflow* const workflow = workflows_.at(placement.workflow);
  // It may have been cancelled, restored to a time before it was queued, and even forgotten: then its place goes to the
  // next one.
  if (workflow == nullptr || workflow->broken || workflow->state.state != WorkflowState::pending ||
      !workflow->state.queued)
    return places_.give_back(placement.executor);
  places_.withdraw(*workflow);  // it may have been queued a second time
  ExecutorPlaces::take(*workflow, placement.executor);
  start_on_its_place(*workflow);
}

void Lifecycle::start_on_its_place(LiveWorkflow& workflow) {
  (void)decider_.decide(workflow, command::StartWorkflow{});  // refused only to a broken one
}

Result<void> Lifecycle::check_removable(const LiveWorkflow& workflow, std::string_view verb) {
  const std::string id = in_quotes(workflow.state.id());
  const WorkflowState state = workflow.broken ? workflow.sound_state : workflow.state.state;
  if (!is_terminal(state))
    return fail(ErrorCode::invalid_state,
                fmt::format("cannot {} workflow {}: it is {}; cancel it first", verb, id, to_string(state)));
  if (workflow.is_in_use())
    return fail(ErrorCode::invalid_state,
                fmt::format("cannot {} workflow {} yet: a handler of it still runs", verb, id));
  return {};
}

Result<std::optional<std::uint64_t>> Lifecycle::begin_removal(const std::string& id) {
  if (environment_.limits.read_only) return Decider::refuse_to_change();
  if (workflows_.is_being_removed(id)) return being_removed(id);
  LiveWorkflow* workflow = workflows_.find(id);
  if (workflow == nullptr && quarantine_.reason_of(id) != nullptr) workflow = workflows_.find_broken(id);
  if (workflow != nullptr) {
    if (Result<void> removable = check_removable(*workflow, "delete"); !removable)
      return std::unexpected(std::move(removable.error()));
    workflows_.remove(*workflow);
    if (!commits_.store().is_durable()) {
      quarantine_.remove(id);
      return std::nullopt;
    }
  }
  return workflows_.begin_removal(id);
}

Result<void> Lifecycle::commit_removal(std::uint64_t number, std::unique_ptr<Removal> removal) {
  if (!workflows_.is_being_removed(removal->id, number))
    return fail(ErrorCode::unavailable,
                fmt::format("the shard of workflow {} went down; try again", in_quotes(removal->id)));
  commits_.remove(std::move(removal));
  return {};
}

void Lifecycle::end_removal(std::uint64_t number, const std::string& id, bool removed) {
  if (!workflows_.is_being_removed(id, number)) return;
  workflows_.end_removal(id);
  if (removed) quarantine_.remove(id);
}

void Lifecycle::when_ended(LiveWorkflow& workflow, const std::shared_ptr<EndWaiter>& waiter) {
  if (workflow.ended) {
    waiter->ended(std::make_shared<const core::Workflow>(workflow.state));
    return;
  }
  waiters_.add(workflow.route.place, waiter);
}

}  // namespace pawl
