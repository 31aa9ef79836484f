// Ownership of rows before format 3 stays under its former keys until the format is raised, and then goes by slots.
#include "persistence/meta_rows.h"

#include <memory>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "persistence/keys.h"
#include "persistence/memory/memory_rows.h"
#include "persistence/row_store.h"
#include "tests/support/store_shard.h"
#include "tests/support/turn.h"

namespace pawl {
namespace {

// What a process leaves that used format 2: it had epoch 7, and let go of it, or did not.
MemoryRows::Tables rows_of_format_2(bool released) {
  MemoryRows::Tables tables;
  MemoryRows::Table& meta = tables[static_cast<std::size_t>(Space::meta)];
  meta["format"] = keys::big_endian(2);
  meta["epoch"] = keys::big_endian(7);
  meta["released"] = keys::big_endian(released ? 7 : 6);
  return tables;
}

class OneStore {
 public:
  explicit OneStore(MemoryRows::Tables tables) {
    auto rows = std::make_unique<MemoryRows>(std::move(tables));
    rows_ = rows.get();
    store_ = *RowStore::open(std::move(rows), {.sync_delay = Duration(0), .own_threads = false});
  }
  [[nodiscard]] Store& store() { return *store_; }
  [[nodiscard]] std::set<std::string> keys() {
    std::set<std::string> found;
    const std::unique_ptr<RowCursor> row = *rows_->new_cursor(Space::meta, {});
    for (row->first(); row->valid(); row->next()) found.emplace(row->key());
    return found;
  }
  [[nodiscard]] MetaRows meta() { return *read_meta(*rows_); }

 private:
  MemoryRows* rows_ = nullptr;
  std::unique_ptr<RowStore> store_;
};

TEST(MetaRows, of_an_older_format_are_what_that_version_reads_until_something_is_committed) {
  for (const bool released : {true, false}) {
    OneStore it(rows_of_format_2(released));
    const Ownership owner = *it.store().acquire();
    EXPECT_EQ(owner.epoch, Epoch(8));
    EXPECT_EQ(owner.clean, released);
    ASSERT_TRUE(it.store().release());
    EXPECT_EQ(it.keys(), (std::set<std::string>{"epoch", "format", "released"}));
    EXPECT_EQ(it.meta().released, 8U);
  }
}

TEST(MetaRows, go_by_slots_with_the_first_commit_and_epochs_continue) {
  OneStore it(rows_of_format_2(true));
  {
    StoreShard shard(it.store());
    EXPECT_EQ(shard.epoch, Epoch(8));
    ASSERT_TRUE(shard.commit(Turn().create("w")));
  }
  EXPECT_EQ(it.keys(), (std::set<std::string>{"format", "owner/0000"}));
  EXPECT_EQ(it.meta().format, kStorageFormat);
  EXPECT_EQ(it.meta().epoch, 8U);
  const Ownership after_a_crash = *it.store().acquire();
  EXPECT_EQ(after_a_crash.epoch, Epoch(9));
  EXPECT_FALSE(after_a_crash.clean);
  ASSERT_TRUE(it.store().release());
  EXPECT_TRUE(it.store().acquire().value().clean);
  EXPECT_EQ(it.keys(), (std::set<std::string>{"format", "owner/0000", "released/0000"}));
}

}  // namespace
}  // namespace pawl
