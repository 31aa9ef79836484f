#include "orchestrator/shard/recovery.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <boost/unordered/unordered_flat_map.hpp>
#include <fmt/format.h>

#include "base/text.h"
#include "orchestrator/replay.h"

namespace pawl {
bool Recovery::is_wanted(std::string_view id) const {
  const ShardLimits& limits = environment_.limits;
  return !limits.standby && (!limits.only || limits.only->contains(id));
}

Result<LiveWorkflow*> Recovery::take_up(const StoredWorkflow& stored) {
  if (quarantine_.breaks_shard(stored.id))
    return fail(ErrorCode::corruption,
                fmt::format("storing workflow {} breaks an invariant each time", in_quotes(stored.id)));
  Result<core::Workflow> state = replay(stored, environment_.definitions.source(commits_.store()));
  if (!state) return std::unexpected(std::move(state.error()));
  Result<BoundDefinitionPtr> bound = environment_.definitions.load(state->definition().hash(), commits_.store());
  if (!bound) return std::unexpected(std::move(bound.error()));
  LiveWorkflow& workflow = workflows_.add();
  workflow.state = *std::move(state);
  workflow.bound = *std::move(bound);
  workflow.ended = is_terminal(workflow.state.state);
  workflow.end_event = workflow.state.event_count;
  // Its time goes on from where it stopped, should the wall clock have been set back.
  workflow.time_offset = std::max(timers_.correction(), workflow.state.last_event_at - timers_.now());
  workflow.held = !is_wanted(stored.id);
  workflow.checkpoint = stored.runs.empty() ? workflow.state.event_count : stored.runs.front().first_event;
  workflows_.name(workflow);
  return &workflow;
}

void Recovery::recover(LiveWorkflow& workflow, bool crashed) {
  const bool queued = workflow.state.queued;
  if (workflow.state.state != WorkflowState::pending) places_.place_running(workflow);
  const WorkflowState before = workflow.state.state;
  const Result<void> recovered = decider_.decide(
      workflow, command::RecoverWorkflow{.crashed = crashed, .max_crashes = environment_.limits.crashes});
  if (!recovered) {  // it is stored as one that lives, and has ended
    decider_.quarantine(workflow, before, recovered.error().message);
    return;
  }
  ready_.add(workflow);
  if (queued) lifecycle_.queue_again(workflow);
}

Result<void> Recovery::load(bool crashed, const std::function<Result<bool>()>& go_on) {
  if (environment_.limits.standby) return {};
  timers_.tick();
  if (crashed) commits_.bind_starts();
  std::optional<Error> failure;
  const auto take = [&](const Result<StoredWorkflow>& stored) {
    if (!stored) {
      failure = stored.error();
      return false;
    }
    const Result<LiveWorkflow*> workflow = take_up(*stored);
    if (workflow) {
      recover(**workflow, crashed);
    } else {
      quarantine_.add(stored->id, workflow.error());
    }
    const Result<bool> goes_on = go_on();
    if (!goes_on) failure = goes_on.error();
    return goes_on.value_or(false);
  };
  const std::size_t shards = environment_.shards.size();
  const auto wanted = [&](std::string_view id) {
    return shard_index_of(id, shards) == shard_ && is_wanted(id) && workflows_.find(id) == nullptr &&
           quarantine_.reason_of(id) == nullptr;
  };
  Result<void> scanned = commits_.store().scan_live(wanted, take);
  workflows_.sort_by_creation();
  if (!scanned) return scanned;
  return failure ? Result<void>(std::unexpected(*failure)) : Result<void>();
}

Result<LiveWorkflow*> Recovery::load_one(const std::string& id) {
  if (LiveWorkflow* const known = workflows_.find(id)) return known;
  if (workflows_.is_being_removed(id)) return being_removed(id);
  if (const Error* const reason = quarantine_.reason_of(id)) return std::unexpected(*reason);
  const Result<StoredWorkflow> stored = commits_.store().read_workflow(id);
  if (!stored && stored.error().code == ErrorCode::not_found) return nullptr;
  if (!stored) return std::unexpected(stored.error());
  Result<LiveWorkflow*> workflow = take_up(*stored);
  if (!workflow) return workflow;
  if ((*workflow)->ended) {
    workflows_.note_end(**workflow);
  } else if (!(*workflow)->held) {
    recover(**workflow, false);
    if ((*workflow)->broken) return std::unexpected(*quarantine_.reason_of(id));
  }
  return workflow;
}

// Each definition is bound once, not once a workflow.
void Recovery::bind_again() {
  boost::unordered_flat_map<const BoundDefinition*, BoundDefinitionPtr> bound;
  workflows_.for_each_sound([&](LiveWorkflow& workflow) {
    const auto [known, is_new] = bound.try_emplace(workflow.bound.get());
    if (is_new)
      known->second =
          workflow.bound->is_complete() ? workflow.bound : environment_.definitions.bind_again(workflow.bound);
    if (known->second == workflow.bound) return true;
    workflow.bound = known->second;
    if (std::exchange(workflow.unserved, false)) ready_.add(workflow);
    return true;
  });
}

}  // namespace pawl
