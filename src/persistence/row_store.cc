#include "persistence/row_store.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"
#include "persistence/meta_rows.h"
#include "persistence/stored_rows.h"

namespace pawl {
namespace {

// The last format that is raised when a directory is opened: it made spaces. Later ones are when something is
// committed.
constexpr std::uint64_t kFormatOfSpaces = 2;
// So many empty batches are kept for later.
constexpr std::size_t kSpareBatches = 16;

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
  const Result<MetaRows> meta = read_meta(*rows);
  if (!meta) return std::unexpected(meta.error());
  if (meta->format > kStorageFormat)
    return fail(
        ErrorCode::invalid_state,
        fmt::format("it was written by a newer version of Pawl (storage format {}; this version reads up to {})",
                    meta->format, kStorageFormat));
  if (meta->format < kFormatOfSpaces && !rows->is_read_only()) {
    const std::unique_ptr<RowBatch> batch = rows->new_batch();
    put_format(*batch, meta->format == 0 ? kStorageFormat : kFormatOfSpaces);
    if (Result<void> written = rows->write(*batch, Sync::yes); !written)
      return std::unexpected(std::move(written.error()));
  }
  Result<StoredBirths> left = read_births(*rows);
  if (!left) return std::unexpected(std::move(left.error()));
  std::unique_ptr<RowStore> store(new RowStore(std::move(rows), options, births));
  {
    const MutexLock lock(store->mutex_);
    store->left_ = *std::move(left);
  }
  store->epoch_ = store->epoch_before_ = meta->epoch;
  return store;
}

Result<Ownership> RowStore::acquire() {
  const std::uint64_t epoch = ++epoch_;
  bool clean = false;
  const Result<void> taken = queue_.change_owner(Epoch(epoch), [&]() -> Result<void> {
    if (Result<void> mended = rows_->mend(); !mended) return mended;
    const Result<MetaRows> meta = read_meta(*rows_);
    if (!meta) return std::unexpected(meta.error());
    raised_ = meta->format == kStorageFormat;
    clean = meta->released == meta->epoch || notes_end_of(rows_->note(), meta->epoch);
    const std::unique_ptr<RowBatch> batch = rows_->new_batch();
    if (Result<void> taken_over = take_over_births(*batch); !taken_over) return taken_over;
    if (rows_->is_read_only()) return {};
    put_epoch(*batch, epoch, meta->format);
    if (Result<void> written = rows_->write(*batch, Sync::yes); !written) return written;
    are_lists_read_ = false;
    const MutexLock lock(mutex_);
    left_.living.clear();
    return {};
  });
  if (!taken) return std::unexpected(taken.error());
  return Ownership{.epoch = Epoch(epoch), .clean = clean};
}

// The epoch that is stored is noted; any later one tells that somebody came after. That it cannot be written is no
// crash: then it is noted beside the rows, which may have any of the epochs that were tried here.
Result<void> RowStore::release() {
  if (rows_->is_read_only()) return {};
  const auto write = [this]() -> Result<void> {
    const Result<MetaRows> meta = read_meta(*rows_);
    if (!meta) return std::unexpected(meta.error());
    const std::unique_ptr<RowBatch> batch = rows_->new_batch();
    put_released(*batch, meta->epoch, meta->format);
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

void RowStore::commit(const Commit& commit, CommitListener& listener) {
  static thread_local Scratch scratch;
  CommitQueue::Entry entry{.rows = take_batch(),
                           .listener = &listener,
                           .epoch = commit.epoch,
                           .sequence = commit.sequence,
                           .refused = std::nullopt,
                           .makes_room = commit.makes_room};
  // Ordered, because rows that come in the order of their keys are several times cheaper to insert.
  scratch.ordered.clear();
  scratch.reopened.clear();
  bool removes = false;
  for (const WorkflowChange& change : commit.workflows) {
    scratch.ordered.push_back(&change);
    removes |= change.removal != nullptr;
  }
  std::ranges::sort(scratch.ordered, {}, &WorkflowChange::id);
  const auto twice = std::ranges::adjacent_find(scratch.ordered, {}, &WorkflowChange::id);
  PAWL_ASSERT(twice == scratch.ordered.end(), "workflow {}: two changes in one commit", (*twice)->id());
  // What is created or ends; a commit of anything else is no turn of the stream.
  std::shared_ptr<Births> births;
  for (const WorkflowChange* const change : scratch.ordered) {
    if (change->removal) {
      add_removal(*change->removal, *entry.rows);
      continue;
    }
    if (!births) births = births_of(commit.epoch, listener);
    scratch.births = births.get();
    if (Result<void> added = add_workflow(*change, *entry.rows, scratch); !added) {
      entry.refused = std::move(added.error());
      break;
    }
  }
  for (const RecordChange& record : commit.records) {
    add_record(record, *entry.rows);
    removes |= !record.value;
  }
  if (births) births->end_turn(next_births_++, *entry.rows);
  if (removes) entry.written = room_made_by(commit);
  complete_when_written(entry, scratch);
  queue_.add(std::move(entry));
}

void RowStore::complete_when_written(CommitQueue::Entry& entry, Scratch& scratch) {
  if (raised_ && scratch.reopened.empty()) [[likely]]
    return;
  entry.complete = [this, reopened = std::move(scratch.reopened), epoch = entry.epoch](RowBatch& rows) -> Result<void> {
    for (const std::string& id : reopened)
      if (Result<void> put = put_tail(id, rows); !put) return put;
    if (!raised_.exchange(true)) raise_format(rows, std::to_underlying(epoch));
    return {};
  };
}

Result<void> RowStore::backup(const std::string& folder) { return rows_->backup(folder); }

}  // namespace pawl
