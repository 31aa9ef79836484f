#include "persistence/commit_queue.h"

#include <exception>
#include <iterator>
#include <utility>

#include "base/log.h"
#include "base/time.h"

namespace pawl {
namespace {

// How long the queue's threads spin before they sleep: a busy shard commits again within that time.
constexpr std::chrono::microseconds kSpin(50);

}  // namespace

CommitQueue::CommitQueue(Rows& rows, const CommitQueueOptions& options, Recycler recycle)
    : rows_(rows), options_(options), recycle_(std::move(recycle)) {
  if (!options_.own_threads) return;
  writer_ = std::thread([this] { write_thread(); });
  try {
    syncer_ = std::thread([this] { sync_thread(); });
  } catch (...) {  // to who opens the store; the first thread must have ended by then
    closing_ = true;
    writer_parking_.wake();
    writer_.join();
    throw;
  }
}

CommitQueue::~CommitQueue() {
  closing_ = true;
  for (Parking* const parking : {&writer_parking_, &syncer_parking_}) parking->wake();
  for (std::thread* const thread : {&writer_, &syncer_})
    if (thread->joinable()) thread->join();
  const MutexLock writing(writing_);
  run(false);
  const MutexLock syncing(syncing_);
  sync_written();
}

void CommitQueue::add(Entry entry) {
  const MutexLock lock(mutex_);
  entries_.push_back(std::move(entry));
  waiting_.store(entries_.size(), std::memory_order_seq_cst);
}

// Whoever comes while someone else runs the queue leaves; so work is looked for once more after the lock is free.
void CommitQueue::help() {
  while (has_work()) {
    if (!writing_.try_lock()) return;
    const MutexLock writing(writing_, kAdopt);
    run(false);
    if (options_.own_threads) break;
  }
  if (options_.own_threads) {
    expedite();
  } else if (unsynced_.load(std::memory_order_relaxed) > 0) {
    const MutexLock syncing(syncing_);
    sync_written();
  }
}

void CommitQueue::expedite() {
  if (!has_work() || write_wanted_.exchange(true, std::memory_order_seq_cst)) return;
  writer_parking_.wake();
}

Result<void> CommitQueue::change_owner(Epoch epoch, const std::function<Result<void>()>& take_over) {
  Result<void> taken_over;
  {
    const MutexLock writing(writing_);
    const MutexLock syncing(syncing_);
    sync_written();  // whoever waits for that has been told before anything else is
    epoch_ = epoch;
    taken_over = take_over();
    if (taken_over) {
      broken_ = false;
      taken_over_ = epoch;
    } else {
      break_off(taken_over.error());
    }
  }
  if (options_.own_threads) expedite();
  return taken_over;
}

CommitQueue::Group CommitQueue::take_waiting() {
  const MutexLock lock(mutex_);
  waiting_.store(0, std::memory_order_seq_cst);
  return std::exchange(entries_, {});
}

void CommitQueue::run(bool may_hand_over) {
  Group group = take_waiting();
  if (group.empty()) return;
  if (is_relaxed()) return acknowledge(group, write(group, Sync::no));
  // To sync it oneself saves a thread's way, if nothing that was written before waits for its sync.
  if (!syncing_.try_lock()) return write_and_hand_over(std::move(group));
  const MutexLock syncing(syncing_, kAdopt);
  if (unsynced_.load(std::memory_order_relaxed) > 0) return write_and_hand_over(std::move(group));
  if (!may_hand_over) return acknowledge(group, write(group, Sync::yes));
  std::optional<Error> error = write(group, Sync::no);
  if (has_work()) return hand_over(std::move(group), error);
  if (!error) error = sync_rows();
  acknowledge(group, error);
}

void CommitQueue::write_and_hand_over(Group group) {
  const std::optional<Error> error = write(group, Sync::no);
  hand_over(std::move(group), error);
}

void CommitQueue::hand_over(Group group, const std::optional<Error>& error) {
  for (Entry& entry : group)
    if (error && !entry.refused) entry.refused = error;
  {
    const MutexLock lock(mutex_);
    std::move(group.begin(), group.end(), std::back_inserter(written_));
    unsynced_.store(written_.size(), std::memory_order_seq_cst);
  }
  syncer_parking_.wake();
}

std::optional<Error> CommitQueue::write(Group& group, Sync last) {
  // What follows one that could not be made may rest on it.
  for (const Entry& entry : group)
    if (entry.refused && entry.epoch == epoch_) return break_off(*entry.refused);
  for (Entry& entry : group)
    if (!entry.refused && entry.epoch != epoch_ && !(entry.makes_room && entry.epoch == taken_over_))
      entry.refused = Error{.code = ErrorCode::fenced, .message = "another owner has taken over this store"};
  std::size_t end = group.size();
  while (end > 0 && group[end - 1].refused) --end;
  if (end == 0) return std::nullopt;
  if (broken_) return failure();
  for (std::size_t i = 0; i < end; ++i) {
    if (group[i].refused) continue;
    if (Result<void> written = write_rows(group[i], i + 1 == end ? last : Sync::no); !written)
      return break_off(std::move(written.error()));
  }
  // It is synced in time, whoever has written it.
  if (is_relaxed() && unsynced_.exchange(1, std::memory_order_seq_cst) == 0) syncer_parking_.wake();
  return std::nullopt;
}

// The door of a library that is not ours: what it throws is a failed write.
Result<void> CommitQueue::write_rows(const Entry& entry, Sync sync) {
  try {
    if (entry.complete) [[unlikely]]
      if (Result<void> completed = entry.complete(*entry.rows); !completed) return completed;
    return rows_.write(*entry.rows, sync);
  } catch (const std::exception& thrown) {
    return fail(ErrorCode::unavailable, thrown.what());
  }
}

void CommitQueue::acknowledge(Group& group, const std::optional<Error>& error) {
  for (Entry& entry : group) {
    std::optional<Error> failure = entry.refused ? entry.refused : error;
    if (failure && entry.makes_room && failure->code != ErrorCode::fenced) failure = write_from_reserve(entry);
    if (!failure && entry.written) entry.written();
    recycle_(std::move(entry.rows), failure);
    entry.listener->committed(entry.sequence, failure ? Result<void>(std::unexpected(*failure)) : Result<void>());
  }
}

std::optional<Error> CommitQueue::write_from_reserve(const Entry& entry) {
  try {
    const Result<void> written = rows_.write_from_reserve(*entry.rows);
    return written ? std::nullopt : std::optional(written.error());
  } catch (const std::exception& thrown) {
    return Error{.code = ErrorCode::unavailable, .message = thrown.what()};
  }
}

void CommitQueue::sync_written() {
  Group group;
  {
    const MutexLock lock(mutex_);
    if (unsynced_.exchange(0, std::memory_order_seq_cst) == 0) return;
    group = std::exchange(written_, {});
  }
  acknowledge(group, sync_rows());
}

std::optional<Error> CommitQueue::sync_rows() {
  if (broken_) return failure();
  const Result<void> synced = [this]() -> Result<void> {
    try {
      return rows_.sync();
    } catch (const std::exception& thrown) {
      return fail(ErrorCode::unavailable, thrown.what());
    }
  }();
  if (synced) return std::nullopt;
  if (is_relaxed())
    log().error("commits of the last {} may not survive a crash: {}", format_duration(options_.sync_delay),
                describe(synced.error()));
  return break_off(synced.error());
}

Error CommitQueue::break_off(Error why) {
  const MutexLock lock(mutex_);
  if (!broken_.exchange(true)) failure_ = std::move(why);
  return *failure_;
}

Error CommitQueue::failure() {
  const MutexLock lock(mutex_);
  return *failure_;
}

void CommitQueue::write_thread() {
  while (!closing_.load(std::memory_order_relaxed)) {
    write_wanted_.store(false, std::memory_order_seq_cst);
    // Again for those who came meanwhile and found the queue being run.
    while (has_work()) {
      const MutexLock writing(writing_);
      run(true);
    }
    writer_parking_.wait({}, kSpin, [this] {
      return write_wanted_.load(std::memory_order_seq_cst) || closing_.load(std::memory_order_seq_cst);
    });
  }
}

void CommitQueue::sync_thread() {
  const auto has_written = [this] { return unsynced_.load(std::memory_order_seq_cst) > 0; };
  const auto is_closing = [this] { return closing_.load(std::memory_order_seq_cst); };
  while (!is_closing()) {
    syncer_parking_.wait({}, kSpin, [&] { return has_written() || is_closing(); });
    if (is_relaxed() && has_written())
      syncer_parking_.wait(Parking::Clock::now() + options_.sync_delay, std::chrono::seconds(0), is_closing);
    const MutexLock syncing(syncing_);
    sync_written();
  }
}

}  // namespace pawl
