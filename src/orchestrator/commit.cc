// The commit pipeline: a turn's events go to the store as one batch; its effects and replies wait until it is durable.
#include <algorithm>
#include <utility>

#include "core/stored_state.h"
#include "model/event_rows.h"
#include "orchestrator/report.h"
#include "orchestrator/shard.h"

namespace pawl {
namespace {

// Of these actions, or of all.
std::unique_ptr<LetterChanges> letter_changes(const core::Workflow& state, const std::vector<TaskIndex>& actions,
                                              bool anew) {
  auto letters = std::make_unique<LetterChanges>();
  letters->anew = anew;
  const auto add = [&](TaskIndex action) {
    if (auto letter = letter_of(state, action)) {
      letters->changes.push_back({.letter = *std::move(letter), .removed = false});
    } else if (!anew) {
      letters->changes.push_back({.letter = {.id = letter_id(state, action)}, .removed = true});
    }
  };
  if (anew) {
    for (TaskIndex action = 0; action < state.tasks.size(); ++action) add(action);
  } else {
    std::ranges::for_each(actions, add);
  }
  return letters;
}

}  // namespace

void Shard::Batch::clear() {
  turn.events.clear();
  turn.effects.clear();
  segments.clear();
  groups.clear();
  pieces.clear();
  commits.clear();
  replies.clear();
  has_riders = false;
}

Shard::Batch::Group& Shard::group_of(LiveWorkflow& workflow, std::uint64_t first_event, bool was_terminal) {
  const std::uint64_t batch = last_sequence_ + 1;
  if (workflow.batch != batch) {
    workflow.batch = batch;
    workflow.group = static_cast<std::uint32_t>(open_->groups.size());
    open_->groups.push_back({.workflow = &workflow,
                             .first_event = first_event,
                             .was_terminal = was_terminal,
                             .save = false,
                             .summary = false,
                             .pieces = 0,
                             .letters_anew = false,
                             .letters = {},
                             .replaced = nullptr});
    ++workflow.holds;
  }
  return open_->groups[workflow.group];
}

// Lost in a crash, these are decided again. Once a process has crashed, which may be an attempt's doing, starts are
// counted.
bool Shard::ride_along(const LiveWorkflow& workflow, std::span<const Event> events) const {
  if (starts_bind_ || workflow.waits_for > released_ || events.empty()) return false;
  return std::ranges::all_of(events,
                             [](const Event& event) { return contains(kinds_where(&EventRow::rides_along), event); });
}

void Shard::close_segment(LiveWorkflow& workflow, std::size_t events_before, std::uint64_t first_event,
                          bool was_terminal) {
  const core::Turn& turn = open_->turn;
  const auto events_end = static_cast<std::uint32_t>(turn.events.size());
  const auto effects_end = static_cast<std::uint32_t>(turn.effects.size());
  std::vector<Batch::Segment>& segments = open_->segments;
  const std::uint32_t effects_before = segments.empty() ? 0 : segments.back().effects_end;
  if (events_end == events_before && effects_end == effects_before) return;
  if (is_terminal(workflow.state.state)) note_end(workflow, effects_before);
  const bool rides = store_->is_durable() && ride_along(workflow, std::span(turn.events).subspan(events_before));
  if (rides) open_->has_riders = true;
  if (!rides) workflow.waits_for = last_sequence_ + 1;
  const WorkflowFacts* const facts = workflow.state.facts.get();
  if (!segments.empty() && segments.back().workflow == &workflow && segments.back().facts == facts) {
    segments.back().events_end = events_end;
    segments.back().effects_end = effects_end;
    segments.back().rides &= rides;
  } else {
    ++workflow.holds;
    segments.push_back(
        {.workflow = &workflow, .facts = facts, .events_end = events_end, .effects_end = effects_end, .rides = rides});
    if (store_->is_durable()) ++group_of(workflow, first_event, was_terminal).pieces;
  }
  note_changes(workflow, store_->is_durable() ? &group_of(workflow, first_event, was_terminal) : nullptr,
               std::span<const Event>(turn.events).subspan(events_before));
  enqueue_if_ready(workflow);
}

void Shard::note_end(LiveWorkflow& workflow, std::size_t effects_before) {
  const std::vector<Effect>& effects = open_->turn.effects;
  for (std::size_t i = effects_before; i < effects.size(); ++i)
    if (const auto* ended = std::get_if<effect::EndWorkflow>(&effects[i])) workflow.end_event = ended->event_count;
}

// Which dead letters these events make, and which they make no more; and whether the workflow executes another
// definition.
void Shard::note_changes(LiveWorkflow& workflow, Batch::Group* group, std::span<const Event> events) {
  for (const Event& event : events) {
    const EventRow& row = row_of(event);
    if (row.dead_letters == DeadLetters::may_gain_one) {
      if (!workflow.state.is_dead_letter(*action_of(event))) continue;
      ++environment_.letter_count;
    }
    if (group == nullptr) continue;
    if (row.dead_letters == DeadLetters::any) {
      group->letters_anew = true;
    } else if (row.dead_letters != DeadLetters::unchanged) {
      group->letters.push_back(*action_of(event));
    }
    group->summary |= row.changes_summary;
  }
}

void Shard::commit() {
  open_->sequence = ++last_sequence_;
  if (store_->is_durable()) assemble(*open_);
  // What adds no fact, as nothing does in memory, only waits for those before it.
  const bool is_bare = open_->commits.empty();
  if (is_bare) open_->sequence = in_flight_.empty() ? durable_.load() : in_flight_.back()->sequence;
  in_flight_.push_back(std::move(open_));
  if (spare_.empty()) spare_.push_back(std::make_unique<Batch>());
  open_ = std::move(spare_.back());
  spare_.pop_back();
  if (is_bare) return;
  Batch& batch = *in_flight_.back();
  if (batch.has_riders) release_segments(batch, true);
  store_->commit({.epoch = epoch_, .sequence = batch.sequence, .workflows = batch.commits}, *this);
}

// What the store is told, a workflow at a time; its events may be spread over the turn.
void Shard::assemble(Batch& batch) {
  batch.pieces.resize(batch.segments.size());
  std::uint32_t begin = 0;
  for (Batch::Group& group : batch.groups) {
    batch.commits.push_back({.facts = group.workflow->state.facts.get(),
                             .first_event = group.first_event,
                             .events = std::span(batch.pieces).subspan(begin, 0),
                             .checkpoint = {},
                             .summary = nullptr,
                             .replaced = std::move(group.replaced)});
    begin += group.pieces;
  }
  std::uint32_t event = 0;
  for (const Batch::Segment& segment : batch.segments) {
    const std::uint32_t first = std::exchange(event, segment.events_end);
    if (first == segment.events_end) continue;  // effects only
    auto& pieces = batch.commits[segment.workflow->group].events;
    pieces = std::span(pieces.data(), pieces.size() + 1);
    batch.pieces[static_cast<std::size_t>(pieces.data() - batch.pieces.data()) + pieces.size() - 1] =
        std::span<const Event>(batch.turn.events).subspan(first, segment.events_end - first);
  }
  for (std::size_t i = 0; i < batch.groups.size(); ++i) {
    in_hand_ = batch.groups[i].workflow;
    complete_commit(batch.commits[i], batch.groups[i]);
  }
  in_hand_ = nullptr;
  std::erase_if(batch.commits, [](const WorkflowCommit& commit) {
    return commit.events.empty() && commit.checkpoint.empty() && !commit.summary && !commit.letters;
  });
}

void Shard::complete_commit(WorkflowCommit& commit, const Batch::Group& group) {
  LiveWorkflow& workflow = *group.workflow;
  if (workflow.broken) [[unlikely]]
    return complete_broken(commit, group);
  const core::Workflow& state = workflow.state;
  const bool terminal = is_terminal(state.state);
  if (commit.first_event == 0 || terminal != group.was_terminal || group.save || group.summary)
    commit.summary = std::make_unique<WorkflowSummary>(summary_of(state));
  if (group.letters_anew || group.save || !group.letters.empty())
    commit.letters = letter_changes(state, group.letters, group.letters_anew || group.save);
  const std::uint64_t interval = std::max<std::uint64_t>(environment_.limits.checkpoint_events, 2 * state.tasks.size());
  const bool due = !terminal && state.event_count - workflow.checkpoint >= interval;
  if (!due && !group.save) return;
  commit.checkpoint = core::encode_state(state);
  if (commit.checkpoint.empty()) return;  // more than fits into one
  workflow.checkpoint = state.event_count;
  if (due && state.event_count > environment_.limits.history_events)
    commit.history_from = state.event_count - environment_.limits.history_events;
}

// What was decided on it before it broke is stored; what its state says is not to be trusted.
void Shard::complete_broken(WorkflowCommit& commit, const Batch::Group& group) {
  const core::Workflow& state = group.workflow->state;
  const WorkflowState sound = group.workflow->sound_state;
  if (commit.first_event != 0 && is_terminal(sound) == group.was_terminal) return;
  commit.summary = std::make_unique<WorkflowSummary>(summary_of(state));
  commit.summary->status.state = sound;
}

void Shard::committed(std::uint64_t sequence, Result<void> outcome) {
  if (outcome) {
    durable_.store(sequence, std::memory_order_seq_cst);
  } else {
    const std::lock_guard lock(failure_mutex_);
    if (sequence <= abandoned_) return;  // reset() knows already
    if (!failure_) failure_ = std::move(outcome.error());
    failed_.store(true, std::memory_order_seq_cst);
  }
  if (of_this_thread() != this) parking_.wake();
}

Result<bool> Shard::release_durable() {
  bool released = false;
  const std::uint64_t durable = durable_.load(std::memory_order_acquire);
  while (!in_flight_.empty() && in_flight_.front()->sequence <= durable) {
    releasing_ = in_flight_.front()->sequence;
    // It stays there until all is released: whoever waits for a reply gets one even if something breaks meanwhile.
    release(*in_flight_.front());
    std::unique_ptr<Batch> batch = std::move(in_flight_.front());
    in_flight_.pop_front();
    released_ = batch->sequence;
    batch->clear();
    spare_.push_back(std::move(batch));
    released = true;
  }
  if (failed_.load(std::memory_order_acquire)) [[unlikely]] {
    const std::lock_guard lock(failure_mutex_);
    return std::unexpected(*failure_);
  }
  return released;
}

void Shard::release(Batch& batch) {
  release_segments(batch, false);
  for (const Batch::Segment& segment : batch.segments) --segment.workflow->holds;
  for (const Batch::Group& group : batch.groups) --group.workflow->holds;
  batch.segments.clear();  // from here on nothing keeps those workflows where they are
  batch.groups.clear();
  forget_oldest_finished();  // before anyone hears of an end, who may count on the room that it makes
  tell_ends();
  for (ShardReply& reply : batch.replies) std::exchange(reply, nullptr)(nullptr);
}

void Shard::release_segments(Batch& batch, bool early) {
  const EventKinds wanted = early ? 0 : environment_.observer.wanted();
  std::uint32_t events_end = 0;
  std::uint32_t effects_end = 0;
  for (const Batch::Segment& segment : batch.segments) {
    std::uint32_t event = std::exchange(events_end, segment.events_end);
    std::uint32_t effect = std::exchange(effects_end, segment.effects_end);
    LiveWorkflow& workflow = *segment.workflow;
    for (; wanted != 0 && event < segment.events_end; ++event)
      if (contains(wanted, batch.turn.events[event]))
        environment_.observer.happened(*segment.facts, batch.turn.events[event]);
    if (segment.rides != early) continue;
    for (; effect < segment.effects_end; ++effect) release_guarded(workflow, batch.turn.effects[effect]);
  }
  flush_assignments();
}

void Shard::reply_when_durable(ShardReply reply) { open_->replies.push_back(std::move(reply)); }

}  // namespace pawl
