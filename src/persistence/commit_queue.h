// Group commit: batches of all shards wait here; whoever runs the queue writes all that wait and makes them durable
// with one sync.
//
// A shard that has nothing else to do runs the queue itself (help), so that a lone command needs no other thread. Busy
// ones call expedite(): then one thread writes a group while another one waits for the disk to sync the group before,
// and the shards decide on what comes next. After a failure every batch fails until the owner has changed, so that no
// history has a hole; but those that make room, which are written from the reserve.
//
// Threads: any; one at a time writes, one at a time syncs. Listeners are told meanwhile, in the order of their batches:
// they may add(), help() and expedite(), but not change the owner. Ownership: listeners outlive their batches.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "base/parking.h"
#include "persistence/rows.h"
#include "persistence/store.h"

namespace pawl {

struct CommitQueueOptions {
  // 0: a batch is acknowledged when it is synced. Otherwise when it is written, and synced at most so much later.
  Duration sync_delay{0};
  bool own_threads = true;  // false: someone calls help(), or nothing happens
};

class CommitQueue {
 public:
  struct Entry {
    std::unique_ptr<RowBatch> rows;
    CommitListener* listener = nullptr;
    Epoch epoch{};
    std::uint64_t sequence = 0;
    std::optional<Error> refused;  // known before it is written
    // Adds what depends on the rows as all batches before have left them; mostly there is nothing. Called right before
    // the batch is written. If it fails, so does the batch.
    std::function<Result<void>(RowBatch& rows)> complete{};
    // Commit::makes_room: if it cannot be written as the others are, then from what is kept in reserve.
    bool makes_room = false;
    // Called when it is durable, right before its listener is told.
    std::function<void()> written{};
  };
  // Gets the batches back once they are durable, or have failed, right before their listeners are told.
  using Recycler = std::function<void(std::unique_ptr<RowBatch>, const std::optional<Error>& failure)>;

  CommitQueue(Rows& rows, const CommitQueueOptions& options, Recycler recycle);
  // What still waits is made durable first.
  ~CommitQueue();

  void add(Entry entry);
  // Runs the queue once, unless it is empty or someone else does.
  void help();
  void expedite();
  // From now on batches of any other epoch are `fenced`, those that wait included, and every batch fails until
  // `take_over` has succeeded. It is called while nobody writes or syncs.
  Result<void> change_owner(Epoch epoch, const std::function<Result<void>()>& take_over);

 private:
  using Group = std::vector<Entry>;

  // Writes what waits, and sees to it that it becomes durable.
  void run(bool may_hand_over) PAWL_REQUIRES(writing_) PAWL_EXCLUDES(syncing_);
  // The other thread syncs it, while this one goes on writing. A failure is told in its turn, too.
  void write_and_hand_over(Group group) PAWL_REQUIRES(writing_);
  void hand_over(Group group, const std::optional<Error>& error) PAWL_EXCLUDES(mutex_);
  Group take_waiting() PAWL_EXCLUDES(mutex_);
  // Error: what went wrong with one of them; then none of them counts.
  std::optional<Error> write(Group& group, Sync last) PAWL_REQUIRES(writing_);
  Result<void> write_rows(const Entry& entry, Sync sync);
  void acknowledge(Group& group, const std::optional<Error>& error);
  // Of an entry that makes room, which could not be written otherwise. Error: why not.
  std::optional<Error> write_from_reserve(const Entry& entry);
  // Makes durable what has been written.
  void sync_written() PAWL_REQUIRES(syncing_);
  // Nothing is written any more, until there is another owner. Returns why.
  Error break_off(Error why) PAWL_EXCLUDES(mutex_);
  [[nodiscard]] Error failure() PAWL_EXCLUDES(mutex_);
  std::optional<Error> sync_rows() PAWL_REQUIRES(syncing_);
  void write_thread();
  void sync_thread();
  [[nodiscard]] bool has_work() const { return waiting_.load(std::memory_order_seq_cst) > 0; }
  [[nodiscard]] bool is_relaxed() const { return options_.sync_delay > Duration::zero(); }

  Rows& rows_;
  const CommitQueueOptions options_;
  const Recycler recycle_;

  Mutex writing_ PAWL_ACQUIRED_BEFORE(syncing_, mutex_);  // held by the one who writes
  Mutex syncing_ PAWL_ACQUIRED_BEFORE(mutex_);            // held by the one who syncs
  Mutex mutex_;
  Group entries_ PAWL_GUARDED_BY(mutex_);
  // But not synced; only those written by a thread that leaves the sync to the other one.
  Group written_ PAWL_GUARDED_BY(mutex_);
  std::atomic<std::size_t> waiting_{0};
  std::atomic<std::size_t> unsynced_{0};  // batches written and not synced, acknowledged (relaxed) or not
  std::optional<Epoch> epoch_ PAWL_GUARDED_BY(writing_);  // none: nobody owns the store yet
  // The last under which the store was taken over; only what makes room is written under it after an attempt has
  // failed.
  std::optional<Epoch> taken_over_ PAWL_GUARDED_BY(writing_);
  std::atomic<bool> broken_{false};
  std::optional<Error> failure_ PAWL_GUARDED_BY(mutex_);  // that broke it
  std::atomic<bool> closing_{false};

  std::atomic<bool> write_wanted_{false};
  Parking writer_parking_;
  Parking syncer_parking_;
  std::thread writer_;
  std::thread syncer_;
};

}  // namespace pawl
