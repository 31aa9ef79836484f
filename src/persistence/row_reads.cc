// What a RowStore reads.
//
// A row that is not what was written is `corruption` for whoever reads that very thing, and is left out of lists, so
// that one bad row does not hide all others. check_rows() reports it.
#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"
#include "model/encoding.h"
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

// Walks one index from the newest workflow to the oldest one.
class IndexCursor {
 public:
  static Result<IndexCursor> at_newest(Rows& rows, const Index& index, const SummaryQuery& query) {
    std::string to = keys::after(index.prefix);
    if (query.before) to = index.prefix + keys::sortable(*query.before) + query.before_id;
    Result<std::unique_ptr<RowCursor>> row = rows.new_cursor(index.space, {index.prefix, to});
    if (!row) return std::unexpected(std::move(row.error()));
    (*row)->last();
    IndexCursor cursor(index, *std::move(row));
    cursor.skip_damaged();
    return cursor;
  }

  // The time of creation, then the id: by which all indexes are ordered. Empty: there are no more.
  [[nodiscard]] std::string_view order() const {
    return row_->valid() ? row_->key().substr(index_->prefix.size()) : std::string_view();
  }
  // Of a row that is there; valid until the cursor moves.
  [[nodiscard]] keys::Place place() const { return *keys::place_of(row_->key(), index_->prefix.size()); }
  // Whether the row is about a workflow in this state; each one of an index by state is.
  [[nodiscard]] bool is_in(const std::optional<WorkflowState>& state) const {
    const std::string_view value = row_->value();
    return index_->space != Space::by_name || !state || (value.size() == 1 && value[0] == static_cast<char>(*state));
  }
  [[nodiscard]] Result<void> status() const { return row_->valid() ? Result<void>() : row_->status(); }
  void go_back() {
    row_->previous();
    skip_damaged();
  }

 private:
  IndexCursor(const Index& index, std::unique_ptr<RowCursor> row) : index_(&index), row_(std::move(row)) {}

  // A key that names no workflow.
  void skip_damaged() {
    while (row_->valid() && !keys::place_of(row_->key(), index_->prefix.size())) row_->previous();
  }

  const Index* index_;
  std::unique_ptr<RowCursor> row_;
};

// Refuses a summary whose state belongs in another space.
Result<WorkflowSummary> decode_summary_in(Space space, std::string_view id, std::string_view bytes) {
  Result<WorkflowSummary> summary = decode_summary(id, bytes);
  if (summary && is_terminal(summary->status.state) != (space == Space::ended)) return corrupt_row("summary", id);
  return summary;
}

// The summary that an index row leads to. None if the workflow was removed, or lives again, since the index was read;
// and none if either row is damaged: one bad row must not make a list of all others fail.
Result<std::optional<WorkflowSummary>> find_indexed(Rows& rows, const keys::Place& place) {
  const Result<std::optional<std::string>> bytes = rows.get(Space::ended, place.id);
  if (!bytes) return std::unexpected(bytes.error());
  if (!*bytes) return std::nullopt;
  Result<WorkflowSummary> summary = decode_summary_in(Space::ended, place.id, **bytes);
  if (!summary || summary->status.created_at != place.created_at) return std::nullopt;
  return *std::move(summary);
}

bool fits(const SummaryQuery& query, const WorkflowStatus& status) {
  return (!query.state || status.state == *query.state) && (query.name.empty() || status.name == query.name) &&
         (!query.sagas || status.saga);
}

}  // namespace

Result<std::string> RowStore::read_definition(const std::string& hash) {
  Result<std::optional<std::string>> canonical = rows_->get(Space::definitions, to_stored_hash(hash));
  if (!canonical) return std::unexpected(std::move(canonical.error()));
  if (!*canonical) return missing_row("definition", hash);
  return **std::move(canonical);
}

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

std::map<std::string, std::string, std::less<>> RowStore::born() {
  const MutexLock lock(mutex_);
  std::map<std::string, std::string, std::less<>> all = left_.living;
  for (const auto& [listener, births] : births_) births->copy_to(all);
  return all;
}

std::optional<std::string> RowStore::find_born(std::string_view id) {
  const MutexLock lock(mutex_);
  for (const auto& [listener, births] : births_)
    if (std::optional<std::string> summary = births->summary_of(id)) return summary;
  const auto left = left_.living.find(id);
  return left == left_.living.end() ? std::nullopt : std::optional(left->second);
}

