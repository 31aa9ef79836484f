#include "orchestrator/shard/commit_pipeline.h"

#include <algorithm>
#include <utility>

#include "core/stored_state.h"
#include "model/actor.h"
#include "model/event_rows.h"
#include "orchestrator/report.h"

namespace pawl {
namespace {

// Of these actions, or of all.
std::unique_ptr<LetterChanges> letter_changes(const core::Workflow& state, const std::vector<ActionId>& actions,
                                              bool anew) {
  auto letters = std::make_unique<LetterChanges>();
  letters->anew = anew;
  const auto add = [&](ActionId action) {
    if (auto letter = letter_of(state, action)) {
      letters->changes.push_back({.letter = *std::move(letter), .removed = false});
    } else if (!anew) {
      letters->changes.push_back({.letter = {.id = letter_id(state, action)}, .removed = true});
    }
  };
  if (anew) {
    core::for_each_action(state, [&](ActionId action, const core::TaskRecord&) { add(action); });
  } else {
    std::ranges::for_each(actions, add);
  }
  return letters;
}

// Of a broken workflow what was decided before it broke is stored; what its state says is not to be trusted.
void complete_broken(WorkflowChange& commit, const Batch::Group& group) {
  const core::Workflow& state = group.workflow->state;
  const WorkflowState sound = group.workflow->sound_state;
  if (commit.first_event != 0 && is_terminal(sound) == group.was_terminal) return;
  commit.summary = std::make_unique<WorkflowSummary>(summary_of(state));
  commit.summary->status.state = sound;
}

}  // namespace

CommitPipeline::CommitPipeline(std::uint32_t shard, const ShardEnvironment& environment, std::function<void()> settled)
    : shard_(shard),
      limits_(environment.limits),
      most_in_flight_(environment.limits.commits),
      letter_count_(environment.letter_count),
      settled_(std::move(settled)),
      open_(std::make_unique<Batch>()) {}

void CommitPipeline::use_store(Store& store, Epoch epoch) {
  store_ = &store;
  epoch_ = epoch;
  life_.fetch_add(1, std::memory_order_release);
}

Batch::Group& CommitPipeline::group_of(LiveWorkflow& workflow, const Before& before) {
  const std::uint64_t batch = last_sequence_ + 1;
  if (workflow.batch != batch) {
    workflow.batch = batch;
    workflow.group = static_cast<std::uint32_t>(open_->groups.size());
    open_->groups.push_back({.workflow = Pin(workflow),
                             .first_event = before.event_count,
                             .was_terminal = before.was_terminal,
                             .replaced = nullptr});
  }
  return open_->groups[workflow.group];
}

// The place of who asks among the actors of the open batch. Mostly it is one for the whole turn.
std::uint32_t CommitPipeline::asking() {
  if (asking_ == nullptr) return 0;
  std::vector<std::string>& actors = open_->actors;
  if (!is_text_of(*asking_, actors.back())) actors.push_back(to_string(*asking_));
  return static_cast<std::uint32_t>(actors.size() - 1);
}

// Lost in a crash, these are decided again. Once a process has crashed, which may be an attempt's doing, starts are
// counted.
bool CommitPipeline::may_ride(const LiveWorkflow& workflow, std::span<const Event> events) const {
  if (starts_bind_ || workflow.waits_for > released_ || events.empty()) return false;
  return std::ranges::all_of(events,
                             [](const Event& event) { return contains(kinds_where(&EventRow::rides_along), event); });
}

bool CommitPipeline::add(LiveWorkflow& workflow, const Before& before) {
  const core::Turn& turn = open_->turn;
  const auto events_end = static_cast<std::uint32_t>(turn.events.size());
  const auto effects_end = static_cast<std::uint32_t>(turn.effects.size());
  std::vector<Batch::Segment>& segments = open_->segments;
  const std::uint32_t effects_before = segments.empty() ? 0 : segments.back().effects_end;
  if (events_end == before.events && effects_end == effects_before) return false;
  if (is_terminal(workflow.state.state)) note_end(workflow, effects_before);
  const bool rides = store_->is_durable() && may_ride(workflow, events_since(before));
  if (rides) open_->has_riders = true;
  if (!rides) workflow.waits_for = last_sequence_ + 1;
  const WorkflowFacts* const facts = workflow.state.facts.get();
  const std::uint32_t by = asking();
  if (!segments.empty() && segments.back().workflow.get() == &workflow && segments.back().facts == facts &&
      segments.back().by == by) {
    segments.back().events_end = events_end;
    segments.back().effects_end = effects_end;
    segments.back().rides &= rides;
  } else {
    segments.push_back({.workflow = Pin(workflow),
                        .facts = facts,
                        .events_end = events_end,
                        .effects_end = effects_end,
                        .by = by,
                        .rides = rides});
    if (store_->is_durable()) ++group_of(workflow, before).pieces;
  }
  note_changes(workflow, store_->is_durable() ? &group_of(workflow, before) : nullptr, events_since(before));
  return true;
}

void CommitPipeline::note_end(LiveWorkflow& workflow, std::size_t effects_before) {
  const std::vector<Effect>& effects = open_->turn.effects;
  for (std::size_t i = effects_before; i < effects.size(); ++i)
    if (const auto* ended = std::get_if<effect::EndWorkflow>(&effects[i])) workflow.end_event = ended->event_count;
}

// Which dead letters these events make, and which they make no more; and whether the workflow executes another
// definition.
void CommitPipeline::note_changes(LiveWorkflow& workflow, Batch::Group* group, std::span<const Event> events) {
  for (const Event& event : events) {
    const EventRow& row = row_of(event);
    if (row.dead_letters == DeadLetters::may_gain_one) {
      if (!workflow.state.is_dead_letter(*action_of(event))) continue;
      ++letter_count_;
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

void CommitPipeline::take_back() {
  core::Turn& turn = open_->turn;
  const bool none = open_->segments.empty();
  turn.events.erase(turn.events.begin() + (none ? 0 : open_->segments.back().events_end), turn.events.end());
  turn.effects.erase(turn.effects.begin() + (none ? 0 : open_->segments.back().effects_end), turn.effects.end());
}

void CommitPipeline::save(LiveWorkflow& workflow) {
  group_of(workflow, {.event_count = workflow.state.event_count}).save = true;
}

void CommitPipeline::replace(LiveWorkflow& workflow, std::unique_ptr<WorkflowSummary> former) {
  if (store_->is_durable()) group_of(workflow, {}).replaced = std::move(former);
}

WorkflowChange CommitPipeline::commit_of_all(LiveWorkflow& workflow) {
  const std::uint64_t event_count = workflow.state.event_count;
  WorkflowChange commit{.facts = workflow.state.facts.get(),
                        .first_event = event_count,
                        .events = {},
                        .by = {},
                        .checkpoint = {},
                        .summary = {}};
  complete(
      commit,
      {.workflow = Pin(workflow), .first_event = event_count, .save = true, .letters_anew = true, .replaced = nullptr});
  return commit;
}

// nullptr: it adds no fact, as nothing does in memory, and only waits for those before it.
Batch* CommitPipeline::seal() {
  open_->sequence = ++last_sequence_;
  if (store_->is_durable()) assemble(*open_);
  const bool is_bare = open_->commits.empty() && open_->records.empty();
  if (is_bare) open_->sequence = in_flight_.empty() ? durable_.load() : in_flight_.back()->sequence;
  if (spare_.empty()) spare_.push_back(std::make_unique<Batch>());  // there is always an open one, also if this throws
  in_flight_.push_back(std::move(open_));
  open_ = std::move(spare_.back());
  spare_.pop_back();
  return is_bare ? nullptr : in_flight_.back().get();
}

// What the store is told, a workflow at a time; its events may be spread over the turn.
void CommitPipeline::assemble(Batch& batch) {
  batch.pieces.resize(batch.segments.size());
  if (batch.actors.size() > 1) batch.by.resize(batch.segments.size());
  std::uint32_t begin = 0;
  for (Batch::Group& group : batch.groups) {
    batch.commits.push_back({.facts = group.workflow->state.facts.get(),
                             .first_event = group.first_event,
                             .events = std::span(batch.pieces).subspan(begin, 0),
                             .by = {},
                             .checkpoint = {},
                             .summary = nullptr,
                             .replaced = std::move(group.replaced)});
    begin += group.pieces;
  }
  batch.for_each_segment([&](const Batch::Segment& segment, std::span<const Event> events, std::span<const Effect>) {
    if (events.empty()) return;  // effects only
    WorkflowChange& commit = batch.commits[segment.workflow->group];
    const auto begin_of_all = static_cast<std::size_t>(commit.events.data() - batch.pieces.data());
    const std::size_t piece = begin_of_all + commit.events.size();
    batch.pieces[piece] = events;
    commit.events = std::span(batch.pieces).subspan(begin_of_all, commit.events.size() + 1);
    if (batch.by.empty()) return;
    batch.by[piece] = batch.actors[segment.by];
    commit.by = std::span(batch.by).subspan(begin_of_all, commit.events.size());
  });
  for (std::size_t i = 0; i < batch.groups.size(); ++i) {
    in_hand_ = batch.groups[i].workflow.get();
    complete(batch.commits[i], batch.groups[i]);
  }
  in_hand_ = nullptr;
  std::erase_if(batch.commits, [](const WorkflowChange& commit) {
    return commit.events.empty() && commit.checkpoint.empty() && !commit.summary && !commit.letters;
  });
  for (std::unique_ptr<Removal>& removal : batch.removals) batch.commits.push_back({.removal = std::move(removal)});
}

void CommitPipeline::complete(WorkflowChange& commit, const Batch::Group& group) {
  LiveWorkflow& workflow = *group.workflow;
  if (workflow.broken) [[unlikely]]
    return complete_broken(commit, group);
  const core::Workflow& state = workflow.state;
  const bool terminal = is_terminal(state.state);
  if (commit.first_event == 0 || terminal != group.was_terminal || group.save || group.summary)
    commit.summary = std::make_unique<WorkflowSummary>(summary_of(state));
  if (group.letters_anew || group.save || !group.letters.empty())
    commit.letters = letter_changes(state, group.letters, group.letters_anew || group.save);
  const std::uint64_t interval = std::max<std::uint64_t>(limits_.checkpoint_events, 2 * state.tasks.size());
  const bool due = !terminal && state.event_count - workflow.checkpoint >= interval;
  if (!due && !group.save) return;
  commit.checkpoint = core::encode_state(state);
  if (commit.checkpoint.empty()) return;  // more than fits into one
  workflow.checkpoint = state.event_count;
  if (due && state.event_count > limits_.history_events)
    commit.history_from = state.event_count - limits_.history_events;
}

void CommitPipeline::committed(std::uint64_t sequence, Result<void> outcome) {
  if (outcome) {
    durable_.store(sequence, std::memory_order_seq_cst);
  } else {
    const MutexLock lock(failure_mutex_);
    if (sequence <= abandoned_) return;  // reset() knows already
    if (!failure_) failure_ = std::move(outcome.error());
    failed_.store(true, std::memory_order_seq_cst);
  }
  settled_();
}

void CommitPipeline::break_off(const Error& why) {
  const MutexLock lock(failure_mutex_);
  if (!failure_) failure_ = why;
  failed_.store(true, std::memory_order_seq_cst);
}

Batch* CommitPipeline::next_durable() {
  if (in_flight_.empty() || in_flight_.front()->sequence > durable_.load(std::memory_order_acquire)) return nullptr;
  releasing_ = in_flight_.front()->sequence;
  return in_flight_.front().get();
}

void CommitPipeline::done() {
  std::unique_ptr<Batch> batch = std::move(in_flight_.front());
  in_flight_.pop_front();
  released_ = batch->sequence;
  batch->clear();
  spare_.push_back(std::move(batch));
}

Result<void> CommitPipeline::check() const {
  if (!failed_.load(std::memory_order_acquire)) [[likely]]
    return {};
  const MutexLock lock(failure_mutex_);
  return std::unexpected(*failure_);
}

void CommitPipeline::answer_in_flight(const Error& why) {
  const std::uint64_t durable = durable_.load();
  for (const auto& batch : in_flight_) batch->reply(batch->sequence <= durable ? nullptr : &why);
}

void CommitPipeline::reset() {
  in_flight_.clear();
  open_->clear();
  in_hand_ = nullptr;
  const MutexLock lock(failure_mutex_);
  failure_.reset();
  abandoned_ = ++last_sequence_;  // the open batch's, too: what has a number of before is not in a later one
  failed_ = false;
}

void CommitPipeline::abandon() {
  for (const auto& batch : in_flight_) batch->abandon();
  open_->abandon();
  reset();
}

}  // namespace pawl
