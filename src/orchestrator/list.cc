// Lists of workflows: those in memory as their shard knows them, all others as they are stored.
#include <algorithm>
#include <iterator>
#include <tuple>

#include <boost/unordered/unordered_flat_set.hpp>

#include "base/choice.h"
#include "orchestrator/first_of.h"
#include "orchestrator/local_ask.h"
#include "orchestrator/replay.h"
#include "orchestrator/report.h"

namespace pawl {
namespace {

// By the newest first, as all lists are.
struct Newer {
  bool operator()(const WorkflowStatus& a, const WorkflowStatus& b) const {
    return std::tie(a.created_at, a.id) > std::tie(b.created_at, b.id);
  }
  bool operator()(const core::Workflow* a, const core::Workflow* b) const {
    return a->created_at != b->created_at ? a->created_at > b->created_at : a->id() > b->id();
  }
};

// Whether it comes behind the page before.
bool is_behind(const ListOptions& options, Timestamp created_at, std::string_view id) {
  return !options.created_before || created_at < *options.created_before ||
         (created_at == *options.created_before && id < options.id_before);
}

bool fits(const WorkflowQuery& query, const WorkflowStatus& status) {
  return (!query.options.state || status.state == *query.options.state) && (!query.sagas || status.saga) &&
         (query.options.name.empty() || status.name == query.options.name) &&
         is_behind(query.options, status.created_at, status.id);
}

// The same without a status being made of it: a shard asks this of all its workflows.
bool fits(const WorkflowQuery& query, const core::Workflow& workflow) {
  return (!query.options.state || workflow.state == *query.options.state) &&
         (!query.sagas || !workflow.definition().compensated_tasks().empty()) &&
         (query.options.name.empty() || workflow.definition().name() == query.options.name) &&
         is_behind(query.options, workflow.created_at, workflow.id());
}

std::vector<WorkflowStatus> list_shard(const Shard& shard, const WorkflowQuery& query) {
  FirstOf<const core::Workflow*, Newer> newest(query.options.limit);
  shard.workflows().for_each_sound([&](const LiveWorkflow& workflow) {
    if (fits(query, workflow.state)) newest.offer(&workflow.state);
    return true;
  });
  std::vector<WorkflowStatus> statuses;
  for (const core::Workflow* const workflow : std::move(newest).in_order()) statuses.push_back(status_of(*workflow));
  return statuses;
}

// What is in both lists was read twice, and is taken from the first one.
void merge(std::vector<WorkflowStatus>& statuses, std::vector<WorkflowStatus> others) {
  boost::unordered_flat_set<std::string> known;
  for (const WorkflowStatus& status : statuses) known.insert(status.id);
  std::ranges::copy_if(std::make_move_iterator(others.begin()), std::make_move_iterator(others.end()),
                       std::back_inserter(statuses),
                       [&](const WorkflowStatus& status) { return !known.contains(status.id); });
}

std::vector<WorkflowStatus> first_page(std::vector<WorkflowStatus> all, std::size_t limit) {
  std::ranges::sort(all, Newer());
  if (all.size() > limit) all.resize(limit);
  return all;
}

Result<void> check_state(const ListOptions& options) {
  return check_choice(options.state.value_or(WorkflowState::pending), WorkflowState::cancelled, "state");
}

// What tells where a stored workflow stands in a list.
struct Candidate {
  Timestamp created_at;
  std::string id;
};

}  // namespace

Result<std::vector<WorkflowStatus>> LocalOrchestrator::list_memory(const WorkflowQuery& query) {
  std::vector<WorkflowStatus> all;
  for (const auto& shard : shards_) {
    auto listed = ask<std::vector<WorkflowStatus>>(
        *shard, [&](Shard& there) -> Result<std::vector<WorkflowStatus>> { return list_shard(there, query); });
    if (!listed) return listed;
    std::ranges::move(*listed, std::back_inserter(all));
  }
  return all;
}

// The rows of live workflows tell which ones come first, and are old for the rest: the states of as many as are listed
// are read.
Result<std::vector<WorkflowStatus>> LocalOrchestrator::list_stored_live(Store& store, const WorkflowQuery& query) {
  std::vector<WorkflowStatus> found;
  if (query.options.state && is_terminal(*query.options.state)) return found;
  std::vector<Candidate> candidates;
  const auto note = [&](std::string_view id, const Result<WorkflowSummary>& summary) {
    // One whose row is damaged may be sound otherwise: it is read before all others.
    const Timestamp created_at = summary ? summary->status.created_at : Timestamp::max();
    const bool named = query.options.name.empty() || !summary || summary->status.name == query.options.name;
    if (named && (!summary || is_behind(query.options, created_at, id)))
      candidates.push_back({.created_at = created_at, .id = std::string(id)});
    return true;
  };
  if (Result<void> scanned = store.scan_live_summaries(note); !scanned)
    return std::unexpected(std::move(scanned.error()));
  std::ranges::sort(candidates, std::greater<>(),
                    [](const Candidate& each) { return std::tie(each.created_at, each.id); });
  for (const Candidate& candidate : candidates) {
    if (found.size() >= query.options.limit && candidate.created_at != Timestamp::max()) break;
    const Result<core::Workflow> state = read_state(store, candidate.id);
    if (!state && state.error().code == ErrorCode::unavailable) return std::unexpected(state.error());
    if (!state) continue;  // it is in quarantine, and listed there; or it has been deleted meanwhile
    if (WorkflowStatus status = status_of(*state); fits(query, status)) found.push_back(std::move(status));
  }
  return found;
}

Result<std::vector<WorkflowStatus>> LocalOrchestrator::list_stored(const WorkflowQuery& query, bool with_live) {
  const std::shared_ptr<Store> store = this->store();
  Result<std::vector<WorkflowStatus>> all = with_live ? list_stored_live(*store, query) : std::vector<WorkflowStatus>();
  const ListOptions& options = query.options;
  if (!all || (options.state && !is_terminal(*options.state))) return all;
  Result<std::vector<WorkflowSummary>> ended = store->list({.state = options.state,
                                                            .name = options.name,
                                                            .before = options.created_before,
                                                            .before_id = options.id_before,
                                                            .sagas = query.sagas,
                                                            .limit = options.limit});
  if (!ended) return std::unexpected(std::move(ended.error()));
  std::vector<WorkflowStatus> statuses;
  for (WorkflowSummary& summary : *ended) statuses.push_back(std::move(summary.status));
  merge(*all, std::move(statuses));
  return all;
}

Result<std::vector<WorkflowStatus>> LocalOrchestrator::list(const WorkflowQuery& query) {
  Result<std::vector<WorkflowStatus>> found = list_memory(query);
  if (!found) return found;
  Result<std::vector<WorkflowStatus>> stored = list_stored(query, !runs_all());
  if (!stored) return stored;
  if (Result<void> durable = until_durable(); !durable) return std::unexpected(std::move(durable.error()));
  merge(*found, *std::move(stored));
  return first_page(*std::move(found), query.options.limit);
}

Result<std::vector<WorkflowStatus>> LocalOrchestrator::list_known_workflows(const ListOptions& options) {
  if (Result<void> ok = check_state(options); !ok) return std::unexpected(std::move(ok.error()));
  return list({.options = options});
}

Result<std::vector<WorkflowStatus>> LocalOrchestrator::list_stored_workflows(const ListOptions& options) {
  if (Result<void> open = check_open(); !open) return std::unexpected(std::move(open.error()));
  if (Result<void> ok = check_state(options); !ok) return std::unexpected(std::move(ok.error()));
  Result<std::vector<WorkflowStatus>> stored = list_stored({.options = options}, true);
  if (!stored) return stored;
  if (Result<void> durable = until_durable(); !durable) return std::unexpected(std::move(durable.error()));
  return first_page(*std::move(stored), options.limit);
}

Result<void> LocalOrchestrator::scan_live(
    Store& store, const std::function<bool(const StoredWorkflow&, const Result<core::Workflow>&)>& visit) {
  std::optional<Error> failure;
  const auto read = [&](const Result<StoredWorkflow>& stored) {
    if (stored) return visit(*stored, replay(*stored, definitions_.source(store)));
    failure = stored.error();
    return false;
  };
  if (Result<void> scanned = store.scan_live([](std::string_view) { return true; }, read); !scanned) return scanned;
  return failure ? Result<void>(std::unexpected(*std::move(failure))) : Result<void>();
}

Result<std::vector<QuarantinedWorkflow>> LocalOrchestrator::list_quarantined() {
  if (Result<void> open = check_open(); !open) return std::unexpected(std::move(open.error()));
  std::vector<QuarantinedWorkflow> all;
  if (options_.shard.standby) {  // nobody has tried to take them up
    const std::shared_ptr<Store> store = this->store();
    const auto add = [&](const StoredWorkflow& stored, const Result<core::Workflow>& state) {
      if (!state) all.push_back({.id = stored.id, .reason = describe(state.error())});
      return true;
    };
    if (Result<void> scanned = scan_live(*store, add); !scanned) return std::unexpected(std::move(scanned.error()));
    return all;
  }
  for (const auto& shard : shards_) {
    Result<std::vector<Quarantined>> found = ask<std::vector<Quarantined>>(
        *shard, [](Shard& there) -> Result<std::vector<Quarantined>> { return there.quarantine().all(); });
    if (!found) return std::unexpected(std::move(found.error()));
    for (const Quarantined& each : *found) all.push_back({.id = each.id, .reason = describe(each.reason)});
  }
  return all;
}

}  // namespace pawl
