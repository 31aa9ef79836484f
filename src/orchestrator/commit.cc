// The commit pipeline: a turn's events go to the store as one batch; its effects and replies wait until it is durable.
#include "base/assert.h"
#include "orchestrator/shard.h"

namespace pawl {

void Shard::Batch::clear() {
  turn.events.clear();
  turn.effects.clear();
  segments.clear();
  runs.clear();
  replies.clear();
}

void Shard::close_segment(LiveWorkflow& workflow, std::size_t events_before, std::uint64_t first_event) {
  const core::Turn& turn = open_->turn;
  if (turn.events.size() == events_before) return;
  const auto events_end = static_cast<std::uint32_t>(turn.events.size());
  const auto effects_end = static_cast<std::uint32_t>(turn.effects.size());
  if (!open_->segments.empty() && open_->segments.back().workflow == &workflow) {
    open_->segments.back().events_end = events_end;
    open_->segments.back().effects_end = effects_end;
  } else {
    ++workflow.holds;
    open_->segments.push_back(
        {.workflow = &workflow, .first_event = first_event, .events_end = events_end, .effects_end = effects_end});
  }
  enqueue_if_ready(workflow);
}

void Shard::commit() {
  open_->sequence = ++last_sequence_;
  std::uint32_t begin = 0;
  for (const Batch::Segment& segment : open_->segments) {
    open_->runs.push_back({.facts = segment.workflow->state.facts.get(),
                           .first = segment.first_event,
                           .events = std::span(open_->turn.events).subspan(begin, segment.events_end - begin)});
    begin = segment.events_end;
  }
  in_flight_.push_back(std::move(open_));
  if (spare_.empty()) spare_.push_back(std::make_unique<Batch>());
  open_ = std::move(spare_.back());
  spare_.pop_back();
  const Batch& batch = *in_flight_.back();
  environment_.store.commit({.sequence = batch.sequence, .runs = batch.runs}, *this);
}

bool Shard::release_durable() {
  bool released = false;
  const std::uint64_t durable = durable_.load(std::memory_order_acquire);
  while (!in_flight_.empty() && in_flight_.front()->sequence <= durable) {
    std::unique_ptr<Batch> batch = std::move(in_flight_.front());
    in_flight_.pop_front();
    release(*batch);
    batch->clear();
    spare_.push_back(std::move(batch));
    released = true;
  }
  return released;
}

void Shard::release(Batch& batch) {
  const EventKinds wanted = environment_.observer.wanted();
  std::uint32_t event = 0;
  std::uint32_t effect = 0;
  for (const Batch::Segment& segment : batch.segments) {
    LiveWorkflow& workflow = *segment.workflow;
    for (; wanted != 0 && event < segment.events_end; ++event)
      if (contains(wanted, batch.turn.events[event]))
        environment_.observer.happened(*workflow.state.facts, batch.turn.events[event]);
    for (; effect < segment.effects_end; ++effect) release_effect(workflow, batch.turn.effects[effect]);
    --workflow.holds;
  }
  flush_assignments();
  for (auto& reply : batch.replies) reply();
  forget_oldest_finished();
}

}  // namespace pawl
