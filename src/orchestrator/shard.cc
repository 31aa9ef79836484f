#include "orchestrator/shard.h"

#include <algorithm>
#include <thread>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"
#include "orchestrator/shard_decide.h"

namespace pawl {
namespace {

// How long an idle shard spins before it sleeps; see base/parking.h.
constexpr std::chrono::microseconds kSpin(50);

thread_local const Shard* t_shard = nullptr;

}  // namespace

Shard::Shard(std::uint32_t index, const ShardEnvironment& environment, std::uint64_t seed)
    : index_(index),
      environment_(environment),
      inbox_(environment.inbox_capacity),
      now_(environment.clock.now()),
      random_(seed),
      open_(std::make_unique<Batch>()) {}

Shard::~Shard() = default;

const Shard* Shard::of_this_thread() { return t_shard; }

bool Shard::post(ShardCall call) {
  ShardMessage message(std::move(call));
  if (!inbox_.try_push(message)) return false;
  parking_.wake();
  return true;
}

void Shard::finished(FinishedAttempt attempt) {
  if (t_shard == this) {
    made_here_.push_back(std::move(attempt));
    return;
  }
  ShardMessage message(std::move(attempt));
  while (!inbox_.try_push(message)) {
    if (stopping_.load(std::memory_order_relaxed)) return;
    std::this_thread::yield();
  }
  parking_.wake();
}

void Shard::committed(std::uint64_t sequence, Result<void> outcome) {
  PAWL_ASSERT(outcome.has_value(), "shard {} batch {}: {}", index_, sequence, outcome.error().message);
  durable_.store(sequence, std::memory_order_seq_cst);
  if (t_shard != this) parking_.wake();
}

void Shard::nudge() {
  nudged_.store(true, std::memory_order_seq_cst);
  parking_.wake();
}

void Shard::run() {
  t_shard = this;
  while (!stopping_.load(std::memory_order_relaxed)) {
    if (turn()) continue;
    std::optional<Parking::Clock::time_point> until;
    if (const auto due = timers_.next_due()) until = Parking::Clock::now() + (*due - environment_.clock.now());
    const std::uint64_t durable = durable_.load(std::memory_order_relaxed);
    parking_.wait(until, kSpin, [&] {
      return !inbox_.empty() || nudged_.load(std::memory_order_seq_cst) || stopping_.load(std::memory_order_seq_cst) ||
             durable_.load(std::memory_order_seq_cst) != durable;
    });
  }
  t_shard = nullptr;
}

void Shard::stop() {
  stopping_.store(true, std::memory_order_seq_cst);
  parking_.wake();
}

bool Shard::turn() {
  now_ = environment_.clock.now();
  if (nudged_.load(std::memory_order_relaxed)) nudged_.store(false, std::memory_order_seq_cst);
  bool busy = drain();
  busy |= fire_timers();
  deliver_placements();
  schedule();
  if (!open_->empty()) {
    commit();
    busy = true;
  }
  busy |= release_durable();
  return busy || !made_here_.empty() || !placements_.empty();
}

void Shard::reply_when_durable(std::move_only_function<void()> reply) { open_->replies.push_back(std::move(reply)); }

LiveWorkflow* Shard::find(std::string_view id) {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : places_[found->second].get();
}

LiveWorkflow* Shard::at(const WorkflowAddress& address) {
  LiveWorkflow* const workflow = places_[address.place].get();
  return workflow != nullptr && workflow->address.generation == address.generation ? workflow : nullptr;
}

Result<void> Shard::create(BoundDefinitionPtr bound, WorkflowFactsPtr facts) {
  if (find(facts->id.text()) != nullptr)
    return fail(ErrorCode::already_exists, fmt::format("there is a workflow {} already", in_quotes(facts->id.text())));
  if (environment_.workflow_count.fetch_add(1) >= environment_.max_workflows) {
    --environment_.workflow_count;
    return fail(ErrorCode::limit_exceeded, fmt::format("there are {} workflows already, as many as this engine takes",
                                                       environment_.max_workflows));
  }
  if (free_places_.empty()) {
    free_places_.push_back(static_cast<std::uint32_t>(places_.size()));
    places_.emplace_back();
  }
  const std::uint32_t place = free_places_.back();
  free_places_.pop_back();
  places_[place] = std::make_unique<LiveWorkflow>();
  LiveWorkflow& workflow = *places_[place];
  workflow.bound = std::move(bound);
  workflow.address = {.shard = index_, .place = place, .generation = next_generation_++};

  const std::size_t events_before = open_->turn.events.size();
  core::Decision decision(workflow.state, {.now = now_}, evaluator_, open_->turn);
  core::create(decision, std::move(facts));
  by_id_.emplace(workflow.state.id(), place);
  close_segment(workflow, events_before, 0);
  return {};
}

Result<void> Shard::redefine(LiveWorkflow& workflow, BoundDefinitionPtr bound, WorkflowFactsPtr facts) {
  const std::size_t events_before = open_->turn.events.size();
  const std::uint64_t first_event = workflow.state.event_count;
  const WorkflowFactsPtr old_facts = workflow.state.facts;  // the key of by_id_ lives in them
  core::Decision decision(workflow.state, {.now = now_}, evaluator_, open_->turn);
  if (Result<void> redefined = core::redefine(decision, std::move(facts)); !redefined) return redefined;
  by_id_.erase(old_facts->id.text());
  by_id_.emplace(workflow.state.id(), workflow.address.place);
  workflow.bound = std::move(bound);
  close_segment(workflow, events_before, first_event);
  return {};
}

Result<void> Shard::execute(LiveWorkflow& workflow) {
  if (workflow.state.queued) return {};
  if (!core::permitted<command::StartWorkflow>(workflow.state.state))
    return core::refuse<command::StartWorkflow>(workflow.state);
  const auto place = environment_.executors.place_or_queue(workflow.address, workflow.state.facts->priority);
  if (!place) return decide(workflow, command::QueueWorkflow{});
  workflow.executor = *place;
  workflow.placed = true;
  return decide(workflow, command::StartWorkflow{});
}

void Shard::start_placed(const Placement& placement) {
  LiveWorkflow* const workflow = at(placement.workflow);
  // It may have been cancelled, and even forgotten, while it was queued: then its place goes to the next one.
  if (workflow == nullptr || workflow->state.state != WorkflowState::pending) {
    leave_executor(placement.executor);
    return;
  }
  workflow->executor = placement.executor;
  workflow->placed = true;
  const Result<void> started = decide(*workflow, command::StartWorkflow{});
  PAWL_ASSERT(started.has_value(), "{}", started.error().message);
}

void Shard::leave_executor(ExecutorIndex executor) {
  std::ranges::copy(environment_.executors.leave(executor), std::back_inserter(placements_));
}

// A workflow that no longer wants its place passes it on, which adds to the end of the list.
void Shard::deliver_placements() {
  while (!placements_.empty()) {
    const Placement placement = placements_.front();
    Shard& shard = *environment_.shards[placement.workflow.shard];
    if (&shard == this) {
      placements_.pop_front();
      start_placed(placement);
    } else {
      if (!shard.post([placement](Shard& there) { there.start_placed(placement); })) return;  // full: next turn
      placements_.pop_front();
    }
  }
}

Result<void> Shard::command(LiveWorkflow& workflow, const Command& command) { return decide(workflow, command); }

Result<void> Shard::remove(LiveWorkflow& workflow) {
  if (!is_terminal(workflow.state.state))
    return fail(ErrorCode::invalid_state, fmt::format("cannot delete workflow {}: it is {}; cancel it first",
                                                      workflow.state.id(), to_string(workflow.state.state)));
  if (workflow.holds > 0)
    return fail(ErrorCode::invalid_state,
                fmt::format("cannot delete workflow {} yet: a handler of it still runs", workflow.state.id()));
  forget(workflow);
  return {};
}

void Shard::when_ended(LiveWorkflow& workflow, const std::shared_ptr<EndWaiter>& waiter) {
  if (workflow.ended) {
    waiter->ended(workflow.state);
    return;
  }
  std::vector<std::weak_ptr<EndWaiter>>& waiters = waiters_[workflow.address.place];
  // Those who gave up are dropped before the list would grow: someone may wait in small portions for days.
  if (waiters.size() == waiters.capacity()) std::erase_if(waiters, [](const auto& each) { return each.expired(); });
  waiters.push_back(waiter);
}

void Shard::for_each_workflow(const std::function<void(const LiveWorkflow&)>& visit) const {
  for (const auto& workflow : places_)
    if (workflow) visit(*workflow);
}

void Shard::forget(LiveWorkflow& workflow) {
  const std::uint32_t place = workflow.address.place;
  by_id_.erase(workflow.state.id());
  --environment_.workflow_count;
  places_[place].reset();
  free_places_.push_back(place);
}

void Shard::forget_oldest_finished() {
  std::size_t held_up = 0;
  while (finished_.size() > environment_.max_finished && held_up < finished_.size()) {
    const WorkflowAddress oldest = finished_.front();
    finished_.pop_front();
    LiveWorkflow* const workflow = at(oldest);
    if (workflow == nullptr) continue;  // deleted by request
    if (workflow->holds > 0) {          // a handler that did not stop in time still refers to it
      finished_.push_back(oldest);
      ++held_up;
      continue;
    }
    forget(*workflow);
  }
}

}  // namespace pawl