std::optional<Error> RowStore::doubt_of(std::string_view id) {
  const MutexLock lock(mutex_);
  const auto found = left_.doubtful.find(id);
  return found == left_.doubtful.end() ? std::nullopt : std::optional(found->second);
}

// Those that are listed, or may be.
Result<std::set<std::string>> RowStore::listed_ids() {
  std::set<std::string> ids;
  for (const auto& [id, summary] : born()) ids.insert(id);
  {
    const MutexLock lock(mutex_);
    for (const auto& [id, why] : left_.doubtful) ids.insert(id);
  }
  if (is_a_list_damaged()) {
    const auto add = [&](const std::string& id) {
      ids.insert(id);
      return true;
    };
    if (Result<void> scanned = scan_histories(add); !scanned) return std::unexpected(std::move(scanned.error()));
  }
  return ids;
}

// Those that are listed come in between. They are looked at first: one that gets a row meanwhile is found there.
Result<void> RowStore::scan_live_ids(const std::function<bool(const std::string& id)>& visit) {
  const Result<std::set<std::string>> listed = listed_ids();
  if (!listed) return std::unexpected(listed.error());
  auto next = listed->begin();
  bool more = true;
  const auto visit_listed = [&](const std::string* before) {
    for (; more && next != listed->end() && (before == nullptr || *next < *before); ++next) more = visit(*next);
    if (before != nullptr && next != listed->end() && *next == *before) ++next;
    return more;
  };
  Result<void> scanned = scan_live_rows([&](const std::string& id) { return more = visit_listed(&id) && visit(id); });
  if (scanned) visit_listed(nullptr);
  return scanned;
}

bool RowStore::is_a_list_damaged() {
  const MutexLock lock(mutex_);
  return left_.damage.has_value();
}

// What may have been listed: it has a history, and no row that says that it has ended.
Result<void> RowStore::scan_histories(const std::function<bool(const std::string& id)>& visit) {
  const Result<std::unique_ptr<RowCursor>> made = rows_->new_cursor(Space::history, {});
  if (!made) return std::unexpected(made.error());
  RowCursor& run = **made;
  std::string id;
  for (run.first();;) {
    for (; run.valid(); run.seek(keys::after(keys::prefix(id)))) {
      id = run.key().substr(0, run.key().find('\0'));
      const Result<std::optional<std::string>> ended = rows_->get(Space::ended, id);
      if (ended && !*ended && keys::is_id(id) && !visit(id)) return {};
    }
    Result<void> read = run.status();
    if (read || read.error().code != ErrorCode::corruption) return read;
    if (!step_over_damage(run, id)) return {};
  }
}

// To a history behind that of `id`, and behind what cannot be read: of ids that other spaces tell, and of texts that
// follow this one.
bool RowStore::step_over_damage(RowCursor& run, const std::string& id) {
  constexpr std::size_t kTried = 10'000;
  constexpr unsigned kLastByte = 0xff;
  std::set<std::string> tried;
  for (const Space space : {Space::live, Space::ended, Space::checkpoints}) {
    const auto add = [&, left = kTried](std::string_view key, std::string_view) mutable {
      if (keys::is_id(key) && key > id) tried.insert(keys::prefix(key));
      return --left > 0;
    };
    (void)rows_->scan(space, {id, {}}, Order::ascending, add);  // as far as it can be read
  }
  for (std::size_t size = id.size(); size > 0; --size)
    for (unsigned byte = static_cast<unsigned char>(id[size - 1]) + 1U; byte <= kLastByte; ++byte)
      tried.insert(id.substr(0, size - 1) + static_cast<char>(byte));
  for (const std::string& key : tried) {
    run.seek(key);
    if (run.valid()) return true;
    if (run.status()) return false;  // nothing comes behind
  }
  return false;
}

