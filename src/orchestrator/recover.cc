// How a shard comes to know its workflows from the store: at the start, after it went down, and one at a time.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "orchestrator/replay.h"
#include "orchestrator/shard.h"
#include "orchestrator/shard_decide.h"

namespace pawl {
namespace {

// Workflows taken up between two commits.
constexpr std::size_t kLoadedPerBatch = 1000;
// A workflow whose part of a commit broke an invariant so often, which takes the shard down, is not taken up again.
constexpr int kMostBreaks = 2;

}  // namespace

void Shard::use_store(Store& store, Epoch epoch) {
  store_ = &store;
  epoch_ = epoch;
  // What did not read in another store may do so here; what broke in memory is still broken.
  std::erase_if(quarantined_, [&](const Quarantined& each) {
    return std::ranges::none_of(
        places_, [&](const auto& place) { return place && place->broken && place->state.id() == each.id; });
  });
}

bool Shard::is_wanted(std::string_view id) const {
  const ShardLimits& limits = environment_.limits;
  return !limits.standby && (!limits.only || limits.only->contains(id));
}

Result<LiveWorkflow*> Shard::take_up(const StoredWorkflow& stored) {
  if (const auto broke = broke_.find(stored.id); broke != broke_.end() && broke->second >= kMostBreaks)
    return fail(ErrorCode::corruption,
                fmt::format("what is to be stored of workflow {} has broken an invariant {} times",
                            in_quotes(stored.id), kMostBreaks));
  Result<core::Workflow> state = replay(stored, environment_.definitions.source(*store_));
  if (!state) return std::unexpected(std::move(state.error()));
  Result<BoundDefinitionPtr> bound = environment_.definitions.load(state->definition().hash(), *store_);
  if (!bound) return std::unexpected(std::move(bound.error()));
  LiveWorkflow& workflow = new_place();
  workflow.state = *std::move(state);
  workflow.bound = *std::move(bound);
  workflow.ended = is_terminal(workflow.state.state);
  workflow.end_event = workflow.state.event_count;
  // Its time goes on from where it stopped, should the wall clock have been set back.
  workflow.time_offset = std::max(correction_, workflow.state.last_event_at - now_);
  workflow.held = !is_wanted(stored.id);
  workflow.checkpoint = stored.runs.empty() ? workflow.state.event_count : stored.runs.front().first_event;
  by_id_.emplace(workflow.state.id(), workflow.address.place);
  return &workflow;
}

void Shard::recover(LiveWorkflow& workflow, bool crashed) {
  const bool queued = workflow.state.queued;
  if (workflow.state.state != WorkflowState::pending) {
    workflow.executor = environment_.executors.place_running();
    workflow.placed = true;
  }
  const WorkflowState before = workflow.state.state;
  const Result<void> recovered =
      decide(workflow, command::RecoverWorkflow{.crashed = crashed, .max_crashes = environment_.limits.crashes});
  if (!recovered) {  // it is stored as one that lives, and has ended
    quarantine(workflow, before, recovered.error().message);
    return;
  }
  enqueue_if_ready(workflow);
  if (queued) queue_again(workflow);
}

Result<void> Shard::load(bool crashed) {
  if (environment_.limits.standby) return {};
  now_ = environment_.clock.now();
  read_wall_clock();
  starts_bind_ |= crashed;
  std::optional<Error> failure;
  std::size_t loaded = 0;
  const auto take = [&](const Result<StoredWorkflow>& stored) {
    if (!stored) {
      failure = stored.error();
      return false;
    }
    const Result<LiveWorkflow*> workflow = take_up(*stored);
    if (workflow) {
      recover(**workflow, crashed);
    } else {
      note_quarantine(stored->id, workflow.error());
    }
    if (++loaded % kLoadedPerBatch == 0)
      if (Result<void> committed = commit_within_limit(); !committed) failure = std::move(committed.error());
    return !failure && !is_stopping() && !stop_is_near_.load(std::memory_order_relaxed);
  };
  const std::size_t shards = environment_.shards.size();
  const auto wanted = [&](std::string_view id) {
    return index_for(id, shards) == index_ && is_wanted(id) && find(id) == nullptr && quarantine_of(id) == nullptr;
  };
  if (Result<void> scanned = store_->scan_live(wanted, take); !scanned) return scanned;
  return failure ? Result<void>(std::unexpected(*failure)) : Result<void>();
}

Result<LiveWorkflow*> Shard::load_one(const std::string& id) {
  if (LiveWorkflow* const known = find(id)) return known;
  if (const Error* const reason = quarantine_of(id)) return std::unexpected(*reason);
  const Result<StoredWorkflow> stored = store_->read_workflow(id);
  if (!stored && stored.error().code == ErrorCode::not_found) return nullptr;
  if (!stored) return std::unexpected(stored.error());
  Result<LiveWorkflow*> workflow = take_up(*stored);
  if (!workflow) return workflow;
  if ((*workflow)->ended) {
    finished_.push_back({.workflow = (*workflow)->address, .end_event = (*workflow)->end_event});
  } else if (!(*workflow)->held) {
    recover(**workflow, false);
    if ((*workflow)->broken) return std::unexpected(*quarantine_of(id));
  }
  return workflow;
}

// Each definition is bound once, not once a workflow.
void Shard::bind_again() {
  boost::unordered_flat_map<const BoundDefinition*, BoundDefinitionPtr> bound;
  for (const auto& workflow : places_) {
    if (!workflow || workflow->broken) continue;
    const auto [known, is_new] = bound.try_emplace(workflow->bound.get());
    if (is_new)
      known->second =
          workflow->bound->is_complete() ? workflow->bound : environment_.definitions.bind_again(workflow->bound);
    if (known->second == workflow->bound) continue;
    workflow->bound = known->second;
    if (std::exchange(workflow->unserved, false)) enqueue_if_ready(*workflow);
  }
}

void Shard::save(LiveWorkflow& workflow) { group_of(workflow, workflow.state.event_count, false).save = true; }

// Attempts that are out with runners refer to their workflow; told to stop, they come back some time. All others end
// here.
void Shard::orphan_attempts() {
  const auto ends_here = [this](const AttemptAddress& address) {
    out_.remove(address);
    if (LiveWorkflow* const workflow = at(address.workflow)) {
      --workflow->attempts;
    } else if (const auto orphan = orphans_.find(address.workflow.generation); orphan != orphans_.end()) {
      if (--orphan->second->attempts == 0) orphans_.erase(orphan);
    }
  };
  for (auto& [runner, batch] : assignments_) {
    for (const Assignment& assignment : batch) ends_here(assignment.address);
    batch.clear();
  }
  for (auto* outcomes : {&made_here_, &handling_}) {
    for (const FinishedAttempt& attempt : *outcomes) ends_here(attempt.address);
    outcomes->clear();
  }
  for (Timers* const timers : {&timers_, &alarms_}) {
    timers->for_each([&](const Timer& timer) {
      if (timer.key.kind == TimerKind::wake)
        ends_here({.workflow = {.shard = index_, .place = timer.key.place, .generation = timer.key.generation}});
    });
    *timers = Timers();
  }
  std::size_t out = 0;
  for (auto& workflow : places_) {
    if (!workflow || workflow->attempts == 0) continue;
    stop_running(*workflow);
    orphans_.emplace(workflow->address.generation, std::move(workflow));
  }
  stop_forced(std::nullopt);
  out_.disown();
  for (const auto& [generation, orphan] : orphans_) out += orphan->attempts;
  while (environment_.slots.held(index_) > out) give_slot_back();
}

void Shard::stop_running(const LiveWorkflow& workflow) {
  for (TaskIndex task = 0; task < workflow.state.tasks.size(); ++task) {
    const core::TaskRecord& record = workflow.state.tasks[task];
    if (record.state == TaskState::running)
      stop_unforced(workflow, {.task = task, .attempt = record.attempt, .grace = workflow.state.facts->cancel_grace});
  }
}

// On runners that can force an end: those of one workflow, or all. What a state says does not count: an attempt that is
// over for its workflow may not have been told yet, and would keep its task for ever.
void Shard::stop_forced(std::optional<WorkflowAddress> of) {
  out_.for_each([&](const AttemptsOut::Attempt& attempt) {
    if (attempt.ends_by || (of && attempt.address.workflow != *of)) return;
    stop_on_runner(*attempt.runner, attempt.address, attempt.grace);
  });
}

// On one that cannot, and of which nobody keeps a list.
void Shard::stop_unforced(const LiveWorkflow& workflow, const effect::StopTask& stopped) {
  // The state of a broken workflow may be that of another definition.
  if (stopped.task >= workflow.bound->definition->action_count()) return;
  const Handler* const handler = workflow.handler(stopped.task);
  if (handler == nullptr || handler->kind != HandlerKind::on_runner || handler->runner->can_force_end()) return;
  stop_on_runner(*handler->runner, {.workflow = workflow.address, .task = stopped.task, .attempt = stopped.attempt},
                 stopped.grace);
}

// What was decided in the batch is lost, but for this: the attempts that it stops are wanted by nobody.
void Shard::stop_as_asked(const Batch& batch) {
  std::uint32_t effect = 0;
  for (const Batch::Segment& segment : batch.segments)
    for (; effect < segment.effects_end; ++effect)
      if (const auto* const stopped = std::get_if<effect::StopTask>(&batch.turn.effects[effect]))
        stop_unforced(*segment.workflow, *stopped);
}

void Shard::reset(const Error& why) {
  down_ = why;
  if (why.code == ErrorCode::internal && in_hand_ != nullptr) ++broke_[in_hand_->state.id()];
  in_hand_ = nullptr;
  break_promises(why);
  for (const auto& batch : in_flight_) stop_as_asked(*batch);
  stop_as_asked(*open_);
  in_flight_.clear();
  open_->clear();
  quarantined_.clear();
  wait_queue_.clear();
  for (auto& queue : run_queue_) queue.clear();
  finished_.clear();
  by_id_.clear();
  for (const auto& workflow : places_) {
    if (!workflow) continue;
    --environment_.workflow_count;
    withdraw(*workflow);
    if (workflow->placed) leave_executor(workflow->executor);
  }
  forget_held();
  orphan_attempts();
  places_.clear();
  free_places_.clear();
  pass_slots_on();
  const MutexLock lock(failure_mutex_);
  failure_.reset();
  abandoned_ = last_sequence_;
  failed_ = false;
}

bool Shard::refuse() {
  if (nudged_.exchange(false, std::memory_order_seq_cst)) pass_slots_on();
  const bool busy = drain();
  deliver_placements();
  return busy || (!placements_.empty() && !placements_blocked_);
}

}  // namespace pawl
