// A store on rows of either kind that can be made to fail, and a shard that uses it.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "persistence/faulty_rows_test.h"
#include "persistence/memory/memory_rows.h"
#include "persistence/rocksdb/rocksdb_rows.h"
#include "persistence/row_store.h"
#include "tests/support/store_shard.h"
#include "tests/support/temporary_folder.h"

namespace pawl {

// Rows in memory that outlive the stores on them.
class TemporaryRows {
 public:
  [[nodiscard]] FaultyRows& faulty() { return rows_; }
  [[nodiscard]] std::unique_ptr<Rows> share() { return std::make_unique<Shared>(rows_); }

 private:
  class Shared final : public Rows {
   public:
    explicit Shared(Rows& rows) : rows_(rows) {}
    [[nodiscard]] std::unique_ptr<RowBatch> new_batch() override { return rows_.new_batch(); }
    Result<void> write(RowBatch& batch, Sync sync) override { return rows_.write(batch, sync); }
    Result<void> sync() override { return rows_.sync(); }
    Result<void> mend() override { return rows_.mend(); }
    Result<std::optional<std::string>> get(Space space, std::string_view key) override { return rows_.get(space, key); }
    [[nodiscard]] Result<std::unique_ptr<RowCursor>> new_cursor(Space space, const KeyRange& range) override {
      return rows_.new_cursor(space, range);
    }
    Result<void> backup(const std::string& folder) override { return rows_.backup(folder); }

   private:
    Rows& rows_;
  };
  FaultyRows rows_{std::make_unique<MemoryRows>()};
};

enum class RowKind : std::uint8_t { memory, rocksdb };

// So that what few commits create is listed, and gets rows of its own soon.
inline constexpr BirthLimits kLists{.fewest = 1, .turns = 2, .listed = 3};

// The store of a StoreHarness, which is there before the shard that owns it.
class HarnessStore {
 public:
  HarnessStore(RowKind kind, const CommitQueueOptions& options) {
    std::unique_ptr<Rows> rows = std::make_unique<MemoryRows>();
    if (kind == RowKind::rocksdb) rows = *RocksDbRows::open(folder_.path().string());
    auto faulty = std::make_unique<FaultyRows>(std::move(rows));
    rows_ = faulty.get();
    store_ = *RowStore::open(std::move(faulty), options, kLists);
  }

  [[nodiscard]] Store& store() { return *store_; }
  [[nodiscard]] FaultyRows& rows() { return *rows_; }
  void close() { store_.reset(); }

 private:
  testing::TemporaryFolder folder_;
  FaultyRows* rows_ = nullptr;
  std::unique_ptr<RowStore> store_;
};

class StoreHarness : public HarnessStore, public StoreShard {
 public:
  explicit StoreHarness(RowKind kind, const CommitQueueOptions& options = {.own_threads = false})
      : HarnessStore(kind, options), StoreShard(store()) {}
};

}  // namespace pawl
