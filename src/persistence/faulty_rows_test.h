// Rows that fail when they are told to, count what they sync, and can be held up in the middle of a write.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "persistence/rows.h"

namespace pawl {

class FaultyRows final : public Rows {
 public:
  // What is kept of a write that fails.
  enum class Kept : bool { nothing, all };

  explicit FaultyRows(std::unique_ptr<Rows> rows) : rows_(std::move(rows)) {}

  // Of the writes that follow, the first `successes` succeed and then one fails.
  void fail_after(int successes, Kept kept = Kept::nothing) {
    const std::lock_guard lock(mutex_);
    successes_ = successes;
    kept_ = kept;
  }
  [[nodiscard]] bool has_failed() {
    const std::lock_guard lock(mutex_);
    return failed_;
  }
  // The process dies: nothing that is written from now on arrives.
  void die() {
    const std::lock_guard lock(mutex_);
    dead_ = true;
    held_ = false;
    changed_.notify_all();
  }
  void allow_mending(bool allowed) {
    const std::lock_guard lock(mutex_);
    can_mend_ = allowed;
  }
  // Writes wait from now on; let_go() ends that.
  void hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  void let_go() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }
  void wait_until_one_is_held() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_ > 0; });
  }
  void wait_for_syncs(std::uint64_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return syncs_ >= count; });
  }
  [[nodiscard]] std::uint64_t syncs() {
    const std::lock_guard lock(mutex_);
    return syncs_;
  }

  // Writes since the last sync.
  [[nodiscard]] std::uint64_t unsynced() {
    const std::lock_guard lock(mutex_);
    return unsynced_;
  }

  [[nodiscard]] std::unique_ptr<RowBatch> new_batch() override { return rows_->new_batch(); }

  Result<void> write(RowBatch& batch, Sync sync) override {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !held_; });
    --waiting_;
    if (Result<void> ok = check_working(); !ok) return ok;
    if (successes_ && (*successes_)-- == 0) {
      successes_.reset();
      failed_ = true;
      if (kept_ == Kept::all) (void)rows_->write(batch, sync);
      return fail(ErrorCode::unavailable, "the disk is full");
    }
    Result<void> written = rows_->write(batch, sync);
    ++unsynced_;
    if (sync == Sync::yes) {
      ++syncs_;
      unsynced_ = 0;
    }
    changed_.notify_all();
    return written;
  }

  Result<void> sync() override {
    const std::lock_guard lock(mutex_);
    if (Result<void> ok = check_working(); !ok) return ok;
    Result<void> synced = rows_->sync();
    ++syncs_;
    unsynced_ = 0;
    changed_.notify_all();
    return synced;
  }
  Result<void> mend() override {
    const std::lock_guard lock(mutex_);
    if (dead_) return check_working();
    if (!can_mend_) return fail(ErrorCode::unavailable, "the disk is still full");
    failed_ = false;
    return rows_->mend();
  }

  // There is always something in reserve.
  Result<void> write_from_reserve(RowBatch& batch) override {
    if (Result<void> written = write(batch, Sync::yes); written) return written;
    const std::lock_guard lock(mutex_);
    return dead_ ? check_working() : rows_->write_from_reserve(batch);
  }
  Result<void> check() override {
    const std::lock_guard lock(mutex_);
    return check_working();
  }

  Result<std::optional<std::string>> get(Space space, std::string_view key) override { return rows_->get(space, key); }
  [[nodiscard]] Result<std::unique_ptr<RowCursor>> new_cursor(Space space, const KeyRange& range) override {
    return rows_->new_cursor(space, range);
  }
  Result<void> backup(const std::string& folder) override { return rows_->backup(folder); }

 private:
  [[nodiscard]] Result<void> check_working() const {
    if (dead_) return fail(ErrorCode::unavailable, "its process has died");
    return failed_ ? fail(ErrorCode::unavailable, "an earlier write has failed") : Result<void>();
  }

  const std::unique_ptr<Rows> rows_;
  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::optional<int> successes_;
  Kept kept_ = Kept::nothing;
  bool can_mend_ = true;
  bool failed_ = false;
  bool dead_ = false;
  bool held_ = false;
  int waiting_ = 0;
  std::uint64_t syncs_ = 0;
  std::uint64_t unsynced_ = 0;
};

}  // namespace pawl
