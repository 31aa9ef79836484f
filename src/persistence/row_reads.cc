// What a RowStore reads.
#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "model/encoding.h"
#include "persistence/keys.h"
#include "persistence/row_store.h"
#include "persistence/stored_rows.h"

namespace pawl {
namespace {

std::unexpected<Error> missing(std::string_view what, std::string_view id) {
  return fail(ErrorCode::not_found, fmt::format("there is no {} {}", what, in_quotes(id)));
}

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
  for (go_on_to(run, keys::history(workflow.id, from)); run.valid(); run.next()) {
    const std::optional<std::uint64_t> first = keys::event_of(run.key(), workflow.id);
    if (!first) return {};
    workflow.runs.push_back({.first_event = *first, .events = std::string(run.value())});
  }
  return run.status();
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

// One index, or the part of it that begins with `prefix`; the time of creation and the id follow.
struct Index {
  Space space;
  std::string prefix;
};

std::vector<Index> indexes_for(const SummaryQuery& query) {
  if (!query.name.empty()) return {{.space = Space::by_name, .prefix = keys::prefix(query.name)}};
  std::vector<Index> indexes;
  for (const WorkflowState state : kTerminalStates)
    if (!query.state || *query.state == state)
      indexes.push_back({.space = Space::by_state, .prefix = std::string(1, static_cast<char>(state))});
  return indexes;
}

// Whether a row of the index by name is about a workflow in this state; one of the index by state is.
bool is_in_state(const Index& index, std::string_view value, const std::optional<WorkflowState>& state) {
  return index.space != Space::by_name || !state || (value.size() == 1 && value[0] == static_cast<char>(*state));
}

}  // namespace

Result<std::string> RowStore::read_definition(const std::string& hash) {
  Result<std::optional<std::string>> canonical = rows_->get(Space::definitions, to_stored_hash(hash));
  if (!canonical) return std::unexpected(std::move(canonical.error()));
  if (!*canonical) return missing("definition", hash);
  return **std::move(canonical);
}

Result<void> RowStore::scan_live(const std::function<bool(std::string_view id)>& wanted,
                                 const std::function<bool(Result<StoredWorkflow>)>& visit) {
  const Result<WorkflowCursors> rows = cursors_of(*rows_, {}, {});
  if (!rows) return std::unexpected(rows.error());
  const Result<std::unique_ptr<RowCursor>> made = rows_->new_cursor(Space::live, {});
  if (!made) return std::unexpected(made.error());
  RowCursor& live = **made;
  for (live.first(); live.valid(); live.next()) {
    if (!wanted(live.key())) continue;
    Result<StoredWorkflow> workflow = StoredWorkflow{.id = std::string(live.key())};
    if (Result<void> read = read_state(*rows, *workflow); !read) {
      workflow = std::unexpected(std::move(read.error()));
    } else if (workflow->runs.empty() && workflow->checkpoint.empty()) {
      // Newer than what the cursors see.
      workflow = read_workflow(workflow->id);
    }
    if (!visit(std::move(workflow))) return {};
  }
  return live.status();
}

Result<bool> RowStore::contains(std::string_view id) {
  for (const Space space : {Space::live, Space::ended}) {
    Result<std::optional<std::string>> found = rows_->get(space, id);
    if (!found) return std::unexpected(std::move(found.error()));
    if (*found) return true;
  }
  return false;
}

Result<StoredWorkflow> RowStore::read_workflow(std::string_view id) {
  StoredWorkflow workflow{.id = std::string(id)};
  const std::string prefix = keys::prefix(id);
  const std::string end = keys::after(prefix);
  const Result<WorkflowCursors> rows = cursors_of(*rows_, {prefix, end}, {id, prefix});
  if (!rows) return std::unexpected(rows.error());
  const Result<std::optional<std::string>> live = rows_->get(Space::live, id);
  if (!live) return std::unexpected(live.error());
  if (!*live) {
    const Result<std::optional<std::string>> ended = rows_->get(Space::ended, id);
    if (!ended) return std::unexpected(ended.error());
    if (!*ended) return missing("workflow", id);
    workflow.ended = true;
  }
  if (Result<void> read = read_state(*rows, workflow); !read) return std::unexpected(std::move(read.error()));
  return workflow;
}

// It begins at `event` or before.
Result<std::optional<std::string>> RowStore::run_of(std::string_view id, std::uint64_t event) {
  std::optional<std::string> run;
  const std::string end = keys::history(id, event).append(1, '\0');  // the first key after it
  Result<void> scanned = rows_->scan(Space::history, {keys::prefix(id), end}, Order::descending,
                                     [&](std::string_view key, std::string_view) {
                                       run = key;
                                       return false;
                                     });
  if (!scanned) return std::unexpected(std::move(scanned.error()));
  return run;
}

Result<std::vector<StoredRun>> RowStore::read_history(std::string_view id, std::uint64_t from, std::size_t limit) {
  const Result<bool> known = contains(id);
  if (!known) return std::unexpected(known.error());
  if (!*known) return missing("workflow", id);
  const Result<std::optional<std::string>> first = run_of(id, from);
  if (!first) return std::unexpected(first.error());
  const std::string begin = first->value_or(keys::history(id, from));
  const std::string end = keys::after(keys::prefix(id));
  std::vector<StoredRun> runs;
  Result<void> scanned =
      rows_->scan(Space::history, {begin, end}, Order::ascending, [&](std::string_view key, std::string_view value) {
        const std::optional<std::uint64_t> event = keys::event_of(key, id);
        if (!event) return true;  // no row of ours, which pawl doctor says
        if (*event > from && *event - from >= limit) return false;
        runs.push_back({.first_event = *event, .events = std::string(value)});
        return true;
      });
  if (!scanned) return std::unexpected(std::move(scanned.error()));
  return runs;
}

Result<std::vector<WorkflowSummary>> RowStore::list(const SummaryQuery& query) {
  std::vector<std::pair<std::string, std::string>> found;  // time and id, id
  for (const Index& index : indexes_for(query)) {
    std::string to = keys::after(index.prefix);
    if (query.before) to = index.prefix + keys::sortable(*query.before) + query.before_id;
    std::size_t taken = 0;
    Result<void> scanned = rows_->scan(index.space, {index.prefix, to}, Order::descending,
                                       [&](std::string_view key, std::string_view value) {
                                         if (taken == query.limit) return false;
                                         if (!is_in_state(index, value, query.state)) return true;
                                         const std::string_view rest = key.substr(index.prefix.size());
                                         found.emplace_back(rest, rest.substr(keys::kNumberBytes));
                                         return ++taken < query.limit;
                                       });
    if (!scanned) return std::unexpected(std::move(scanned.error()));
  }
  std::ranges::sort(found, std::greater<>());
  if (found.size() > query.limit) found.resize(query.limit);
  std::vector<WorkflowSummary> summaries;
  for (const auto& [key, id] : found) {
    const Result<std::optional<std::string>> bytes = rows_->get(Space::ended, id);
    if (!bytes) return std::unexpected(bytes.error());
    if (!*bytes) continue;  // removed, or alive again, since the index was read
    Result<WorkflowSummary> summary = decode_summary(id, **bytes);
    if (!summary) return std::unexpected(std::move(summary.error()));
    summaries.push_back(*std::move(summary));
  }
  return summaries;
}

Result<std::vector<std::string>> RowStore::find_expired(WorkflowState state, Timestamp before, std::size_t limit) {
  std::vector<std::string> ids;
  const std::string prefix(1, static_cast<char>(state));
  // What was created later has not ended before.
  const std::string to = prefix + keys::sortable(before);
  Result<void> scanned =
      rows_->scan(Space::by_state, {prefix, to}, Order::ascending, [&](std::string_view key, std::string_view value) {
        if (ids.size() == limit) return false;
        if (value.size() == keys::kNumberBytes && keys::from_sortable(value) < before)
          ids.emplace_back(key.substr(prefix.size() + keys::kNumberBytes));
        return true;
      });
  if (!scanned) return std::unexpected(std::move(scanned.error()));
  return ids;
}

Result<void> RowStore::scan_dead_letters(const DeadLetterId* after, std::string_view workflow,
                                         const std::function<bool(const DeadLetter&)>& visit) {
  std::string from = workflow.empty() ? std::string() : keys::prefix(workflow);
  const std::string to = workflow.empty() ? std::string() : keys::after(from);
  if (after != nullptr) from = std::max(from, keys::dead_letter(*after).append(1, '\0'));
  Result<void> decoded;
  Result<void> scanned =
      rows_->scan(Space::dead_letters, {from, to}, Order::ascending, [&](std::string_view key, std::string_view value) {
        const Result<DeadLetter> letter = decode_dead_letter(key, value);
        if (letter) return visit(*letter);
        decoded = std::unexpected(letter.error());
        return false;
      });
  return scanned ? decoded : scanned;
}

Result<std::vector<StoredPolicy>> RowStore::list_policies() {
  std::vector<StoredPolicy> policies;
  Result<void> decoded;
  Result<void> scanned =
      rows_->scan(Space::policies, {}, Order::ascending, [&](std::string_view key, std::string_view value) {
        Result<StoredPolicy> policy = decode_policy(key, value);
        if (!policy) {
          decoded = std::unexpected(std::move(policy.error()));
          return false;
        }
        policies.push_back(*std::move(policy));
        return true;
      });
  if (!scanned) return std::unexpected(std::move(scanned.error()));
  if (!decoded) return std::unexpected(std::move(decoded.error()));
  return policies;
}

Result<StoredSnapshot> RowStore::read_snapshot(std::string_view workflow, std::string_view id) {
  const Result<std::optional<std::string>> bytes = rows_->get(Space::snapshots, keys::snapshot(workflow, id));
  if (!bytes) return std::unexpected(bytes.error());
  if (!*bytes) return missing("snapshot", id);
  return decode_snapshot(id, **bytes);
}

Result<std::vector<StoredSnapshot>> RowStore::list_snapshots(std::string_view workflow) {
  const std::string prefix = keys::prefix(workflow);
  std::vector<StoredSnapshot> snapshots;
  Result<void> decoded;
  Result<void> scanned = rows_->scan(Space::snapshots, {prefix, keys::after(prefix)}, Order::ascending,
                                     [&](std::string_view key, std::string_view value) {
                                       Result<StoredSnapshot> snapshot =
                                           decode_snapshot(key.substr(prefix.size()), value);
                                       if (!snapshot) {
                                         decoded = std::unexpected(std::move(snapshot.error()));
                                         return false;
                                       }
                                       snapshot->state.clear();
                                       snapshots.push_back(*std::move(snapshot));
                                       return true;
                                     });
  if (!scanned) return std::unexpected(std::move(scanned.error()));
  if (!decoded) return std::unexpected(std::move(decoded.error()));
  return snapshots;
}

}  // namespace pawl
