// What a RowStore removes of an ended workflow: its rows in all spaces.
#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "persistence/keys.h"
#include "persistence/row_store.h"
#include "persistence/stored_rows.h"

namespace pawl {
namespace {

// A workflow with more rows of one kind has them removed as one range. Many ranges would slow down every read that
// comes near them.
constexpr std::size_t kMostSingleRows = 1000;

// The spaces in which a workflow has several rows.
constexpr std::array kSpacesOfMany = {Space::history, Space::snapshots, Space::dead_letters};

// The keys of the rows of a workflow that is to go.
class RowRemoval final : public Removal {
 public:
  explicit RowRemoval(WorkflowStatus status) : Removal(status.id), status_(std::move(status)) {}

  // What there is of it in `space` now.
  Result<void> read(Rows& rows, Space space) {
    Found& found = found_.emplace_back(Found{.space = space, .keys = {}});
    const std::string prefix = keys::prefix(id);
    return rows.scan(space, {prefix, keys::after(prefix)}, Order::ascending,
                     [&](std::string_view key, std::string_view) {
                       found.keys.emplace_back(key);
                       return found.keys.size() <= kMostSingleRows;
                     });
  }
  void add_to(RowBatch& batch) const {
    batch.remove(Space::checkpoints, id);
    const std::string prefix = keys::prefix(id);
    for (const Found& each : found_) {
      if (each.keys.size() > kMostSingleRows) {
        batch.remove_range(each.space, prefix, keys::after(prefix));
      } else {
        for (const std::string& key : each.keys) batch.remove(each.space, key);
      }
    }
  }
  [[nodiscard]] const WorkflowStatus& status() const { return status_; }

 private:
  struct Found {
    Space space;
    std::vector<std::string> keys;  // all, or more than are removed one by one
  };
  const WorkflowStatus status_;
  std::vector<Found> found_;
};

}  // namespace

// Neither its name nor its time of creation ever changes.
void RowStore::remove_ended(const WorkflowStatus& status, RowBatch& rows) {
  rows.remove(Space::ended, status.id);
  for (const WorkflowState state : kTerminalStates)
    rows.remove(Space::by_state, keys::by_state(state, status.created_at, status.id));
  rows.remove(Space::by_name, keys::by_name(status.name, status.created_at, status.id));
}

// Nothing is read for a commit that could keep it from being made.
void RowStore::remove_replaced(const WorkflowStatus& status, RowBatch& rows) {
  remove_ended(status, rows);
  rows.remove(Space::checkpoints, status.id);
  const std::string prefix = keys::prefix(status.id);
  for (const Space space : kSpacesOfMany) rows.remove_range(space, prefix, keys::after(prefix));
}

Result<std::unique_ptr<Removal>> RowStore::plan_removal(std::string_view id) {
  const Result<std::optional<std::string>> ended = rows_->get(Space::ended, id);
  if (!ended) return std::unexpected(ended.error());
  if (!*ended) {
    const Result<bool> lives = contains(id);
    if (!lives) return std::unexpected(lives.error());
    if (!*lives) return missing_row("workflow", id);
    return fail(ErrorCode::invalid_state, fmt::format("workflow {} has not ended; cancel it first", in_quotes(id)));
  }
  Result<WorkflowSummary> summary = decode_summary(id, **ended);
  if (!summary) return std::unexpected(std::move(summary.error()));
  auto removal = std::make_unique<RowRemoval>(std::move(summary->status));
  for (const Space space : kSpacesOfMany)
    if (Result<void> read = removal->read(*rows_, space); !read) return std::unexpected(std::move(read.error()));
  return removal;
}

void RowStore::add_removal(const Removal& removal, RowBatch& rows) {
  const auto& planned = static_cast<const RowRemoval&>(removal);  // this store's, as all that it is given
  remove_ended(planned.status(), rows);
  planned.add_to(rows);
}

std::function<void()> RowStore::room_made_by(const Commit& commit) {
  struct Room {
    Space space;
    std::string from;
    std::string to;
  };
  std::vector<Room> made;
  for (const WorkflowChange& change : commit.workflows) {
    if (!change.removal) continue;
    const std::string prefix = keys::prefix(change.id());
    for (const Space space : {Space::history, Space::snapshots})
      made.push_back({.space = space, .from = prefix, .to = keys::after(prefix)});
    made.push_back({.space = Space::checkpoints, .from = change.id(), .to = prefix});
  }
  for (const RecordChange& change : commit.records)
    if (!change.value && change.kind == RecordKind::snapshot)
      made.push_back({.space = Space::snapshots, .from = change.key, .to = keys::prefix(change.key)});
  return [this, made = std::move(made)] {
    for (const Room& room : made) rows_->made_room(room.space, {.from = room.from, .to = room.to});
  };
}

}  // namespace pawl
