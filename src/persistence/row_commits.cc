// What a RowStore writes of a change.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "model/event_rows.h"
#include "persistence/keys.h"
#include "persistence/row_store.h"
#include "persistence/stored_rows.h"

namespace pawl {
namespace {

// A last run of at most so many bytes lies in the row of its ended workflow. Lists read that row.
constexpr std::size_t kMostTail = 512;
// A workflow of more actions has its dead letters removed as one range.
constexpr std::size_t kMostSingleRows = 1000;

// Whether the workflow may have ended before these events, so that it is listed as ended until now: it was restored, or
// it is kept without the events that led here.
bool may_have_ended_before(const WorkflowChange& change) {
  const auto may_revive = [](const Event& event) { return contains(kinds_where(&EventRow::may_revive), event); };
  return change.events.empty() ||
         std::ranges::any_of(change.events, [&](const auto& piece) { return std::ranges::any_of(piece, may_revive); });
}

// Whether the workflow was listed as ended already, and still is: it was given another definition, for example.
bool had_ended_before(const WorkflowChange& change) {
  const auto ends = [](const Event& event) { return contains(kinds_where(&EventRow::ends), event); };
  return std::ranges::none_of(change.events, [&](const auto& piece) { return std::ranges::any_of(piece, ends); });
}

}  // namespace

Result<void> RowStore::add_workflow(const WorkflowChange& change, RowBatch& rows, Scratch& scratch) {
  const std::string& id = change.facts->id.text();
  if (change.replaced) [[unlikely]]
    remove_replaced(change.replaced->status, rows);
  scratch.tail.events.clear();
  if (!change.events.empty())
    if (Result<void> added = add_events(change, rows, scratch); !added) return added;
  if (!change.checkpoint.empty()) {
    std::uint64_t events = change.first_event;
    for (const auto& piece : change.events) events += piece.size();
    rows.put(Space::checkpoints, id, encode(StoredCheckpoint{.events = events, .state = change.checkpoint}));
  }
  if (change.summary) add_summary(change, rows, scratch);
  if (change.letters) add_letters(change, rows);
  if (change.history_from > 0) forget_history(id, change.history_from, rows);
  return {};
}

// One row for all of them; where that would be too large, which a few results can be together, one for each.
Result<void> RowStore::add_events(const WorkflowChange& change, RowBatch& rows, Scratch& scratch) {
  const std::string& id = change.facts->id.text();
  scratch.bytes.clear();
  if (scratch.encoder.encode(change.events, scratch.bytes, change.by)) [[likely]] {
    const bool ends = change.summary && is_terminal(change.summary->status.state) && !had_ended_before(change);
    if (ends && change.checkpoint.empty() && change.history_from == 0 && scratch.bytes.size() <= kMostTail) {
      scratch.tail.first_event = change.first_event;
      scratch.tail.events.swap(scratch.bytes);
      return {};
    }
    rows.put(Space::history, keys::history(id, change.first_event), scratch.bytes);
    return {};
  }
  std::uint64_t number = change.first_event;
  for (std::size_t piece = 0; piece < change.events.size(); ++piece) {
    const auto by = change.by.subspan(std::min(piece, change.by.size()));
    for (const Event& event : change.events[piece]) {
      const std::span<const Event> alone(&event, 1);
      scratch.bytes.clear();
      if (Result<void> encoded = scratch.encoder.encode(std::span(&alone, 1), scratch.bytes, by); !encoded)
        return std::unexpected(std::move(encoded.error()).within(fmt::format("workflow {}", in_quotes(id))));
      rows.put(Space::history, keys::history(id, number++), scratch.bytes);
    }
  }
  return {};
}

// All that the tasks of the workflow may have.
void RowStore::remove_letters(const WorkflowFacts& facts, RowBatch& rows) {
  const Definition& definition = *facts.definition;
  const std::string& id = facts.id.text();
  if (definition.action_count() > kMostSingleRows)
    return rows.remove_range(Space::dead_letters, keys::prefix(id), keys::after(keys::prefix(id)));
  for (TaskIndex task = 0; task < definition.task_count(); ++task) {
    DeadLetterId letter{.workflow = id, .task = std::string(definition.task_id(task))};
    rows.remove(Space::dead_letters, keys::dead_letter(letter));
    if (!definition.compensation_of(task)) continue;
    letter.compensation = true;
    rows.remove(Space::dead_letters, keys::dead_letter(letter));
  }
}

void RowStore::add_letters(const WorkflowChange& change, RowBatch& rows) {
  if (change.letters->anew) remove_letters(*change.facts, rows);
  for (const LetterChanges::Change& each : change.letters->changes) {
    const std::string key = keys::dead_letter(each.letter.id);
    if (each.removed) {
      rows.remove(Space::dead_letters, key);
    } else {
      rows.put(Space::dead_letters, key, encode(each.letter));
    }
  }
}

void RowStore::add_summary(const WorkflowChange& change, RowBatch& rows, Scratch& scratch) {
  const WorkflowStatus& status = change.summary->status;
  // Before it is put again, too: a row that is removed by remove_once may have been put only once.
  if (change.first_event > 0 && !scratch.births->take(status.id)) rows.remove_once(Space::live, status.id);
  if (change.first_event > 0 && may_have_ended_before(change)) {
    remove_ended(status, rows);
    scratch.reopened.push_back(status.id);
  } else if (change.first_event > 0 && is_terminal(status.state) && had_ended_before(change)) {
    scratch.reopened.push_back(status.id);
  }
  encode(*change.summary, scratch.bytes);
  if (!scratch.tail.events.empty()) append_tail(scratch.tail, scratch.bytes);
  if (!is_terminal(status.state)) {
    if (change.first_event > 0)
      rows.put(Space::live, status.id, scratch.bytes);
    else
      scratch.births->add(status.id, scratch.bytes);
    return;
  }
  rows.put(Space::ended, status.id, scratch.bytes);
  rows.put(Space::by_state, keys::by_state(status.state, status.created_at, status.id),
           keys::sortable(status.completed_at.value_or(status.created_at)));
  rows.put(Space::by_name, keys::by_name(status.name, status.created_at, status.id),
           std::string(1, static_cast<char>(status.state)));
}

}  // namespace pawl
