#include "orchestrator/shard/workflow_table.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace pawl {

LiveWorkflow* WorkflowTable::find_broken(std::string_view id) const {
  const auto found = std::ranges::find_if(
      places_, [&](const auto& workflow) { return workflow && workflow->broken && workflow->state.id() == id; });
  return found == places_.end() ? nullptr : found->get();
}

LiveWorkflow& WorkflowTable::add() {
  if (free_places_.empty()) {
    free_places_.push_back(static_cast<std::uint32_t>(places_.size()));
    places_.emplace_back();
  }
  const std::uint32_t place = free_places_.back();
  free_places_.pop_back();
  places_[place] = std::make_unique<LiveWorkflow>();
  places_[place]->route = {.shard = shard_, .place = place, .generation = next_generation_++};
  ++count_;
  return *places_[place];
}

void WorkflowTable::name(LiveWorkflow& workflow) {
  by_id_.emplace(workflow.state.id(), workflow.route.place);
  by_creation_.add(workflow.state.created_at, workflow.route);
}

void WorkflowTable::rename(LiveWorkflow& workflow, std::string_view former_id) {
  by_id_.erase(former_id);
  by_id_.emplace(workflow.state.id(), workflow.route.place);
}

void WorkflowTable::unname(const LiveWorkflow& workflow) {
  const auto known = by_id_.find(workflow.state.id());
  if (known == by_id_.end() || known->second != workflow.route.place) return;
  by_id_.erase(known);
  note_departure(workflow.state.id());
}

void WorkflowTable::remove(LiveWorkflow& workflow) {
  PAWL_ASSERT(!workflow.is_in_use(), "workflow {}: forgotten while {} pins and {} attempts refer to it",
              workflow.state.id(), workflow.pins, workflow.attempts);
  const std::uint32_t place = workflow.route.place;
  if (!workflow.broken) unname(workflow);
  --count_;
  places_[place].reset();
  free_places_.push_back(place);
  by_creation_.note_hole();
  if (by_creation_.has_many_holes())
    by_creation_.drop_holes([this](const CreationIndex::Entry& entry) {
      return places_[entry.place] != nullptr && entry.is_of(places_[entry.place]->route);
    });
}

void WorkflowTable::note_end(const LiveWorkflow& workflow) {
  ended_.push_back({.workflow = workflow.route, .end_event = workflow.end_event});
}

void WorkflowTable::forget_ended(std::size_t most) {
  std::size_t in_use = 0;
  while (ended_.size() > most && in_use < ended_.size()) {
    const Ended oldest = ended_.front();
    ended_.pop_front();
    LiveWorkflow* const workflow = at(oldest.workflow);
    if (workflow == nullptr || !workflow->ended || workflow->end_event != oldest.end_event) continue;
    if (workflow->is_in_use()) {
      ended_.push_back(oldest);
      ++in_use;
      continue;
    }
    remove(*workflow);
  }
}

std::optional<std::uint64_t> WorkflowTable::begin_removal(const std::string& id) {
  if (!removals_.try_emplace(id, last_removal_ + 1).second) return std::nullopt;
  return ++last_removal_;
}

void WorkflowTable::end_removal(std::string_view id) {
  const auto removal = removals_.find(id);
  if (removal == removals_.end()) return;
  note_departure(id);
  removals_.erase(removal);
}

WorkflowTable::Places WorkflowTable::take_all() {
  removals_.clear();
  by_id_.clear();
  by_creation_.clear();
  ended_.clear();
  free_places_.clear();
  count_ -= static_cast<std::size_t>(std::ranges::count_if(places_, [](const auto& each) { return each != nullptr; }));
  return std::exchange(places_, {});
}

}  // namespace pawl
