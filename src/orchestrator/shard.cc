#include "orchestrator/shard.h"

#include <algorithm>
#include <iterator>
#include <thread>

#include <fmt/format.h>

#include "base/text.h"
#include "orchestrator/report.h"
#include "orchestrator/shard_decide.h"

namespace pawl {
namespace {

// How long an idle shard spins before it sleeps; see base/parking.h.
constexpr std::chrono::microseconds kSpin(50);
// Workflows that were given a place and are notified in one turn.
constexpr std::size_t kPlacementsPerTurn = 512;
// When an inbox that was full is tried once more.
constexpr std::chrono::milliseconds kRetryPlacement(1);
// While somebody waits for a time of day the wall clock is looked at so often, for it may be corrected.
constexpr std::chrono::seconds kWallClockCheck(1);

thread_local const Shard* t_shard = nullptr;

}  // namespace

Shard::Shard(std::uint32_t index, const ShardEnvironment& environment, std::uint64_t seed)
    : index_(index),
      environment_(environment),
      inbox_(environment.limits.inbox),
      now_(environment.clock.now()),
      random_(seed),
      open_(std::make_unique<Batch>()) {}

Shard::~Shard() = default;

Shard::Here::Here(const Shard& shard) { t_shard = &shard; }
Shard::Here::~Here() { t_shard = nullptr; }

const Shard* Shard::of_this_thread() { return t_shard; }

std::size_t Shard::index_for(std::string_view id, std::size_t shards) {
  return std::hash<std::string_view>()(id) % shards;
}

bool Shard::post(ShardCall&& call) {
  ShardMessage message(std::move(call));
  if (!inbox_.try_push(message)) {
    call = std::move(std::get<ShardCall>(message));
    return false;
  }
  parking_.wake();
  // Either the shard's end has seen this message, or it is seen here that the shard has ended.
  if (ended_.load(std::memory_order_seq_cst)) [[unlikely]]
    drop_inbox();
  return true;
}

void Shard::finished(FinishedAttempt attempt) {
  if (t_shard == this) {
    made_here_.push_back(std::move(attempt));
    return;
  }
  ShardMessage message(std::move(attempt));
  while (!inbox_.try_push(message)) {
    if (is_stopping()) return;
    std::this_thread::yield();
  }
  parking_.wake();
}

void Shard::nudge() {
  nudged_.store(true, std::memory_order_seq_cst);
  parking_.wake();
}

void Shard::handlers_added() {
  rebinds_.store(true, std::memory_order_seq_cst);
  nudge();
}

Result<bool> Shard::turn() {
  if (is_store_behind()) return release_durable();
  now_ = environment_.clock.now();
  read_wall_clock();
  refresh_policies();
  if (nudged_.load(std::memory_order_relaxed)) {
    nudged_.store(false, std::memory_order_seq_cst);
    if (rebinds_.exchange(false, std::memory_order_seq_cst)) bind_again();
  }
  const bool waits_for_commit = !in_flight_.empty();
  bool busy = drain();
  busy |= fire_timers();
  deliver_placements();
  if (!held_.empty()) [[unlikely]]
    busy |= release_held();
  schedule();
  if (!open_->empty()) {
    commit();
    busy = true;
  }
  if (std::exchange(has_late_outcomes_, false)) [[unlikely]]
    forget_oldest_finished();
  // Only if there is more to do than to wait for the commit is it worth another thread's while.
  if (busy && waits_for_commit) store_->expedite();
  Result<bool> released = release_durable();
  if (!released) return released;
  return busy || *released || !made_here_.empty() || (!placements_.empty() && !placements_blocked_);
}

void Shard::park(std::optional<Timestamp> due) {
  if (!in_flight_.empty()) {
    store_->help();
    if (is_commit_settled()) return;
  }
  const bool takes_more = !is_store_behind();
  std::optional<Parking::Clock::time_point> until;
  if (due && takes_more) until = steady_deadline(*due - environment_.clock.now());
  parking_.wait(until, kSpin, [&] {
    return (takes_more && (!inbox_.empty() || nudged_.load(std::memory_order_seq_cst))) ||
           stopping_.load(std::memory_order_seq_cst) || is_commit_settled();
  });
}

// The oldest batch on its way is durable, or has failed.
bool Shard::is_commit_settled() const {
  return failed_.load(std::memory_order_seq_cst) ||
         (!in_flight_.empty() && durable_.load(std::memory_order_seq_cst) >= in_flight_.front()->sequence);
}

Result<void> Shard::commit_within_limit() {
  if (!open_->empty()) commit();
  while (is_store_behind() && !is_stopping()) {
    store_->help();
    parking_.wait(std::nullopt, kSpin, [this] { return is_commit_settled() || is_stopping(); });
    if (const Result<bool> released = release_durable(); !released) return std::unexpected(released.error());
  }
  return {};
}

Result<void> Shard::settle() {
  while (!in_flight_.empty()) {
    store_->help();
    if (const Result<bool> released = release_durable(); !released) return std::unexpected(released.error());
  }
  return {};
}

std::optional<Timestamp> Shard::next_due() {
  std::optional<Timestamp> next = timers_.next_due();
  const auto consider = [&](Timestamp due) { next = next ? std::min(*next, due) : due; };
  if (held_due_) consider(*held_due_);
  if (placements_blocked_) consider(now_ + kRetryPlacement);
  if (const auto alarm = alarms_.next_due()) consider(std::min(*alarm - correction_, now_ + kWallClockCheck));
  return next;
}

std::optional<Timestamp> Shard::next_due_while_down() const {
  return placements_blocked_ ? std::optional(environment_.clock.now() + kRetryPlacement) : std::nullopt;
}

void Shard::stop() {
  stopping_.store(true, std::memory_order_seq_cst);
  parking_.wake();
}

LiveWorkflow* Shard::find(std::string_view id) {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : places_[found->second].get();
}

LiveWorkflow* Shard::at(const WorkflowAddress& address) {
  if (address.place >= places_.size()) return nullptr;
  LiveWorkflow* const workflow = places_[address.place].get();
  return workflow != nullptr && workflow->address.generation == address.generation ? workflow : nullptr;
}

LiveWorkflow& Shard::new_place() {
  if (free_places_.empty()) {
    free_places_.push_back(static_cast<std::uint32_t>(places_.size()));
    places_.emplace_back();
  }
  const std::uint32_t place = free_places_.back();
  free_places_.pop_back();
  places_[place] = std::make_unique<LiveWorkflow>();
  places_[place]->address = {.shard = index_, .place = place, .generation = next_generation_++};
  ++environment_.workflow_count;
  return *places_[place];
}

// Looked at here, too: while a policy is being deleted, no workflow comes to refer to it behind the back of who looks
// for such.
Result<void> Shard::check_policies(const Definition& definition) const {
  return definition.policies().empty() ? Result<void>() : environment_.policies.check_known(definition);
}

std::unexpected<Error> Shard::refuse_to_change() {
  return fail(ErrorCode::invalid_state, "the data directory is open to be read only, so nothing can be changed in it");
}

Result<LiveWorkflow*> Shard::create(BoundDefinitionPtr bound, WorkflowFactsPtr facts, bool id_may_be_taken) {
  if (environment_.limits.read_only) return refuse_to_change();
  const std::string& id = facts->id.text();
  Result<bool> taken = find(id) != nullptr;
  *taken |= quarantine_of(id) != nullptr;
  if (!*taken && id_may_be_taken) taken = store_->contains(id);
  if (!taken) return std::unexpected(taken.error());
  if (*taken) return fail(ErrorCode::already_exists, fmt::format("there is a workflow {} already", in_quotes(id)));
  if (Result<void> ok = check_new(*bound, 1); !ok) return std::unexpected(std::move(ok.error()));
  return make(std::move(bound), std::move(facts));
}

// In one commit: there is the former workflow, or the new one.
Result<LiveWorkflow*> Shard::replace(LiveWorkflow& ended, BoundDefinitionPtr bound, WorkflowFactsPtr facts) {
  if (environment_.limits.read_only) return refuse_to_change();
  if (Result<void> removable = check_removable(ended, "replace"); !removable)
    return std::unexpected(std::move(removable.error()));
  if (Result<void> ok = check_new(*bound, 0); !ok) return std::unexpected(std::move(ok.error()));
  auto former = std::make_unique<WorkflowSummary>(summary_of(ended.state));
  forget(ended);
  Result<LiveWorkflow*> made = make(std::move(bound), std::move(facts));
  if (made && store_->is_durable()) group_of(**made, 0, false).replaced = std::move(former);
  return made;
}

// Whether a workflow of this definition may be made, which are so many `more`.
Result<void> Shard::check_new(const BoundDefinition& bound, std::size_t more) const {
  if (environment_.workflow_count + more > environment_.limits.workflows)
    return fail(ErrorCode::limit_exceeded, fmt::format("there are {} workflows already, as many as this engine takes",
                                                       environment_.limits.workflows));
  if (Result<void> ok = check_policies(*bound.definition); !ok) return ok;
  // The store may be another one than when the workflow was prepared.
  return bound.keep_in(*store_);
}

Result<LiveWorkflow*> Shard::make(BoundDefinitionPtr bound, WorkflowFactsPtr facts) {
  LiveWorkflow& workflow = new_place();
  workflow.bound = std::move(bound);
  workflow.time_offset = correction_;
  const std::size_t events_before = open_->turn.events.size();
  workflow.state.facts = facts;  // so that it has a name, whatever happens
  const Result<void> created = guard(workflow, [&] {
    core::Decision decision(workflow.state, {.now = workflow_time(workflow, now_), .policies = catalog_.get()},
                            evaluator_, open_->turn);
    return core::decide(decision, command::CreateWorkflow{std::move(facts)});
  });
  if (!created) return std::unexpected(created.error());
  by_id_.emplace(workflow.state.id(), workflow.address.place);
  close_segment(workflow, events_before, 0, false);
  return &workflow;
}

// The key of by_id_ lives in the facts, and so does what attempts and batches refer to: the former ones are kept, also
// if the workflow breaks in the middle of the change.
Result<void> Shard::change_facts(LiveWorkflow& workflow, const std::function<Result<void>()>& change) {
  const WorkflowFactsPtr former = workflow.state.facts;
  if (workflow.attempts == 0 && workflow.holds == 0) workflow.former_facts.clear();
  workflow.former_facts.push_back(former);
  Result<void> changed = change();
  if (workflow.state.facts == former) {
    workflow.former_facts.pop_back();
  } else if (!workflow.broken) {
    by_id_.erase(former->id.text());
    by_id_.emplace(workflow.state.id(), workflow.address.place);
  }
  return changed;
}

// `command` has facts with this definition, and puts them into force.
Result<void> Shard::exchange_definition(LiveWorkflow& workflow, BoundDefinitionPtr bound, const Command& command) {
  if (environment_.limits.read_only) return refuse_to_change();
  if (Result<void> ok = check_policies(*bound->definition); !ok) return ok;
  if (Result<void> kept = bound->keep_in(*store_); !kept) return kept;
  if (Result<void> done = change_facts(workflow, [&] { return decide(workflow, command); }); !done) return done;
  workflow.bound = std::move(bound);
  return {};
}

Result<void> Shard::redefine(LiveWorkflow& workflow, BoundDefinitionPtr bound, WorkflowFactsPtr facts) {
  return exchange_definition(workflow, std::move(bound), command::RedefineWorkflow{std::move(facts)});
}

// It may have ended meanwhile, and then lives again.
Result<void> Shard::restore(LiveWorkflow& workflow, const command::RestoreWorkflow& snapshot) {
  if (Result<void> ok = check_policies(*snapshot.facts->definition); !ok) return ok;
  if (Result<void> restored = change_facts(workflow, [&] { return decide(workflow, snapshot); }); !restored)
    return restored;
  live_again(workflow);
  return {};
}

Result<void> Shard::revive(LiveWorkflow& workflow, const Command& command) {
  const bool had_ended = is_terminal(workflow.state.state);
  if (had_ended)
    if (Result<void> ok = check_policies(*workflow.bound->definition); !ok) return ok;
  if (Result<void> revived = decide(workflow, command); !revived) return revived;
  if (had_ended && !is_terminal(workflow.state.state)) live_again(workflow);
  return {};
}

// An attempt to undo something may have overrun its timeout and still be out; it will report by the position of its
// action.
bool Shard::moves_open_compensations(const LiveWorkflow& workflow, const Definition& to) const {
  if (workflow.attempts == 0) return false;
  const Definition& from = workflow.state.definition();
  for (TaskIndex action = from.task_count(); action < from.action_count(); ++action)
    if (workflow.state.tasks[action].attempt > 0 && to.compensation_of(from.task_of(action)) != action) return true;
  return false;
}

Result<void> Shard::register_compensation(LiveWorkflow& workflow, BoundDefinitionPtr bound, WorkflowFactsPtr facts) {
  if (moves_open_compensations(workflow, *facts->definition))
    return fail(
        ErrorCode::invalid_state,
        fmt::format("cannot register the compensation: an attempt to undo something of workflow {} may still be "
                    "made; wait for its end",
                    in_quotes(workflow.state.id())));
  return exchange_definition(workflow, std::move(bound), command::RegisterCompensation{std::move(facts)});
}

void Shard::live_again(LiveWorkflow& workflow) {
  workflow.ended = false;
  const bool pending = workflow.state.state == WorkflowState::pending;
  if (!pending && !std::exchange(workflow.placed, true)) workflow.executor = environment_.executors.place_running();
  if (pending && std::exchange(workflow.placed, false)) leave_executor(workflow.executor);
  if (workflow.state.queued) {
    queue_again(workflow);
  } else {
    withdraw(workflow);
  }
}

void Shard::queue_again(LiveWorkflow& workflow) {
  if (workflow.ticket != 0) return;
  const auto place =
      environment_.executors.place_or_queue(workflow.address, workflow.state.facts->priority, workflow.ticket);
  if (place) start_on(workflow, *place);
}

// It no longer waits for a place.
void Shard::withdraw(LiveWorkflow& workflow) {
  if (workflow.ticket == 0) return;
  environment_.executors.withdraw(std::exchange(workflow.ticket, 0), workflow.state.facts->priority);
}

Result<void> Shard::execute(LiveWorkflow& workflow) {
  if (environment_.limits.read_only) return refuse_to_change();
  if (workflow.state.queued) return {};
  if (!core::permitted<command::StartWorkflow>(workflow.state))
    return core::refuse<command::StartWorkflow>(workflow.state);
  const auto place =
      environment_.executors.place_or_queue(workflow.address, workflow.state.facts->priority, workflow.ticket);
  if (!place) return decide(workflow, command::QueueWorkflow{});
  workflow.executor = *place;
  workflow.placed = true;
  return decide(workflow, command::StartWorkflow{});
}

void Shard::start_placed(const Placement& placement) {
  if (down_) return leave_executor(placement.executor);
  LiveWorkflow* const workflow = at(placement.workflow);
  // It may have been cancelled, restored to a time before it was queued, and even forgotten: then its place goes to the
  // next one.
  if (workflow == nullptr || workflow->broken || workflow->state.state != WorkflowState::pending ||
      !workflow->state.queued) {
    leave_executor(placement.executor);
    return;
  }
  withdraw(*workflow);  // it may have been queued a second time
  start_on(*workflow, placement.executor);
}

void Shard::start_on(LiveWorkflow& workflow, ExecutorIndex executor) {
  workflow.executor = executor;
  workflow.placed = true;
  (void)decide(workflow, command::StartWorkflow{});  // refused only to a broken one
}

// This shard needs no slot now, neither one that it was handed over nor one that it was woken for.
void Shard::pass_slots_on() {
  if (const auto other = environment_.slots.pass_on(index_)) environment_.shards[*other]->nudge();
}

void Shard::leave_executor(ExecutorIndex executor) {
  std::ranges::copy(environment_.executors.leave(executor), std::back_inserter(placements_));
}

// A workflow that no longer wants its place passes it on, which adds to the end of the list.
void Shard::deliver_placements() {
  placements_blocked_ = false;
  for (std::size_t left = std::min(placements_.size(), kPlacementsPerTurn); left > 0; --left) {
    const Placement placement = placements_.front();
    placements_.pop_front();
    Shard& shard = *environment_.shards[placement.workflow.shard];
    if (&shard == this) {
      start_placed(placement);
    } else if (!shard.post([placement](Shard& there) { there.start_placed(placement); })) {
      placements_.push_back(placement);  // full: others need not wait for that
      placements_blocked_ = true;
    }
  }
}

Result<void> Shard::command(LiveWorkflow& workflow, const Command& command) { return decide(workflow, command); }

Result<void> Shard::check_removable(const LiveWorkflow& workflow, std::string_view verb) {
  const std::string id = in_quotes(workflow.state.id());
  const WorkflowState state = workflow.broken ? workflow.sound_state : workflow.state.state;
  if (!is_terminal(state))
    return fail(ErrorCode::invalid_state,
                fmt::format("cannot {} workflow {}: it is {}; cancel it first", verb, id, to_string(state)));
  if (workflow.holds > 0 || workflow.attempts > 0)
    return fail(ErrorCode::invalid_state,
                fmt::format("cannot {} workflow {} yet: a handler of it still runs", verb, id));
  return {};
}

Result<void> Shard::remove(const std::string& id) {
  LiveWorkflow* workflow = find(id);
  if (workflow == nullptr && quarantine_of(id) != nullptr) {  // it is found no more, and may be here all the same
    const auto here =
        std::ranges::find_if(places_, [&](const auto& place) { return place && place->state.id() == id; });
    if (here != places_.end()) workflow = here->get();
  }
  if (workflow != nullptr) {
    if (Result<void> removable = check_removable(*workflow, "delete"); !removable) return removable;
    forget(*workflow);
  }
  Result<void> removed;
  if (workflow == nullptr || store_->is_durable()) removed = store_->remove_workflow(id);
  if (removed) std::erase_if(quarantined_, [&](const Quarantined& each) { return each.id == id; });
  return removed;
}

void Shard::when_ended(LiveWorkflow& workflow, const std::shared_ptr<EndWaiter>& waiter) {
  if (workflow.ended) {
    waiter->ended(std::make_shared<const core::Workflow>(workflow.state));
    return;
  }
  EndWaiters& waiters = waiters_[workflow.address.place];
  // Those who gave up are dropped before the list would grow: someone may wait in small portions for days.
  if (waiters.size() == waiters.capacity()) std::erase_if(waiters, [](const auto& each) { return each.expired(); });
  waiters.push_back(waiter);
}

void Shard::for_each_workflow(const std::function<bool(const LiveWorkflow&)>& visit) const {
  for (const auto& workflow : places_)
    if (workflow && !workflow->broken && !visit(*workflow)) return;
}

void Shard::forget(LiveWorkflow& workflow) {
  const std::uint32_t place = workflow.address.place;
  if (!workflow.broken) by_id_.erase(workflow.state.id());
  --environment_.workflow_count;
  places_[place].reset();
  free_places_.push_back(place);
}

// What the store keeps need not be remembered.
void Shard::forget_oldest_finished() {
  const std::size_t most = store_->is_durable() ? 0 : environment_.limits.finished;
  std::size_t held_up = 0;
  while (finished_.size() > most && held_up < finished_.size()) {
    const Finished oldest = finished_.front();
    finished_.pop_front();
    LiveWorkflow* const workflow = at(oldest.workflow);
    // Deleted by request, or revived since.
    if (workflow == nullptr || !workflow->ended || workflow->end_event != oldest.end_event) continue;
    if (workflow->holds > 0 || workflow->attempts > 0) {  // a handler that did not stop in time still refers to it
      finished_.push_back(oldest);
      ++held_up;
      continue;
    }
    forget(*workflow);
  }
}

}  // namespace pawl
