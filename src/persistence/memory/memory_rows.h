// Rows in memory, gone with the process: for tests, and the ground on which the simulator builds its faulty store.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "persistence/rows.h"

namespace pawl {

class MemoryRows final : public Rows {
 public:
  using Table = std::map<std::string, std::string, std::less<>>;
  using Tables = std::array<Table, kSpaceNames.size()>;

  MemoryRows() = default;
  explicit MemoryRows(Tables tables) : tables_(std::move(tables)) {}

  [[nodiscard]] std::unique_ptr<RowBatch> new_batch() override;
  Result<void> write(RowBatch& batch, Sync sync) override;
  Result<void> sync() override { return {}; }
  Result<void> mend() override { return {}; }
  Result<std::optional<std::string>> get(Space space, std::string_view key) override;
  [[nodiscard]] Result<std::unique_ptr<RowCursor>> new_cursor(Space space, const KeyRange& range) override;
  Result<void> backup(const std::string& folder) override;

 private:
  class Cursor;

  Mutex mutex_;
  Tables tables_ PAWL_GUARDED_BY(mutex_);
};

// A batch that remembers its changes one by one.
class MemoryBatch final : public RowBatch {
 public:
  void put(Space space, std::string_view key, std::string_view value) override;
  void remove(Space space, std::string_view key) override;
  void remove_once(Space space, std::string_view key) override { remove(space, key); }
  void remove_range(Space space, std::string_view from, std::string_view to) override;
  void clear() override { changes_.clear(); }

  void apply_to(MemoryRows::Tables& tables) const;

 private:
  enum class Kind : std::uint8_t { put, remove, remove_range };
  struct Change {
    Kind kind;
    Space space;
    std::string key;
    std::string value;  // or the end of the range
  };
  std::vector<Change> changes_;
};

}  // namespace pawl
