// Rows on a disk that fails as disks do: a crash loses what was not synced (or keeps a part of it), a write fails and
// may have happened all the same, and nothing can be written until the disk is whole again.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "persistence/memory/memory_rows.h"

namespace pawl::sim {

// What a crash leaves: it outlives the rows that are opened on it.
class Disk {
 public:
  explicit Disk(std::uint64_t seed) : random_(seed) {}

  [[nodiscard]] const MemoryRows::Tables& durable() const { return durable_; }
  // The ids of workflows that have not ended.
  [[nodiscard]] std::set<std::string> live() const;
  // The process that had it open died: of what it had not synced, a part may have come through, in order.
  void crash();
  // The process that has it open ends: whatever it still writes does not arrive.
  void end_process() { ++process_; }
  // From now on writes fail, until it is repaired.
  void break_down() { broken_ = true; }
  void repair() { broken_ = false; }
  [[nodiscard]] bool is_broken() const { return broken_; }

 private:
  friend class FaultyRows;
  void sync();

  Random random_;
  bool broken_ = false;
  std::uint64_t process_ = 0;  // that has it open; the number of those before
  MemoryRows::Tables durable_;
  std::vector<MemoryBatch> unsynced_;
};

class FaultyRows final : public Rows {
 public:
  explicit FaultyRows(Disk& disk) : disk_(disk), process_(disk.process_), visible_(disk.durable_) {}

  [[nodiscard]] std::unique_ptr<RowBatch> new_batch() override { return visible_.new_batch(); }
  Result<void> write(RowBatch& batch, Sync sync) override;
  Result<void> sync() override;
  Result<void> mend() override;
  Result<std::optional<std::string>> get(Space space, std::string_view key) override {
    return visible_.get(space, key);
  }
  [[nodiscard]] Result<std::unique_ptr<RowCursor>> new_cursor(Space space, const KeyRange& range) override {
    return visible_.new_cursor(space, range);
  }
  Result<void> backup(const std::string& folder) override { return visible_.backup(folder); }

 private:
  [[nodiscard]] bool is_of_dead_process() const { return process_ != disk_.process_; }

  Disk& disk_;
  const std::uint64_t process_;
  MemoryRows visible_;
  bool failed_ = false;  // nothing is written until mend() has succeeded
};

}  // namespace pawl::sim
