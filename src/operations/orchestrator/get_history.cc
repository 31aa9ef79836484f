// A history, page by page, each page at the cost of its events.
#include <utility>

#include "model/event_rows.h"
#include "monitor/workflow_event.h"
#include "operations/orchestrator/operations.h"
#include "operations/reads.h"
#include "orchestrator/shard_ask.h"

namespace pawl::operations {
namespace {

// What of the event counts against HistoryOptions::max_bytes.
std::size_t bytes_of(const WorkflowEvent& event) { return event.result.view().size() + event.error.view().size(); }

// One page in the making.
struct HistoryPage {
  const HistoryOptions* options;
  WorkflowFactsPtr facts;    // in force before the next event; nullptr: it is not known which
  bool lacks_facts = false;  // and they are needed
  std::vector<HistoryEvent> events{};
  std::size_t bytes = 0;

  [[nodiscard]] bool is_full() const {
    return events.size() >= options->limit || (options->max_bytes > 0 && bytes >= options->max_bytes);
  }
  void add(std::uint64_t number, const Event& event) {
    if (WorkflowFactsPtr others = facts_in(event)) facts = std::move(others);
    if (number < options->from) return;
    lacks_facts = !facts;
    if (lacks_facts) return;
    events.push_back({.number = number, .event = to_workflow_event(*facts, event, Timestamp())});
    bytes += bytes_of(events.back().event);
  }
};

Result<void> read_page(Store& store, const std::string& id, const DefinitionSource& definitions, HistoryPage& page) {
  Result<void> read;
  const auto take = [&](const StoredRun& run) {
    const Result<std::vector<Event>> events = decode_events(run.events, definitions);
    if (!events) read = std::unexpected(events.error());
    for (std::size_t i = 0; read && i < events->size() && !page.is_full() && !page.lacks_facts; ++i)
      page.add(run.first_event + i, (*events)[i]);
    return read && !page.is_full() && !page.lacks_facts;
  };
  Result<void> scanned = store.scan_history(id, page.options->from, page.options->limit, take);
  return scanned ? read : scanned;
}

// Of a workflow as it is now: who it is and what it executes.
Steps<WorkflowFactsPtr> facts_now(const Call& call, Store& store, const std::string& id) {
  Result<WorkflowFactsPtr> facts = co_await ask_live<WorkflowFactsPtr>(
      call, id, [](Shard&, const LiveWorkflow& workflow) -> Result<WorkflowFactsPtr> { return workflow.state.facts; });
  if (facts || facts.error().code != ErrorCode::not_found) co_return facts;
  if (const Result<StoredSummary> stored = store.read_summary(id); stored && stored->ended) {
    const Result<BoundDefinitionPtr> bound = call.node.definitions().load(stored->summary.definition, store);
    if (!bound) co_return std::unexpected(bound.error());
    co_return std::make_shared<const WorkflowFacts>(
        WorkflowFacts{.id = WorkflowId(id), .definition = (*bound)->definition, .input = {}});
  }
  const Result<core::Workflow> state = co_await read_state(call, store, id);
  if (!state) co_return std::unexpected(state.error());
  co_return state->facts;
}

}  // namespace

Steps<std::vector<HistoryEvent>> get_history(Call call, request::GetHistory request) {
  const std::string& id = request.id;
  const HistoryOptions& options = request.options;
  if (Result<void> given = check_given(id); !given) co_return std::unexpected(std::move(given.error()));
  co_await OffShard(call);
  Node& node = call.node;
  const std::shared_ptr<Store> store = node.store();
  if (!store->is_durable())
    co_return fail(ErrorCode::invalid_state,
                   "histories are kept only with persistence: enable it, or name a data directory");
  Result<void> durable = co_await until_durable(call, node.shard_of(id));
  if (!durable) co_return std::unexpected(std::move(durable.error()));
  const std::uint64_t deletions = node.bookmarks().deletions();
  const DefinitionSource definitions = node.definitions().source(*store);
  HistoryPage page{.options = &options, .facts = node.bookmarks().find(id, options.from)};
  Result<void> read = read_page(*store, id, definitions, page);
  if (read && page.lacks_facts) {
    Result<WorkflowFactsPtr> known = co_await facts_now(call, *store, id);
    if (!known) co_return std::unexpected(std::move(known.error()));
    page = {.options = &options, .facts = *std::move(known)};
    read = read_page(*store, id, definitions, page);
  }
  if (!read && read.error().code == ErrorCode::not_found) co_return no_such_workflow(id);
  if (!read) co_return std::unexpected(std::move(read.error()));
  durable = co_await until_durable(call, node.shard_of(id));
  if (!durable) co_return std::unexpected(std::move(durable.error()));
  if (!page.is_full()) {
    node.bookmarks().forget(id);
  } else if (page.facts && !page.events.empty()) {
    node.bookmarks().move(options.from, page.events.back().number + 1, std::move(page.facts), deletions);
  }
  co_return std::move(page.events);
}

}  // namespace pawl::operations
