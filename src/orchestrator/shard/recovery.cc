#include "orchestrator/shard/recovery.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <boost/unordered/unordered_flat_map.hpp>
#include <fmt/format.h>

#include "base/text.h"

namespace pawl {
bool Recovery::is_wanted(std::string_view id) const {
  const ShardLimits& limits = environment_.limits;
  return !limits.standby && (!limits.only || limits.only->contains(id));
}

Result<void> Recovery::check_breaks(const std::string& id) const {
  if (!quarantine_.breaks_shard(id)) return {};
  return fail(ErrorCode::corruption, fmt::format("storing workflow {} breaks an invariant each time", in_quotes(id)));
}

LiveWorkflow& Recovery::take_up(LoadedWorkflow&& loaded) {
  LiveWorkflow& workflow = workflows_.add();
  workflow.state = std::move(loaded.state);
  workflow.bound = std::move(loaded.bound);
  workflow.ended = is_terminal(workflow.state.state);
  workflow.end_event = workflow.state.event_count;
  // Its time goes on from where it stopped, should the wall clock have been set back.
  workflow.time_offset = std::max(timers_.correction(), workflow.state.last_event_at - timers_.now());
  workflow.held = !is_wanted(workflow.state.id());
  workflow.checkpoint = loaded.checkpoint;
  workflows_.name(workflow);
  return workflow;
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

Result<void> Recovery::take_up_and_run(const StoredWorkflow& stored, bool crashed) {
  if (Result<void> sound = check_breaks(stored.id); !sound) return sound;
  Result<LoadedWorkflow> loaded = load_workflow(stored, environment_.definitions, commits_.store());
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  recover(take_up(*std::move(loaded)), crashed);
  return {};
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
    const Result<void> taken_up = take_up_and_run(*stored, crashed);
    if (!taken_up) quarantine_.add(stored->id, taken_up.error());
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

Result<LiveWorkflow*> Recovery::find(const std::string& id) {
  if (LiveWorkflow* const known = workflows_.find(id)) return known;
  if (workflows_.is_being_removed(id)) return being_removed(id);
  if (const Error* const reason = quarantine_.reason_of(id)) return std::unexpected(*reason);
  return nullptr;
}

bool Recovery::is_outdated(const StoreLookup& lookup) {
  const Result<LiveWorkflow*> known = find(lookup.id());
  return known && *known == nullptr && !lookup.holds(workflows_, commits_);
}

Result<LiveWorkflow*> Recovery::find_or_take_up(StoreLookup& lookup, bool& is_outdated) {
  is_outdated = this->is_outdated(lookup);
  Result<LiveWorkflow*> known = find(lookup.id());
  if (!known || *known != nullptr || is_outdated || !lookup.is_stored()) return known;
  is_outdated = !lookup.is_read();
  if (is_outdated) return nullptr;
  if (Result<void> sound = check_breaks(lookup.id()); !sound) return std::unexpected(std::move(sound.error()));
  Result<LoadedWorkflow> loaded = lookup.take();
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  LiveWorkflow& workflow = take_up(*std::move(loaded));
  if (workflow.ended) {
    workflows_.note_end(workflow);
  } else if (!workflow.held) {
    recover(workflow, false);
    if (workflow.broken) return std::unexpected(*quarantine_.reason_of(lookup.id()));
  }
  return &workflow;
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
