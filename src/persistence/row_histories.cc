// The histories and states of workflows in a RowStore.
#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include "persistence/keys.h"
#include "persistence/row_store.h"
#include "persistence/stored_rows.h"

namespace pawl {
namespace {

// Moves on to the first row from `key` on. Mostly it is a few rows away, and stepping there is cheaper than looking for
// it.
void go_on_to(RowCursor& row, std::string_view key) {
  constexpr int kSteps = 8;
  if (!row.valid() && !row.status()) row.seek(key);  // what could not be read lies behind now
  for (int i = 0; i < kSteps && row.valid() && row.key() < key; ++i) row.next();
  if (row.valid() && row.key() < key) row.seek(key);
}

// Where a workflow's rows are found; a scan of all keeps them from one to the next.
struct WorkflowCursors {
  std::unique_ptr<RowCursor> history;
  std::unique_ptr<RowCursor> checkpoints;
};

Result<void> read_checkpoint(RowCursor& row, StoredWorkflow& workflow, std::uint64_t& events) {
  go_on_to(row, workflow.id);
  if (!row.valid() || row.key() != workflow.id) return row.status();
  const Result<StoredCheckpoint> checkpoint = decode_checkpoint(workflow.id, row.value());
  if (!checkpoint) return std::unexpected(checkpoint.error());
  workflow.checkpoint = checkpoint->state;
  events = checkpoint->events;
  return {};
}

// The checkpoint, and the history since.
Result<void> read_state(const WorkflowCursors& rows, StoredWorkflow& workflow) {
  std::uint64_t from = 0;
  if (Result<void> read = read_checkpoint(*rows.checkpoints, workflow, from); !read) return read;
  RowCursor& run = *rows.history;
  const std::string prefix = keys::prefix(workflow.id);
  for (go_on_to(run, prefix + keys::big_endian(from)); run.valid() && run.key().starts_with(prefix); run.next()) {
    const std::optional<std::uint64_t> first = keys::event_of(run.key(), workflow.id);
    if (!first) return corrupt_row("history", workflow.id);
    workflow.runs.push_back({.first_event = *first, .events = std::string(run.value())});
  }
  return run.valid() ? Result<void>() : run.status();  // where it stands, what was damaged lies behind
}

// What happened to the workflow after its end lies behind its tail.
void insert_in_order(std::vector<StoredRun>& runs, StoredRun tail) {
  const auto behind = std::ranges::upper_bound(runs, tail.first_event, {}, &StoredRun::first_event);
  runs.insert(behind, std::move(tail));
}

// History is looked at before the checkpoints, so that a checkpoint that is made, and history that is forgotten,
// meanwhile leave no gap between the two.
Result<WorkflowCursors> cursors_of(Rows& rows, const KeyRange& history, const KeyRange& checkpoints) {
  Result<std::unique_ptr<RowCursor>> runs = rows.new_cursor(Space::history, history);
  if (!runs) return std::unexpected(std::move(runs.error()));
  (*runs)->first();
  Result<std::unique_ptr<RowCursor>> states = rows.new_cursor(Space::checkpoints, checkpoints);
  if (!states) return std::unexpected(std::move(states.error()));
  (*states)->first();
  return WorkflowCursors{.history = *std::move(runs), .checkpoints = *std::move(states)};
}

}  // namespace

Result<void> RowStore::scan_live(const std::function<bool(std::string_view id)>& wanted,
                                 const std::function<bool(Result<StoredWorkflow>)>& visit) {
  const Result<WorkflowCursors> rows = cursors_of(*rows_, {}, {});
  if (!rows) return std::unexpected(rows.error());
  return scan_live_ids([&](const std::string& id) {
    if (!wanted(id)) return true;
    if (std::optional<Error> doubt = doubt_of(id)) return visit(StoredWorkflow{.id = id, .damage = std::move(doubt)});
    Result<StoredWorkflow> workflow = StoredWorkflow{.id = id};
    const Result<void> read = read_state(*rows, *workflow);
    if (!read && read.error().code != ErrorCode::corruption) {
      workflow = std::unexpected(read.error());
    } else if (!read || (workflow->runs.empty() && workflow->checkpoint.empty())) {
      // The cursors saw damage, which may be that of its neighbour, or do not see it, for it is newer than they are.
      workflow = read_workflow(id);
      // It alone cannot be read; whoever takes up the others is to know.
      if (!workflow && workflow.error().code == ErrorCode::corruption)
        workflow = StoredWorkflow{.id = id, .damage = std::move(workflow.error())};
    }
    return visit(std::move(workflow));
  });
}

Result<StoredWorkflow> RowStore::read_workflow(std::string_view id) {
  const std::string prefix = keys::prefix(id);
  const std::string end = keys::after(prefix);
  // One that ends, or lives again, between the looks is looked at once more.
  for (;;) {
    StoredWorkflow workflow{.id = std::string(id)};
    const Result<std::optional<std::string>> before = rows_->get(Space::ended, id);
    if (!before) return std::unexpected(before.error());
    const Result<WorkflowCursors> rows = cursors_of(*rows_, {prefix, end}, {id, prefix});
    if (!rows) return std::unexpected(rows.error());
    const Result<bool> living = lives(id);
    if (!living) return std::unexpected(living.error());
    if (!*living) {
      const Result<std::optional<std::string>> ended = rows_->get(Space::ended, id);
      if (!ended) return std::unexpected(ended.error());
      if (*ended != *before) continue;
      if (!*ended) return missing_row("workflow", id);
      workflow.ended = true;
    }
    if (Result<void> read = read_state(*rows, workflow); !read) return std::unexpected(std::move(read.error()));
    if (!workflow.ended) return workflow;
    Result<std::optional<StoredRun>> tail = decode_tail(id, **before);
    if (!tail) return std::unexpected(std::move(tail.error()));
    if (*tail) insert_in_order(workflow.runs, **std::move(tail));
    return workflow;
  }
}

// It begins at `event` or before.
Result<std::optional<std::string>> RowStore::run_of(std::string_view id, std::uint64_t event) {
  std::optional<std::string> run;
  const std::string end = keys::history(id, event).append(1, '\0');  // the first key after it
  Result<void> scanned = rows_->scan(Space::history, {keys::prefix(id), end}, Order::descending,
                                     [&](std::string_view key, std::string_view) {
                                       if (keys::event_of(key, id)) run = key;
                                       return !run;
                                     });
  if (!scanned) return std::unexpected(std::move(scanned.error()));
  return run;
}

// The run that holds the first event to keep is kept as a whole. What cannot be found out now is forgotten later.
void RowStore::forget_history(std::string_view id, std::uint64_t before, RowBatch& rows) {
  const Result<std::optional<std::string>> kept = run_of(id, before);
  if (kept && *kept) rows.remove_range(Space::history, keys::prefix(id), **kept);
}

Result<void> RowStore::scan_history(std::string_view id, std::uint64_t from, std::size_t limit,
                                    const std::function<bool(const StoredRun&)>& visit) {
  const Result<bool> known = contains(id);
  if (!known) return std::unexpected(known.error());
  if (!*known) return missing_row("workflow", id);
  // Looked for before the rows are, so that all that came before it are among them.
  Result<std::optional<StoredRun>> tail = tail_of(id);
  if (!tail) return std::unexpected(std::move(tail.error()));
  const Result<std::optional<std::string>> first = run_of(id, from);
  if (!first) return std::unexpected(first.error());
  std::string begin = first->value_or(keys::history(id, from));
  // The run that holds `from` is the later one of the two.
  if (*tail && (*tail)->first_event <= from) {
    const std::string key = keys::history(id, (*tail)->first_event);
    if (!*first || **first < key)
      begin = key;
    else
      tail->reset();
  }
  const std::string end = keys::after(keys::prefix(id));
  const auto is_wanted = [&](std::uint64_t event) { return event <= from || event - from < limit; };
  bool more = true;
  // The tail in its place, unless a row has taken it meanwhile, for the workflow lives again.
  const auto visit_tail = [&](std::optional<std::uint64_t> next) {
    if (!*tail || (next && (*tail)->first_event > *next)) return;
    const std::optional<StoredRun> run = std::exchange(*tail, std::nullopt);
    if (next == run->first_event || !is_stored(id, *run)) return;
    more = is_wanted(run->first_event) && visit(*run);
  };
  Result<void> keyed;
  Result<void> scanned =
      rows_->scan(Space::history, {begin, end}, Order::ascending, [&](std::string_view key, std::string_view value) {
        const std::optional<std::uint64_t> event = keys::event_of(key, id);
        if (!event) keyed = corrupt_row("history", id);
        if (event) visit_tail(event);
        return more =
                   more && event && is_wanted(*event) && visit({.first_event = *event, .events = std::string(value)});
      });
  if (!scanned || !keyed) return scanned ? keyed : scanned;
  if (more) visit_tail(std::nullopt);
  return {};
}

bool RowStore::is_stored(std::string_view id, const StoredRun& tail) {
  const Result<std::optional<StoredRun>> there = tail_of(id);
  if (there && *there && (*there)->first_event == tail.first_event && (*there)->events == tail.events) return true;
  const Result<std::optional<std::string>> row = rows_->get(Space::history, keys::history(id, tail.first_event));
  return row && *row == tail.events;
}

Result<std::optional<StoredRun>> RowStore::tail_of(std::string_view id) {
  const Result<std::optional<std::string>> ended = rows_->get(Space::ended, id);
  if (!ended) return std::unexpected(ended.error());
  if (!*ended) return std::nullopt;
  return decode_tail(id, **ended);
}

// The row that it is in is about to be replaced or removed.
Result<void> RowStore::put_tail(const std::string& id, RowBatch& rows) {
  const Result<std::optional<StoredRun>> tail = tail_of(id);
  if (tail && *tail) rows.put(Space::history, keys::history(id, (*tail)->first_event), (*tail)->events);
  // What is damaged is lost, and known by it; it must not keep all others from going on.
  if (tail || tail.error().code == ErrorCode::corruption) return {};
  return std::unexpected(tail.error());
}

}  // namespace pawl