// Where a part of the list is damaged, the histories tell which workflows it may have had.
Result<void> RowStore::scan_live_rows(const std::function<bool(const std::string& id)>& visit) {
  const Result<std::unique_ptr<RowCursor>> made = rows_->new_cursor(Space::live, {});
  if (!made) return std::unexpected(made.error());
  RowCursor& live = **made;
  std::optional<std::string> last;
  for (live.first();;) {
    for (; live.valid(); live.next()) {
      if (!keys::is_id(live.key())) continue;
      last = live.key();
      if (!visit(*last)) return {};
    }
    Result<void> read = live.status();
    if (read || read.error().code != ErrorCode::corruption) return read;
    const Result<std::unique_ptr<RowCursor>> runs = rows_->new_cursor(Space::history, {});
    if (!runs) return std::unexpected(runs.error());
    for (;;) {
      (*runs)->seek(last ? keys::after(keys::prefix(*last)) : std::string());
      if (!(*runs)->valid()) return (*runs)->status();
      last = (*runs)->key().substr(0, (*runs)->key().find('\0'));
      live.seek(*last);
      if (live.valid()) break;
      if (live.status()) return {};  // there are none from here on
      const Result<std::optional<std::string>> ended = rows_->get(Space::ended, *last);
      if (ended && !*ended && keys::is_id(*last) && !visit(*last)) return {};
    }
  }
}

Result<bool> RowStore::lives(std::string_view id) {
  if (find_born(id)) return true;
  const Result<std::optional<std::string>> row = rows_->get(Space::live, id);
  if (!row) return std::unexpected(row.error());
  if (*row || !is_a_list_damaged()) return row->has_value();
  const Result<std::optional<std::string>> ended = rows_->get(Space::ended, id);
  if (!ended) return std::unexpected(ended.error());
  return *ended ? Result<bool>(false) : has_state(*rows_, id);
}

