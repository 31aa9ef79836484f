#include "persistence/row_store.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"
#include "model/event_rows.h"
#include "persistence/keys.h"
#include "persistence/stored_rows.h"

namespace pawl {
namespace {

constexpr std::string_view kFormatKey = "format";
constexpr std::string_view kEpochKey = "epoch";
constexpr std::string_view kReleasedKey = "released";
// The last format that is raised when a directory is opened: it made spaces. Later ones are when something is
// committed.
constexpr std::uint64_t kFormatOfSpaces = 2;
// A last run of at most so many bytes lies in the row of its ended workflow. Lists read that row.
constexpr std::size_t kMostTail = 512;
// So many hashes of definitions are remembered; beyond that they are written again, which changes nothing.
constexpr std::size_t kKnownDefinitions = 10'000;
// So many empty batches are kept for later.
constexpr std::size_t kSpareBatches = 16;
// A workflow with more rows of one kind has them removed as one range. Many ranges would slow down every read that
// comes near them.
constexpr std::size_t kMostSingleRows = 1000;

Result<std::uint64_t> read_number(Rows& rows, std::string_view key, std::uint64_t otherwise) {
  Result<std::optional<std::string>> bytes = rows.get(Space::meta, key);
  if (!bytes) return std::unexpected(std::move(bytes.error()));
  if (!*bytes) return otherwise;
  if ((*bytes)->size() != keys::kNumberBytes) return corrupt_row("number", key);
  return keys::from_big_endian(**bytes);
}

void put_number(RowBatch& batch, std::string_view key, std::uint64_t number) {
  batch.put(Space::meta, key, keys::big_endian(number));
}

// That the owner of these epochs, one process, has ended in order.
std::string note_end_of(std::uint64_t first, std::uint64_t last) { return fmt::format("released {} {}", first, last); }

bool notes_end_of(std::string_view note, std::uint64_t epoch) {
  constexpr std::string_view kWord = "released ";
  if (!note.starts_with(kWord)) return false;
  note.remove_prefix(kWord.size());
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  const char* const end = note.end();
  const auto [behind, error] = std::from_chars(note.begin(), end, first);
  return error == std::errc() && behind != end && std::from_chars(behind + 1, end, last).ec == std::errc() &&
         first <= epoch && epoch <= last;
}

// Whether the workflow may have ended before these events, so that it is listed as ended until now: it was restored, or
// it is kept without the events that led here.
bool may_have_ended_before(const WorkflowCommit& commit) {
  const auto may_revive = [](const Event& event) { return contains(kinds_where(&EventRow::may_revive), event); };
  return commit.events.empty() ||
         std::ranges::any_of(commit.events, [&](const auto& piece) { return std::ranges::any_of(piece, may_revive); });
}

// Whether the workflow was listed as ended already, and still is: it was given another definition, for example.
bool had_ended_before(const WorkflowCommit& commit) {
  const auto ends = [](const Event& event) { return contains(kinds_where(&EventRow::ends), event); };
  return std::ranges::none_of(commit.events, [&](const auto& piece) { return std::ranges::any_of(piece, ends); });
}

// Neither its name nor its time of creation ever changes, so these are all the rows it can have as an ended one.
void remove_ended(const WorkflowStatus& status, RowBatch& rows) {
  rows.remove(Space::ended, status.id);
  for (const WorkflowState state : kTerminalStates)
    rows.remove(Space::by_state, keys::by_state(state, status.created_at, status.id));
  rows.remove(Space::by_name, keys::by_name(status.name, status.created_at, status.id));
}

}  // namespace

RowStore::RowStore(std::unique_ptr<Rows> rows, const CommitQueueOptions& options, const BirthLimits& births)
    : rows_(std::move(rows)),
      birth_limits_(births),
      queue_(*rows_, options, [this](std::unique_ptr<RowBatch> batch, const std::optional<Error>& failure) {
        if (failure && failure->code != ErrorCode::fenced) read_lists_again();
        const MutexLock lock(mutex_);
        if (!failure)
          for (const auto& [listener, listed] : births_) listed->written(*batch);
        batch->clear();
        if (spare_.size() < kSpareBatches) spare_.push_back(std::move(batch));
      }) {}

RowStore::~RowStore() = default;

Result<std::unique_ptr<RowStore>> RowStore::open(std::unique_ptr<Rows> rows, const CommitQueueOptions& options,
                                                 const BirthLimits& births) {
  const Result<std::uint64_t> format = read_number(*rows, kFormatKey, 0);
  if (!format) return std::unexpected(format.error());
  if (*format > kStorageFormat)
    return fail(
        ErrorCode::invalid_state,
        fmt::format("it was written by a newer version of Pawl (storage format {}; this version reads up to {})",
                    *format, kStorageFormat));
  if (*format < kFormatOfSpaces && !rows->is_read_only()) {
    const std::unique_ptr<RowBatch> batch = rows->new_batch();
    put_number(*batch, kFormatKey, *format == 0 ? kStorageFormat : kFormatOfSpaces);
    if (Result<void> written = rows->write(*batch, Sync::yes); !written)
      return std::unexpected(std::move(written.error()));
  }
  const Result<std::uint64_t> epoch = read_number(*rows, kEpochKey, 0);
  if (!epoch) return std::unexpected(epoch.error());
  Result<StoredBirths> left = read_births(*rows);
  if (!left) return std::unexpected(std::move(left.error()));
  std::unique_ptr<RowStore> store(new RowStore(std::move(rows), options, births));
  {
    const MutexLock lock(store->mutex_);
    store->left_ = *std::move(left);
  }
  store->epoch_ = store->epoch_before_ = *epoch;
  return store;
}

Result<Ownership> RowStore::acquire() {
  const std::uint64_t epoch = ++epoch_;
  bool clean = false;
  const Result<void> taken = queue_.change_owner(Epoch(epoch), [&]() -> Result<void> {
    if (Result<void> mended = rows_->mend(); !mended) return mended;
    const Result<std::uint64_t> before = read_number(*rows_, kEpochKey, 0);
    const Result<std::uint64_t> released = read_number(*rows_, kReleasedKey, 0);
    if (!before) return std::unexpected(before.error());
    if (!released) return std::unexpected(released.error());
    const Result<std::uint64_t> format = read_number(*rows_, kFormatKey, 0);
    if (!format) return std::unexpected(format.error());
    raised_ = *format == kStorageFormat;
    clean = *released == *before || notes_end_of(rows_->note(), *before);
    {
      const MutexLock lock(mutex_);
      known_definitions_.clear();  // what was written since the last sync may be gone
    }
    renew_identity();
    const std::unique_ptr<RowBatch> batch = rows_->new_batch();
    if (Result<void> taken_over = take_over_births(*batch); !taken_over) return taken_over;
    if (rows_->is_read_only()) return {};
    put_number(*batch, kEpochKey, epoch);
    if (Result<void> written = rows_->write(*batch, Sync::yes); !written) return written;
    are_lists_read_ = false;
    const MutexLock lock(mutex_);
    left_.living.clear();
    return {};
  });
  if (!taken) return std::unexpected(taken.error());
  return Ownership{.epoch = Epoch(epoch), .clean = clean};
}

// What this process has listed may not be what was kept of it.
Result<void> RowStore::take_over_births(RowBatch& batch) {
  Result<StoredBirths> left = read_births(*rows_);
  if (!left) return std::unexpected(std::move(left.error()));
  if (left->damage)
    log().error(
        "a list of workflows that were created is damaged ({}): all histories are searched for them; make the "
        "directory again with pawl doctor --salvage",
        describe(*left->damage));
  fold_births(*left, batch);
  next_births_ = left->next;
  const MutexLock lock(mutex_);
  births_.clear();
  left_ = *std::move(left);
  return {};
}

// What has failed may be kept or not: until the store is acquired anew, the rows alone tell.
void RowStore::read_lists_again() {
  if (are_lists_read_.exchange(true)) return;
  Result<StoredBirths> kept = read_births(*rows_);
  const MutexLock lock(mutex_);
  if (!kept) return;
  births_.clear();
  left_ = *std::move(kept);
}

// Of an owner that is none any more nothing is kept, and so nothing is remembered.
std::shared_ptr<Births> RowStore::births_of(const CommitBatch& batch, const CommitListener& listener) {
  const MutexLock lock(mutex_);
  if (std::to_underlying(batch.epoch) != epoch_) return std::make_shared<Births>(birth_limits_);
  std::shared_ptr<Births>& births = births_[&listener];
  if (!births) births = std::make_shared<Births>(birth_limits_);
  return births;
}

// The epoch that is stored is noted; any later one tells that somebody came after. That it cannot be written is no
// crash: then it is noted beside the rows, which may have any of the epochs that were tried here.
Result<void> RowStore::release() {
  if (rows_->is_read_only()) return {};
  const auto write = [this]() -> Result<void> {
    const Result<std::uint64_t> epoch = read_number(*rows_, kEpochKey, 0);
    if (!epoch) return std::unexpected(epoch.error());
    const std::unique_ptr<RowBatch> batch = rows_->new_batch();
    put_number(*batch, kReleasedKey, *epoch);
    return rows_->write_from_reserve(*batch);
  };
  Result<void> written = write();
  if (!written) written = write();  // what is read after a failure may be another epoch
  return written ? written : rows_->put_note(note_end_of(epoch_before_ + 1, epoch_));
}

std::unique_ptr<RowBatch> RowStore::take_batch() {
  const MutexLock lock(mutex_);
  if (spare_.empty()) return rows_->new_batch();
  std::unique_ptr<RowBatch> batch = std::move(spare_.back());
  spare_.pop_back();
  return batch;
}

void RowStore::commit(const CommitBatch& batch, CommitListener& listener) {
  static thread_local Scratch scratch;
  CommitQueue::Entry entry{.rows = take_batch(),
                           .listener = &listener,
                           .epoch = batch.epoch,
                           .sequence = batch.sequence,
                           .refused = std::nullopt};
  // Ordered, because rows that come in the order of their keys are several times cheaper to insert.
  scratch.ordered.clear();
  scratch.reopened.clear();
  const std::shared_ptr<Births> births = births_of(batch, listener);
  scratch.births = births.get();
  for (const WorkflowCommit& workflow : batch.workflows) scratch.ordered.push_back(&workflow);
  std::ranges::sort(scratch.ordered, {}, [](const auto* each) -> const std::string& { return each->facts->id.text(); });
  for (const WorkflowCommit* const workflow : scratch.ordered) {
    if (Result<void> added = add_workflow(*workflow, *entry.rows, scratch); !added) {
      entry.refused = std::move(added.error());
      break;
    }
  }
  births->end_turn(next_births_++, *entry.rows);
  complete_when_written(entry, scratch);
  queue_.add(std::move(entry));
}

void RowStore::complete_when_written(CommitQueue::Entry& entry, Scratch& scratch) {
  if (raised_ && scratch.reopened.empty()) [[likely]]
    return;
  entry.complete = [this, reopened = std::move(scratch.reopened)](RowBatch& rows) -> Result<void> {
    for (const std::string& id : reopened)
      if (Result<void> put = put_tail(id, rows); !put) return put;
    if (!raised_.exchange(true)) put_number(rows, kFormatKey, kStorageFormat);
    return {};
  };
}

// The row that it is in is about to be replaced or removed.
Result<void> RowStore::put_tail(const std::string& id, RowBatch& rows) {
  const Result<std::optional<StoredRun>> tail = tail_of(id);
  if (tail && *tail) rows.put(Space::history, keys::history(id, (*tail)->first_event), (*tail)->events);
  // What is damaged is lost, and known by it; it must not keep all others from going on.
  if (tail || tail.error().code == ErrorCode::corruption) return {};
  return std::unexpected(tail.error());
}

Result<void> RowStore::add_workflow(const WorkflowCommit& commit, RowBatch& rows, Scratch& scratch) {
  const std::string& id = commit.facts->id.text();
  if (commit.replaced) [[unlikely]]
    remove_replaced(commit.replaced->status, rows);
  scratch.tail.events.clear();
  if (!commit.events.empty())
    if (Result<void> added = add_events(commit, rows, scratch); !added) return added;
  if (!commit.checkpoint.empty()) {
    std::uint64_t events = commit.first_event;
    for (const auto& piece : commit.events) events += piece.size();
    rows.put(Space::checkpoints, id, encode(StoredCheckpoint{.events = events, .state = commit.checkpoint}));
  }
  if (commit.summary) add_summary(commit, rows, scratch);
  if (commit.letters) add_letters(commit, rows);
  if (commit.history_from > 0) forget_history(id, commit.history_from, rows);
  return {};
}

// Nothing is read for a commit that could keep it from being made.
void RowStore::remove_replaced(const WorkflowStatus& status, RowBatch& rows) {
  remove_ended(status, rows);
  rows.remove(Space::checkpoints, status.id);
  const std::string prefix = keys::prefix(status.id);
  for (const Space space : {Space::history, Space::snapshots, Space::dead_letters})
    rows.remove_range(space, prefix, keys::after(prefix));
}

// One row for all of them; where that would be too large, which a few results can be together, one for each.
Result<void> RowStore::add_events(const WorkflowCommit& commit, RowBatch& rows, Scratch& scratch) {
  const std::string& id = commit.facts->id.text();
  scratch.bytes.clear();
  if (scratch.encoder.encode(commit.events, scratch.bytes)) [[likely]] {
    const bool ends = commit.summary && is_terminal(commit.summary->status.state) && !had_ended_before(commit);
    if (ends && commit.checkpoint.empty() && commit.history_from == 0 && scratch.bytes.size() <= kMostTail) {
      scratch.tail.first_event = commit.first_event;
      scratch.tail.events.swap(scratch.bytes);
      return {};
    }
    rows.put(Space::history, keys::history(id, commit.first_event), scratch.bytes);
    return {};
  }
  std::uint64_t number = commit.first_event;
  for (const auto& piece : commit.events) {
    for (const Event& event : piece) {
      const std::span<const Event> alone(&event, 1);
      scratch.bytes.clear();
      if (Result<void> encoded = scratch.encoder.encode(std::span(&alone, 1), scratch.bytes); !encoded)
        return std::unexpected(std::move(encoded.error()).within(fmt::format("workflow {}", in_quotes(id))));
      rows.put(Space::history, keys::history(id, number++), scratch.bytes);
    }
  }
  return {};
}

// The run that holds the first event to keep is kept as a whole. What cannot be found out now is forgotten later.
void RowStore::forget_history(std::string_view id, std::uint64_t before, RowBatch& rows) {
  const Result<std::optional<std::string>> kept = run_of(id, before);
  if (kept && *kept) rows.remove_range(Space::history, keys::prefix(id), **kept);
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

void RowStore::add_letters(const WorkflowCommit& commit, RowBatch& rows) {
  if (commit.letters->anew) remove_letters(*commit.facts, rows);
  for (const LetterChanges::Change& change : commit.letters->changes) {
    const std::string key = keys::dead_letter(change.letter.id);
    if (change.removed) {
      rows.remove(Space::dead_letters, key);
    } else {
      rows.put(Space::dead_letters, key, encode(change.letter));
    }
  }
}

void RowStore::add_summary(const WorkflowCommit& commit, RowBatch& rows, Scratch& scratch) {
  const WorkflowStatus& status = commit.summary->status;
  // Before it is put again, too: a row that is removed by remove_once may have been put only once.
  if (commit.first_event > 0 && !scratch.births->take(status.id)) rows.remove_once(Space::live, status.id);
  if (commit.first_event > 0 && may_have_ended_before(commit)) {
    remove_ended(status, rows);
    scratch.reopened.push_back(status.id);
  } else if (commit.first_event > 0 && is_terminal(status.state) && had_ended_before(commit)) {
    scratch.reopened.push_back(status.id);
  }
  encode(*commit.summary, scratch.bytes);
  if (!scratch.tail.events.empty()) append_tail(scratch.tail, scratch.bytes);
  if (!is_terminal(status.state)) {
    if (commit.first_event > 0)
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

Result<void> RowStore::put_definition(const std::string& hash, std::string_view canonical) {
  {
    const MutexLock lock(mutex_);
    if (std::ranges::binary_search(known_definitions_, hash)) return {};
  }
  const std::unique_ptr<RowBatch> batch = rows_->new_batch();
  batch->put(Space::definitions, to_stored_hash(hash), canonical);
  // Written before the first workflow of it, so durable before that one is: no sync of its own.
  if (Result<void> written = rows_->write(*batch, Sync::no); !written) return written;
  const MutexLock lock(mutex_);
  if (known_definitions_.size() >= kKnownDefinitions) known_definitions_.clear();
  known_definitions_.insert(std::ranges::lower_bound(known_definitions_, hash), hash);
  return {};
}

Result<void> RowStore::remove_workflow(std::string_view id) {
  Result<std::optional<std::string>> ended = rows_->get(Space::ended, id);
  if (!ended) return std::unexpected(std::move(ended.error()));
  if (!*ended) {
    const Result<bool> lives = contains(id);
    if (!lives) return std::unexpected(lives.error());
    if (!*lives) return missing_row("workflow", id);
    return fail(ErrorCode::invalid_state, fmt::format("workflow {} has not ended; cancel it first", in_quotes(id)));
  }
  const Result<WorkflowSummary> summary = decode_summary(id, **ended);
  if (!summary) return std::unexpected(summary.error());
  const std::unique_ptr<RowBatch> batch = rows_->new_batch();
  remove_ended(summary->status, *batch);
  batch->remove(Space::checkpoints, id);
  for (const Space space : {Space::history, Space::snapshots, Space::dead_letters})
    if (Result<void> removed = remove_all(space, keys::prefix(id), *batch); !removed) return removed;
  if (const Result<void> written = rows_->write(*batch, Sync::no); !written)
    if (Result<void> removed = rows_->write_from_reserve(*batch); !removed) return removed;
  const std::string prefix = keys::prefix(id);
  for (const Space space : {Space::history, Space::snapshots})
    rows_->made_room(space, {.from = prefix, .to = keys::after(prefix)});
  rows_->made_room(Space::checkpoints, {.from = id, .to = prefix});
  return {};
}

Result<void> RowStore::remove_all(Space space, const std::string& prefix, RowBatch& batch) {
  std::vector<std::string> found;
  const std::string end = keys::after(prefix);
  Result<void> scanned =
      rows_->scan(space, {prefix, end}, Order::ascending, [&](std::string_view key, std::string_view) {
        found.emplace_back(key);
        return found.size() <= kMostSingleRows;
      });
  if (!scanned) return scanned;
  if (found.size() > kMostSingleRows) {
    batch.remove_range(space, prefix, end);
  } else {
    for (const std::string& key : found) batch.remove(space, key);
  }
  return {};
}

Result<void> RowStore::put_snapshot(const StoredSnapshot& snapshot) {
  const std::unique_ptr<RowBatch> batch = rows_->new_batch();
  const std::string row = encode(snapshot);
  if (row.empty()) return fail(ErrorCode::limit_exceeded, "a snapshot takes at most 2 GiB");
  batch->put(Space::snapshots, keys::snapshot(snapshot.workflow, snapshot.id), row);
  return rows_->write(*batch, Sync::yes);
}

Result<void> RowStore::remove_snapshot(std::string_view workflow, std::string_view id) {
  const Result<StoredSnapshot> known = read_snapshot(workflow, id);
  if (!known) return std::unexpected(known.error());
  const std::unique_ptr<RowBatch> batch = rows_->new_batch();
  const std::string key = keys::snapshot(workflow, id);
  batch->remove(Space::snapshots, key);
  if (Result<void> removed = rows_->write_from_reserve(*batch); !removed) return removed;
  rows_->made_room(Space::snapshots, {.from = key, .to = keys::prefix(key)});
  return {};
}

Result<void> RowStore::put_policy(const StoredPolicy& policy, bool sync) {
  const std::unique_ptr<RowBatch> batch = rows_->new_batch();
  batch->put(Space::policies, policy.id, encode(policy));
  return rows_->write(*batch, sync ? Sync::yes : Sync::no);
}

Result<void> RowStore::remove_policy(std::string_view id) {
  const std::unique_ptr<RowBatch> batch = rows_->new_batch();
  batch->remove(Space::policies, id);
  return rows_->write(*batch, Sync::yes);
}

Result<void> RowStore::backup(const std::string& folder) { return rows_->backup(folder); }

}  // namespace pawl
