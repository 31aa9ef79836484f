// Histories: the stored events of a workflow, page by page, each page at the cost of its events.
#include <utility>

#include "model/event_rows.h"
#include "monitor/workflow_event.h"
#include "orchestrator/local_ask.h"

namespace pawl {
namespace {

// What of the event counts against HistoryOptions::max_bytes.
std::size_t bytes_of(const WorkflowEvent& event) { return event.result.view().size() + event.error.view().size(); }

// One page in the making.
struct Page {
  const HistoryOptions& options;
  std::vector<HistoryEvent> events;
  std::size_t bytes = 0;

  [[nodiscard]] bool is_full() const {
    return events.size() >= options.limit || (options.max_bytes > 0 && bytes >= options.max_bytes);
  }
};

}  // namespace

// Of a workflow as it is now: who it is and what it executes.
Result<WorkflowFactsPtr> LocalOrchestrator::facts_of(Store& store, const std::string& id) {
  Result<WorkflowFactsPtr> facts = ask_live<WorkflowFactsPtr>(
      id, [](Shard&, const LiveWorkflow& workflow) -> Result<WorkflowFactsPtr> { return workflow.state.facts; });
  if (facts || facts.error().code != ErrorCode::not_found) return facts;
  if (const Result<StoredSummary> stored = store.read_summary(id); stored && stored->ended) {
    const Result<BoundDefinitionPtr> bound = definitions_.load(stored->summary.definition, store);
    if (!bound) return std::unexpected(bound.error());
    return std::make_shared<const WorkflowFacts>(
        WorkflowFacts{.id = WorkflowId(id), .definition = (*bound)->definition, .input = {}});
  }
  const Result<core::Workflow> state = read_state(store, id);
  if (!state) return std::unexpected(state.error());
  return state->facts;
}

Result<std::vector<HistoryEvent>> LocalOrchestrator::get_history(const std::string& id, const HistoryOptions& options) {
  if (Result<void> open = check_open(); !open) return std::unexpected(std::move(open.error()));
  if (Result<void> given = check_given(id); !given) return std::unexpected(std::move(given.error()));
  const std::shared_ptr<Store> store = this->store();
  if (!store->is_durable())
    return fail(ErrorCode::invalid_state,
                "histories are kept only with persistence: enable it, or name a data directory");
  if (Result<void> durable = until_durable(shard_of(id)); !durable) return std::unexpected(std::move(durable.error()));
  const std::uint64_t deletions = bookmarks_.deletions();
  Page page{.options = options, .events = {}};
  WorkflowFactsPtr facts = bookmarks_.find(id, options.from);
  Result<void> read;
  const auto add = [&](std::uint64_t number, const Event& event) -> Result<void> {
    if (WorkflowFactsPtr others = facts_in(event)) facts = std::move(others);
    if (number < options.from) return {};
    if (!facts) {
      Result<WorkflowFactsPtr> known = facts_of(*store, id);
      if (!known) return std::unexpected(std::move(known.error()));
      facts = *std::move(known);
    }
    page.events.push_back({.number = number, .event = to_workflow_event(*facts, event, Timestamp())});
    page.bytes += bytes_of(page.events.back().event);
    return {};
  };
  const auto take = [&](const StoredRun& run) {
    const Result<std::vector<Event>> events = decode_events(run.events, definitions_.source(*store));
    if (!events) read = std::unexpected(events.error());
    for (std::size_t i = 0; read && i < events->size() && !page.is_full(); ++i)
      read = add(run.first_event + i, (*events)[i]);
    return read && !page.is_full();
  };
  Result<void> scanned = store->scan_history(id, options.from, options.limit, take);
  if (!scanned && scanned.error().code == ErrorCode::not_found) return no_such_workflow(id);
  if (!scanned) return std::unexpected(std::move(scanned.error()));
  if (!read) return std::unexpected(std::move(read.error()));
  if (Result<void> durable = until_durable(shard_of(id)); !durable) return std::unexpected(std::move(durable.error()));
  if (!page.is_full()) {
    bookmarks_.forget(id);
  } else if (facts && !page.events.empty()) {
    bookmarks_.move(options.from, page.events.back().number + 1, std::move(facts), deletions);
  }
  return std::move(page.events);
}

}  // namespace pawl
