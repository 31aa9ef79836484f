#include "tests/conformance/store/row_store_fixture.h"

#include <utility>

#include "base/assert.h"
#include "persistence/data_check.h"
#include "persistence/faulty_rows_test.h"
#include "persistence/rocksdb/rocksdb_rows.h"
#include "persistence/row_store.h"
#include "sim/faulty_rows.h"
#include "tests/support/temporary_folder.h"

namespace pawl::conformance {
namespace {

// So that what few commits create is listed, and gets rows of its own soon.
constexpr BirthLimits kLists{.fewest = 1, .turns = 2, .listed = 3};

// What the rows lie on: it outlives them.
class Medium {
 public:
  virtual ~Medium() = default;
  [[nodiscard]] virtual std::unique_ptr<Rows> open() = 0;
  // Of what was written and not synced when the process died, a part may be gone.
  virtual void crash() {}
  [[nodiscard]] virtual std::unique_ptr<Rows> open_backup(const std::string& folder) = 0;
};

// The simulator's disk: a crash loses what was not synced, or the end of it.
class Memory final : public Medium {
 public:
  [[nodiscard]] std::unique_ptr<Rows> open() override { return std::make_unique<sim::FaultyRows>(disk_); }
  void crash() override { disk_.crash(); }
  [[nodiscard]] std::unique_ptr<Rows> open_backup(const std::string&) override { return nullptr; }

 private:
  static constexpr std::uint64_t kSeed = 1;
  sim::Disk disk_{kSeed};
};

class Folder final : public Medium {
 public:
  [[nodiscard]] std::unique_ptr<Rows> open() override { return *RocksDbRows::open(folder_.path().string()); }
  [[nodiscard]] std::unique_ptr<Rows> open_backup(const std::string& folder) override {
    return *RocksDbRows::open(folder);
  }

 private:
  testing::TemporaryFolder folder_;
};

class RowStoreFixture final : public StoreFixture {
 public:
  explicit RowStoreFixture(std::unique_ptr<Medium> medium) : medium_(std::move(medium)) { open(); }

  [[nodiscard]] Store& store() override { return *store_; }
  void reopen() override {
    store_.reset();
    open();
  }
  void crash() override {
    rows_->die();
    store_.reset();
    medium_->crash();
    open();
  }

  void fail_write_after(int successes, Kept kept) override {
    rows_->fail_after(successes, kept == Kept::all ? FaultyRows::Kept::all : FaultyRows::Kept::nothing);
  }
  [[nodiscard]] bool has_failed() override { return rows_->has_failed(); }
  void allow_recovery(bool allowed) override { rows_->allow_mending(allowed); }

  [[nodiscard]] std::vector<std::string> problems() override {
    std::vector<std::string> lines;
    for (const DataProblem& problem : check_rows(*rows_).problems)
      lines.push_back(problem.workflow + ", " + problem.where + ": " + problem.what);
    return lines;
  }
  [[nodiscard]] std::unique_ptr<Store> open_backup(const std::string& folder) override {
    std::unique_ptr<Rows> rows = medium_->open_backup(folder);
    return rows ? *RowStore::open(std::move(rows), {}) : nullptr;
  }

 private:
  void open() {
    auto rows = std::make_unique<FaultyRows>(medium_->open());
    rows_ = rows.get();
    store_ = *RowStore::open(std::move(rows), {}, kLists);
  }

  const std::unique_ptr<Medium> medium_;
  FaultyRows* rows_ = nullptr;  // the store's
  std::unique_ptr<RowStore> store_;
};

}  // namespace

std::unique_ptr<StoreFixture> make_memory_fixture() {
  return std::make_unique<RowStoreFixture>(std::make_unique<Memory>());
}

std::unique_ptr<StoreFixture> make_rocksdb_fixture() {
  return std::make_unique<RowStoreFixture>(std::make_unique<Folder>());
}

}  // namespace pawl::conformance
