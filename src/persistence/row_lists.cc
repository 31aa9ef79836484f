// Lists of what a RowStore keeps: summaries, expired workflows, dead letters.
//
// A row that is not what was written is `corruption` for whoever reads that very thing, and is left out of lists, so
// that one bad row does not hide all others. check_rows() reports it.
#include <algorithm>
#include <optional>
#include <utility>

#include "persistence/keys.h"
#include "persistence/row_store.h"
#include "persistence/stored_rows.h"

namespace pawl {
namespace {

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

}  // namespace pawl
