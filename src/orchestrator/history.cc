// Histories: the stored events of a workflow, page by page, each page at the cost of its events.
#include <algorithm>
#include <optional>
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

// Whether what undoes a task is named as versions before format 3 did, which only the facts of that moment explain.
bool names_positions(const std::vector<Event>& events, const Definition& definition) {
  return std::ranges::any_of(events, [&](const Event& event) {
    const std::optional<ActionId> action = action_of(event);
    return action && !action->undo && action->task >= definition.task_count();
  });
}

// A decoder that has read the history up to this event, as far as it is kept.
Result<EventDecoder> decoder_after(Store& store, const std::string& id, std::uint64_t event,
                                   const DefinitionSource& definitions) {
  EventDecoder decoder(definitions);
  Result<void> decoded;
  const auto take = [&](const StoredRun& run) {
    if (run.first_event >= event) return false;
    const Result<std::vector<Event>> events = decoder.decode_run(run.events);
    if (!events) decoded = std::unexpected(events.error());
    return decoded.has_value();
  };
  Result<void> scanned = store.scan_history(id, 0, event, take);
  if (!scanned) return std::unexpected(std::move(scanned.error()));
  if (!decoded) return std::unexpected(std::move(decoded.error()));
  return decoder;
}

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
  const DefinitionSource definitions = definitions_.source(*store);
  EventDecoder decoder(definitions, bookmarks_.find(id, options.from));
  WorkflowFactsPtr known;    // after the last event of the page
  WorkflowFactsPtr assumed;  // those of today, as long as no others are known
  // Who begins in the middle has to know which facts were in force there.
  const auto prepare = [&](const StoredRun& run) -> Result<void> {
    if (run.first_event == 0 || (decoder.facts() != nullptr && decoder.facts() != assumed)) return {};
    if (assumed == nullptr) {
      Result<WorkflowFactsPtr> present = facts_of(*store, id);
      if (!present) return std::unexpected(std::move(present.error()));
      assumed = *std::move(present);
      decoder = EventDecoder(definitions, assumed);
    }
    const Result<std::vector<Event>> as_stored = EventDecoder(definitions).decode_run(run.events);
    if (!as_stored) return std::unexpected(as_stored.error());
    if (!names_positions(*as_stored, *assumed->definition)) return {};
    Result<EventDecoder> past = decoder_after(*store, id, run.first_event, definitions);
    if (!past) return std::unexpected(std::move(past.error()));
    if (past->facts() != nullptr) decoder = *std::move(past);
    return {};
  };
  Result<void> read;
  const auto add = [&](std::uint64_t number, const Event& event, const WorkflowFacts& facts) {
    if (number < options.from) return;
    page.events.push_back({.number = number, .event = to_workflow_event(facts, event, Timestamp())});
    page.bytes += bytes_of(page.events.back().event);
  };
  const auto take = [&](const StoredRun& run) {
    read = prepare(run);
    if (!read) return false;
    WorkflowFactsPtr facts = decoder.facts();
    const Result<std::vector<Event>> events = decoder.decode_run(run.events);
    if (!events) read = std::unexpected(events.error());
    for (std::size_t i = 0; read && i < events->size() && !page.is_full(); ++i) {
      if (WorkflowFactsPtr others = facts_in((*events)[i])) facts = std::move(others);
      if (facts == nullptr) {
        read = fail(ErrorCode::corruption,
                    fmt::format("the history of workflow {} does not begin with its creation", in_quotes(id)));
        return false;
      }
      add(run.first_event + i, (*events)[i], *facts);
    }
    if (read) known = std::move(facts);
    return read && !page.is_full();
  };
  Result<void> scanned = store->scan_history(id, options.from, options.limit, take);
  if (!scanned && scanned.error().code == ErrorCode::not_found) return no_such_workflow(id);
  if (!scanned) return std::unexpected(std::move(scanned.error()));
  if (!read) return std::unexpected(std::move(read.error()));
  if (Result<void> durable = until_durable(shard_of(id)); !durable) return std::unexpected(std::move(durable.error()));
  if (!page.is_full()) {
    bookmarks_.forget(id);
  } else if (known && !page.events.empty() && (known != assumed || known->definition->compensated_tasks().empty())) {
    bookmarks_.move(options.from, page.events.back().number + 1, std::move(known), deletions);
  }
  return std::move(page.events);
}

}  // namespace pawl
