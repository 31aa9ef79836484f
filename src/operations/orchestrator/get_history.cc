// A history, page by page, each page at the cost of its events.
#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "model/encoding.h"
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
  EventDecoder decoder;        // has read what comes before the next run
  WorkflowFactsPtr assumed{};  // those of today, as long as the ones in force are not known
  WorkflowFactsPtr known{};    // after the last event of the page
  bool lacks_facts = false;    // those of today are needed
  bool past_is_lost = false;   // which were in force is not known any more: the beginning is forgotten
  std::vector<HistoryEvent> events{};
  std::size_t bytes = 0;

  [[nodiscard]] bool is_full() const {
    return events.size() >= options->limit || (options->max_bytes > 0 && bytes >= options->max_bytes);
  }
  void add(std::uint64_t number, const Event& event, const WorkflowFacts& facts) {
    if (number < options->from) return;
    events.push_back({.number = number, .event = to_workflow_event(facts, event, Timestamp())});
    bytes += bytes_of(events.back().event);
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

// Who begins in the middle has to know which facts were in force there.
Result<void> prepare(Store& store, const std::string& id, const StoredRun& run, const DefinitionSource& definitions,
                     HistoryPage& page) {
  if (run.first_event == 0 || (page.decoder.facts() != nullptr && page.decoder.facts() != page.assumed)) return {};
  page.lacks_facts = page.assumed == nullptr;
  if (page.lacks_facts) return {};
  const Result<std::vector<Event>> as_stored = EventDecoder(definitions).decode_run(run.events);
  if (!as_stored) return std::unexpected(as_stored.error());
  if (page.past_is_lost || !names_positions(*as_stored, *page.assumed->definition)) return {};
  Result<EventDecoder> past = decoder_after(store, id, run.first_event, definitions);
  if (!past) return std::unexpected(std::move(past.error()));
  page.past_is_lost = past->facts() == nullptr;
  if (!page.past_is_lost) page.decoder = *std::move(past);
  return {};
}

Result<void> read_run(const std::string& id, const StoredRun& run, HistoryPage& page) {
  WorkflowFactsPtr facts = page.decoder.facts();
  const Result<std::vector<Event>> events = page.decoder.decode_run(run.events);
  if (!events) return std::unexpected(events.error());
  for (std::size_t i = 0; i < events->size() && !page.is_full(); ++i) {
    if (WorkflowFactsPtr others = facts_in((*events)[i])) facts = std::move(others);
    if (facts == nullptr)
      return fail(ErrorCode::corruption,
                  fmt::format("the history of workflow {} does not begin with its creation", in_quotes(id)));
    page.add(run.first_event + i, (*events)[i], *facts);
  }
  page.known = std::move(facts);
  return {};
}

Result<void> read_page(Store& store, const std::string& id, const DefinitionSource& definitions, HistoryPage& page) {
  Result<void> read;
  const auto take = [&](const StoredRun& run) {
    read = prepare(store, id, run, definitions, page);
    if (!read || page.lacks_facts) return false;
    read = read_run(id, run, page);
    return read && !page.is_full();
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
  HistoryPage page{.options = &options, .decoder = EventDecoder(definitions, node.bookmarks().find(id, options.from))};
  Result<void> read = read_page(*store, id, definitions, page);
  if (read && page.lacks_facts) {
    Result<WorkflowFactsPtr> known = co_await facts_now(call, *store, id);
    if (!known) co_return std::unexpected(std::move(known.error()));
    page = {.options = &options, .decoder = EventDecoder(definitions, *known), .assumed = *known};
    read = read_page(*store, id, definitions, page);
  }
  if (!read && read.error().code == ErrorCode::not_found) co_return no_such_workflow(id);
  if (!read) co_return std::unexpected(std::move(read.error()));
  durable = co_await until_durable(call, node.shard_of(id));
  if (!durable) co_return std::unexpected(std::move(durable.error()));
  if (!page.is_full()) {
    node.bookmarks().forget(id);
  } else if (page.known && !page.events.empty() &&
             (page.known != page.assumed || page.known->definition->compensated_tasks().empty())) {
    node.bookmarks().move(options.from, page.events.back().number + 1, std::move(page.known), deletions);
  }
  co_return std::move(page.events);
}

}  // namespace pawl::operations