Result<bool> RowStore::contains(std::string_view id) {
  if (find_born(id)) return true;
  for (const Space space : {Space::live, Space::ended}) {
    Result<std::optional<std::string>> found = rows_->get(space, id);
    if (!found) return std::unexpected(std::move(found.error()));
    if (*found) return true;
  }
  return is_a_list_damaged() ? has_state(*rows_, id) : Result<bool>(false);
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

Result<StoredSummary> RowStore::read_summary(std::string_view id) {
  if (const std::optional<std::string> born = find_born(id)) {
    Result<WorkflowSummary> summary = decode_summary_in(Space::live, id, *born);
    if (!summary) return std::unexpected(std::move(summary.error()));
    return StoredSummary{.summary = *std::move(summary), .ended = false};
  }
  // A workflow that ends, or lives on, between the two looks is missed by both; then it is where it was first sought.
  for (const Space space : {Space::live, Space::ended, Space::live}) {
    const Result<std::optional<std::string>> row = rows_->get(space, id);
    if (!row) return std::unexpected(row.error());
    if (!*row) continue;
    Result<WorkflowSummary> summary = decode_summary_in(space, id, **row);
    if (!summary) return std::unexpected(std::move(summary.error()));
    return StoredSummary{.summary = *std::move(summary), .ended = space == Space::ended};
  }
  return missing_row("workflow", id);
}

Result<void> RowStore::scan_live_summaries(
    const std::function<bool(std::string_view id, const Result<WorkflowSummary>&)>& visit) {
  std::map<std::string, std::string, std::less<>> listed = born();
  const Result<std::set<std::string>> ids = listed_ids();
  if (!ids) return std::unexpected(ids.error());
  for (const std::string& id : *ids) listed.try_emplace(id);  // nothing is known of it but the id
  auto next = listed.begin();
  bool more = true;
  const auto visit_row = [&](std::string_view id, std::string_view bytes) {
    return more = visit(id, bytes.empty() ? corrupt_row("list", id) : decode_summary_in(Space::live, id, bytes));
  };
  Result<void> scanned =
      rows_->scan(Space::live, {}, Order::ascending, [&](std::string_view key, std::string_view value) {
        if (!keys::is_id(key)) return true;
        for (; more && next != listed.end() && next->first < key; ++next) visit_row(next->first, next->second);
        if (next != listed.end() && next->first == key) ++next;
        return more && visit_row(key, value);
      });
  for (; scanned && more && next != listed.end(); ++next) visit_row(next->first, next->second);
  return scanned;
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

// The newest first, out of all indexes that the query needs; no further than to the last one that is listed.
Result<std::vector<WorkflowSummary>> RowStore::list(const SummaryQuery& query) {
  const std::vector<Index> indexes = indexes_for(query);
  std::vector<IndexCursor> cursors;
  for (const Index& index : indexes) {
    Result<IndexCursor> cursor = IndexCursor::at_newest(*rows_, index, query);
    if (!cursor) return std::unexpected(std::move(cursor.error()));
    cursors.push_back(*std::move(cursor));
  }
  std::vector<WorkflowSummary> summaries;
  while (summaries.size() < query.limit) {
    const auto newest = std::ranges::max_element(cursors, {}, &IndexCursor::order);
    if (newest->order().empty()) break;
    const keys::Place place = newest->place();
    // An index that was looked at earlier may have one that has ended once more since.
    if (newest->is_in(query.state) && (summaries.empty() || summaries.back().status.id != place.id)) {
      Result<std::optional<WorkflowSummary>> summary = find_indexed(*rows_, place);
      if (!summary) return std::unexpected(std::move(summary.error()));
      if (*summary && fits(query, (*summary)->status)) summaries.push_back(**std::move(summary));
    }
    newest->go_back();
  }
  for (const IndexCursor& cursor : cursors)
    if (Result<void> read = cursor.status(); !read) return std::unexpected(std::move(read.error()));
  return summaries;
}

Result<std::vector<std::string>> RowStore::find_expired(WorkflowState state, Timestamp before, std::size_t limit) {
  std::vector<std::string> ids;
  const std::string prefix(1, static_cast<char>(state));
  // What was created later has not ended before.
  const std::string to = prefix + keys::sortable(before);
  Result<void> read;
  Result<void> scanned =
      rows_->scan(Space::by_state, {prefix, to}, Order::ascending, [&](std::string_view key, std::string_view value) {
        if (ids.size() == limit) return false;
        const std::optional<keys::Place> place = keys::place_of(key, prefix.size());
        if (!place || value.size() != keys::kNumberBytes || keys::from_sortable(value) >= before) return true;
        // What cannot be removed would be found before all others each time.
        const Result<std::optional<WorkflowSummary>> summary = find_indexed(*rows_, *place);
        if (!summary) read = std::unexpected(summary.error());
        if (summary && *summary && (*summary)->status.state == state) ids.emplace_back(place->id);
        return read.has_value();
      });
  if (!scanned) return std::unexpected(std::move(scanned.error()));
  if (!read) return std::unexpected(std::move(read.error()));
  return ids;
}

Result<void> RowStore::scan_dead_letters(const DeadLetterId* after, std::string_view workflow,
                                         const std::function<bool(const DeadLetter&)>& visit) {
  std::string from = workflow.empty() ? std::string() : keys::prefix(workflow);
  const std::string to = workflow.empty() ? std::string() : keys::after(from);
  if (after != nullptr) from = std::max(from, keys::dead_letter(*after).append(1, '\0'));
  return rows_->scan(Space::dead_letters, {from, to}, Order::ascending,
                     [&](std::string_view key, std::string_view value) {
                       const Result<DeadLetter> letter = decode_dead_letter(key, value);
                       return !letter || visit(*letter);
                     });
}

Result<std::vector<StoredPolicy>> RowStore::list_policies() {
  std::vector<StoredPolicy> policies;
  Result<void> scanned =
      rows_->scan(Space::policies, {}, Order::ascending, [&](std::string_view key, std::string_view value) {
        Result<StoredPolicy> policy = decode_policy(key, value);
        if (policy) {
          policies.push_back(*std::move(policy));
        } else {  // workflows that refer to it are about to go without
          log().error("{}; define the policy again", describe(policy.error()));
        }
        return true;
      });
  if (!scanned) return std::unexpected(std::move(scanned.error()));
  return policies;
}

Result<StoredSnapshot> RowStore::read_snapshot(std::string_view workflow, std::string_view id) {
  const std::string key = keys::snapshot(workflow, id);
  const Result<std::optional<std::string>> bytes = rows_->get(Space::snapshots, key);
  if (!bytes) return std::unexpected(bytes.error());
  if (!*bytes) return missing_row("snapshot", id);
  return decode_snapshot(key, **bytes);
}

Result<std::vector<StoredSnapshot>> RowStore::list_snapshots(std::string_view workflow) {
  const std::string prefix = keys::prefix(workflow);
  std::vector<StoredSnapshot> snapshots;
  Result<void> scanned = rows_->scan(Space::snapshots, {prefix, keys::after(prefix)}, Order::ascending,
                                     [&](std::string_view key, std::string_view value) {
                                       Result<StoredSnapshot> snapshot = decode_snapshot(key, value);
                                       if (!snapshot) return true;
                                       snapshot->state.clear();
                                       snapshots.push_back(*std::move(snapshot));
                                       return true;
                                     });
  if (!scanned) return std::unexpected(std::move(scanned.error()));
  return snapshots;
}

}  // namespace pawl
