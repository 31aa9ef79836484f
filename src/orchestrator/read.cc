// What the orchestrator tells: of workflows in memory as their shard knows them, of all others as they are stored.
#include <algorithm>
#include <iterator>
#include <tuple>

#include "base/time.h"
#include "core/explain.h"
#include "monitor/workflow_event.h"
#include "orchestrator/local_ask.h"
#include "orchestrator/replay.h"
#include "orchestrator/report.h"

namespace pawl {
namespace {

struct EndReply final : EndWaiter {
  Reply<core::Workflow> reply;
  void ended(const core::Workflow& workflow) override { reply.set(workflow); }
  void lost(const Error& why) override { reply.set(std::unexpected(why)); }
};

bool fits(const ListOptions& options, const WorkflowStatus& status) {
  if (options.state && status.state != *options.state) return false;
  if (!options.name.empty() && status.name != options.name) return false;
  return !options.created_before ||
         std::tie(status.created_at, status.id) < std::tie(*options.created_before, options.id_before);
}

// Those that the event replaces what was known before with, if it does.
WorkflowFactsPtr facts_of(const Event& event) {
  return std::visit(
      [](const auto& happened) -> WorkflowFactsPtr {
        if constexpr (requires { happened.facts; }) return happened.facts;
        return nullptr;
      },
      event);
}

// The newest first, and no more than were asked for.
std::vector<WorkflowStatus> first_page(std::vector<WorkflowStatus> all, std::size_t limit) {
  std::ranges::sort(
      all, [](const auto& a, const auto& b) { return std::tie(a.created_at, a.id) > std::tie(b.created_at, b.id); });
  if (all.size() > limit) all.resize(limit);
  return all;
}

}  // namespace

Result<core::Workflow> LocalOrchestrator::state_in_memory(const std::string& id) {
  return ask_live<core::Workflow>(
      id, [](Shard&, LiveWorkflow& workflow) -> Result<core::Workflow> { return workflow.state; });
}

Result<core::Workflow> LocalOrchestrator::state_in_store(const std::string& id) {
  const std::shared_ptr<Store> store = this->store();
  const Result<StoredWorkflow> stored = store->read_workflow(id);
  if (!stored && stored.error().code == ErrorCode::not_found) {
    if (Result<void> sound = check_quarantine(id); !sound) return std::unexpected(std::move(sound.error()));
    return no_such_workflow(id);
  }
  if (!stored) return std::unexpected(stored.error());
  Result<core::Workflow> state = replay(*stored, definitions_.source(*store));
  // It may have been stored a moment ago, and is told once that is durable.
  if (Result<void> durable = until_durable(shard_of(id)); !durable) return std::unexpected(std::move(durable.error()));
  return state;
}

Result<void> LocalOrchestrator::check_quarantine(const std::string& id) {
  return ask<void>(shard_of(id), [&](Shard& shard) -> Result<void> {
    const Error* const reason = shard.quarantine_of(id);
    return reason == nullptr ? Result<void>() : std::unexpected(*reason);
  });
}

// When this is answered, all that the shard has decided is stored, and what could be read before the call is durable.
Result<void> LocalOrchestrator::until_durable(Shard& shard) {
  return ask<void>(shard, [](Shard&) { return Result<void>(); });
}

// The state is copied on the shard; whatever is made of it is made here, where it holds up nobody.
Result<core::Workflow> LocalOrchestrator::state_of(const std::string& id) {
  Result<core::Workflow> state = state_in_memory(id);
  if (state || state.error().code != ErrorCode::not_found) return state;
  return state_in_store(id);
}

Result<WorkflowStatus> LocalOrchestrator::get_workflow_status(const std::string& id) {
  Result<WorkflowStatus> status = ask_live<WorkflowStatus>(
      id, [](Shard&, LiveWorkflow& workflow) -> Result<WorkflowStatus> { return status_of(workflow.state); });
  if (status || status.error().code != ErrorCode::not_found) return status;
  const Result<core::Workflow> state = state_in_store(id);
  if (!state) return std::unexpected(state.error());
  return status_of(*state);
}

Result<WorkflowReport> LocalOrchestrator::get_workflow(const std::string& id) {
  const Result<core::Workflow> state = state_of(id);
  if (!state) return std::unexpected(state.error());
  return report_of(*state);
}

Result<WorkflowReport> LocalOrchestrator::load_workflow(const std::string& id) {
  const Result<core::Workflow> state = state_in_store(id);
  if (!state) return std::unexpected(state.error());
  return report_of(*state);
}

Result<WorkflowReport> LocalOrchestrator::wait_workflow(const std::string& id, std::optional<Duration> timeout) {
  const auto end = std::make_shared<EndReply>();
  Result<void> asked = ask_live<void>(id, [&](Shard& shard, LiveWorkflow& workflow) -> Result<void> {
    shard.when_ended(workflow, end);
    return {};
  });
  if (!asked && asked.error().code != ErrorCode::not_found) return std::unexpected(std::move(asked.error()));
  if (!asked) {
    const Result<core::Workflow> state = state_in_store(id);
    if (!state) return std::unexpected(state.error());
    if (is_terminal(state->state)) return report_of(*state);
    if (Result<void> sound = check_quarantine(id); !sound) return std::unexpected(std::move(sound.error()));
    return fail(ErrorCode::unavailable, fmt::format("workflow {} is stored, but does not run here", in_quotes(id)));
  }
  std::optional<std::chrono::steady_clock::time_point> until;
  if (timeout) until = steady_deadline(*timeout);
  std::optional<Result<core::Workflow>> state = end->reply.wait(until);
  if (!state) return fail(ErrorCode::timeout, fmt::format("workflow {} has not ended yet", in_quotes(id)));
  if (!*state) return std::unexpected(std::move(state->error()));
  return report_of(**state);
}

Result<std::vector<WorkflowStatus>> LocalOrchestrator::list_memory(const ListOptions& options) {
  std::vector<WorkflowStatus> all;
  for (const auto& shard : shards_) {
    auto listed = ask<std::vector<WorkflowStatus>>(*shard, [&](Shard& there) -> Result<std::vector<WorkflowStatus>> {
      std::vector<WorkflowStatus> found;
      there.for_each_workflow([&](const LiveWorkflow& workflow) {
        WorkflowStatus status = status_of(workflow.state);
        if (fits(options, status)) found.push_back(std::move(status));
      });
      return found;
    });
    if (!listed) return listed;
    std::ranges::move(*listed, std::back_inserter(all));
  }
  return all;
}

Result<void> LocalOrchestrator::scan_live(
    Store& store, const std::function<void(const StoredWorkflow&, const Result<core::Workflow>&)>& visit) {
  std::optional<Error> failure;
  const auto read = [&](const Result<StoredWorkflow>& stored) {
    if (!stored) {
      failure = stored.error();
      return false;
    }
    visit(*stored, replay(*stored, definitions_.source(store)));
    return true;
  };
  if (Result<void> scanned = store.scan_live([](std::string_view) { return true; }, read); !scanned) return scanned;
  return failure ? Result<void>(std::unexpected(*std::move(failure))) : Result<void>();
}

Result<std::vector<WorkflowStatus>> LocalOrchestrator::list_stored(const ListOptions& options, bool with_live) {
  const std::shared_ptr<Store> store = this->store();
  std::vector<WorkflowStatus> all;
  if (with_live && !(options.state && is_terminal(*options.state))) {
    // One that cannot be read is in quarantine, and listed there.
    const auto add = [&](const StoredWorkflow&, const Result<core::Workflow>& state) {
      if (!state) return;
      if (WorkflowStatus status = status_of(*state); fits(options, status)) all.push_back(std::move(status));
    };
    if (Result<void> scanned = scan_live(*store, add); !scanned) return std::unexpected(std::move(scanned.error()));
  }
  if (options.state && !is_terminal(*options.state)) return all;
  Result<std::vector<WorkflowSummary>> ended = store->list({.state = options.state,
                                                            .name = options.name,
                                                            .before = options.created_before,
                                                            .before_id = options.id_before,
                                                            .limit = options.limit});
  if (!ended) return std::unexpected(std::move(ended.error()));
  for (WorkflowSummary& summary : *ended) all.push_back(std::move(summary.status));
  return all;
}

Result<std::vector<WorkflowStatus>> LocalOrchestrator::list_workflows(const ListOptions& options) {
  Result<std::vector<WorkflowStatus>> live = list_memory(options);
  if (!live) return live;
  Result<std::vector<WorkflowStatus>> stored = list_stored(options, !runs_all());
  if (!stored) return stored;
  for (const auto& shard : shards_)
    if (Result<void> durable = until_durable(*shard); !durable) return std::unexpected(std::move(durable.error()));
  // One that ended between the two readings is in both.
  for (WorkflowStatus& status : *stored)
    if (std::ranges::find(*live, status.id, &WorkflowStatus::id) == live->end() || !is_persistent())
      live->push_back(std::move(status));
  return first_page(*std::move(live), options.limit);
}

Result<std::vector<HistoryEvent>> LocalOrchestrator::get_history(const std::string& id, const HistoryOptions& options) {
  const std::shared_ptr<Store> store = this->store();
  if (!store->is_durable())
    return fail(ErrorCode::invalid_state,
                "histories are kept only with persistence: enable it, or name a data directory");
  if (Result<void> durable = until_durable(shard_of(id)); !durable) return std::unexpected(std::move(durable.error()));
  Result<core::Workflow> state = state_of(id);
  if (!state) return std::unexpected(std::move(state.error()));
  const Result<std::vector<StoredRun>> runs = store->read_history(id, options.from, options.limit);
  if (!runs) return std::unexpected(runs.error());
  if (Result<void> durable = until_durable(shard_of(id)); !durable) return std::unexpected(std::move(durable.error()));
  std::vector<HistoryEvent> history;
  // Events are told by the definition in force, as far as this page says; before that, by that of today.
  WorkflowFactsPtr facts = state->facts;
  for (const StoredRun& run : *runs) {
    const Result<std::vector<Event>> events = decode_events(run.events, definitions_.source(*store));
    if (!events) return std::unexpected(events.error());
    std::uint64_t number = run.first_event;
    Timestamp at = state->created_at;
    for (const Event& event : *events) {
      if (WorkflowFactsPtr replaced = facts_of(event)) facts = std::move(replaced);
      WorkflowEvent told = to_workflow_event(*facts, event, at);
      at = told.at;
      if (number >= options.from && history.size() < options.limit)
        history.push_back({.number = number, .event = std::move(told)});
      ++number;
    }
  }
  return history;
}

Result<std::vector<QuarantinedWorkflow>> LocalOrchestrator::list_quarantined() {
  std::vector<QuarantinedWorkflow> all;
  if (options_.shard.standby) {  // nobody has tried to take them up
    const std::shared_ptr<Store> store = this->store();
    const auto add = [&](const StoredWorkflow& stored, const Result<core::Workflow>& state) {
      if (!state) all.push_back({.id = stored.id, .reason = describe(state.error())});
    };
    if (Result<void> scanned = scan_live(*store, add); !scanned) return std::unexpected(std::move(scanned.error()));
    return all;
  }
  for (const auto& shard : shards_) {
    Result<std::vector<Quarantined>> found = ask<std::vector<Quarantined>>(
        *shard, [](Shard& there) -> Result<std::vector<Quarantined>> { return there.quarantined(); });
    if (!found) return std::unexpected(std::move(found.error()));
    for (const Quarantined& each : *found) all.push_back({.id = each.id, .reason = describe(each.reason)});
  }
  return all;
}

Result<std::vector<Explanation>> LocalOrchestrator::explain_workflow(const std::string& id, std::size_t max_tasks) {
  const auto breaker = [&](const std::string& name) -> std::string {
    const Result<BreakerReport> report = policies_.check_breaker(name);
    if (!report) return {};
    if (report->open_until) return fmt::format(" until {}", format_time(*report->open_until));
    return fmt::format(" and is {}", to_string(report->state));
  };
  const core::Surroundings surroundings{
      .slots_in_use = slots_.in_use(), .slots = slots_.capacity(), .breaker = breaker};
  const Result<core::Workflow> state = state_of(id);
  if (!state) return std::unexpected(state.error());
  std::vector<Explanation> explanations = core::explain(*state, surroundings, max_tasks);
  if (const Result<void> sound = check_quarantine(id); !sound)
    explanations.insert(explanations.begin(), {.task = {}, .code = "quarantined", .text = sound.error().message});
  return explanations;
}

}  // namespace pawl
