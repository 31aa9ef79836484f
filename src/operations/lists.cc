#include "operations/lists.h"

#include <algorithm>
#include <iterator>
#include <tuple>

#include <boost/unordered/unordered_flat_set.hpp>

#include "base/choice.h"
#include "operations/reads.h"
#include "orchestrator/first_of.h"
#include "orchestrator/report.h"
#include "orchestrator/shard_ask.h"

namespace pawl::operations {
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

// What tells where a stored workflow stands in a list.
struct Candidate {
  Timestamp created_at;
  std::string id;
};

Steps<std::vector<WorkflowStatus>> list_memory(const Call& call, const WorkflowQuery& query) {
  std::vector<WorkflowStatus> all;
  for (const auto& shard : call.node.shards()) {
    auto listed = co_await ask<std::vector<WorkflowStatus>>(
        call, *shard, [&](Shard& there) -> Result<std::vector<WorkflowStatus>> { return list_shard(there, query); });
    if (!listed) co_return listed;
    std::ranges::move(*listed, std::back_inserter(all));
  }
  co_return all;
}

Steps<std::vector<WorkflowStatus>> list_stored_live(const Call& call, Store& store, const WorkflowQuery& query) {
  std::vector<WorkflowStatus> found;
  if (query.options.state && is_terminal(*query.options.state)) co_return found;
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
    co_return std::unexpected(std::move(scanned.error()));
  std::ranges::sort(candidates, std::greater<>(),
                    [](const Candidate& each) { return std::tie(each.created_at, each.id); });
  for (const Candidate& candidate : candidates) {
    if (found.size() >= query.options.limit && candidate.created_at != Timestamp::max()) break;
    const Result<core::Workflow> state = co_await read_state(call, store, candidate.id);
    if (!state && state.error().code == ErrorCode::unavailable) co_return std::unexpected(state.error());
    if (!state) continue;  // it is in quarantine, and listed there; or it has been deleted meanwhile
    if (WorkflowStatus status = status_of(*state); fits(query, status)) found.push_back(std::move(status));
  }
  co_return found;
}

Steps<std::vector<WorkflowStatus>> list_stored(const Call& call, const WorkflowQuery& query, bool with_live) {
  const std::shared_ptr<Store> store = call.node.store();
  Result<std::vector<WorkflowStatus>> all = std::vector<WorkflowStatus>();
  if (with_live) all = co_await list_stored_live(call, *store, query);
  const ListOptions& options = query.options;
  if (!all || (options.state && !is_terminal(*options.state))) co_return all;
  Result<std::vector<WorkflowSummary>> ended = store->list({.state = options.state,
                                                            .name = options.name,
                                                            .before = options.created_before,
                                                            .before_id = options.id_before,
                                                            .sagas = query.sagas,
                                                            .limit = options.limit});
  if (!ended) co_return std::unexpected(std::move(ended.error()));
  std::vector<WorkflowStatus> statuses;
  for (WorkflowSummary& summary : *ended) statuses.push_back(std::move(summary.status));
  merge(*all, std::move(statuses));
  co_return all;
}

}  // namespace

Result<void> check_state(const ListOptions& options) {
  return check_choice(options.state.value_or(WorkflowState::pending), WorkflowState::cancelled, "state");
}

Steps<std::vector<WorkflowStatus>> list_known(const Call& call, const WorkflowQuery& query) {
  Result<std::vector<WorkflowStatus>> found = co_await list_memory(call, query);
  if (!found) co_return found;
  Result<std::vector<WorkflowStatus>> stored = co_await list_stored(call, query, !call.node.options().runs_all());
  if (!stored) co_return stored;
  Result<void> durable = co_await until_all_durable(call);
  if (!durable) co_return std::unexpected(std::move(durable.error()));
  merge(*found, *std::move(stored));
  co_return first_page(*std::move(found), query.options.limit);
}

Steps<std::vector<WorkflowStatus>> list_all_stored(const Call& call, const WorkflowQuery& query) {
  co_await OffShard(call);
  Result<std::vector<WorkflowStatus>> stored = co_await list_stored(call, query, true);
  if (!stored) co_return stored;
  Result<void> durable = co_await until_all_durable(call);
  if (!durable) co_return std::unexpected(std::move(durable.error()));
  co_return first_page(*std::move(stored), query.options.limit);
}

}  // namespace pawl::operations
