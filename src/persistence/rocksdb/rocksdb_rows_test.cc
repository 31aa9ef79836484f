// What RocksDB does with rows beyond what the suite for all stores asks: failing disks, and cursors while it fails.
#include "persistence/rocksdb/rocksdb_rows.h"

#include <csignal>
#include <filesystem>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include "persistence/keys.h"
#include "tests/support/small_disk.h"
#include "tests/support/temporary_folder.h"

namespace pawl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RocksDbRowsTest : public ::testing::Test {
 protected:
  Result<void> write(const std::string& key, const std::string& value = "v", Sync sync = Sync::yes) {
    const std::unique_ptr<RowBatch> batch = rows->new_batch();
    batch->put(Space::history, key, value);
    return rows->write(*batch, sync);
  }
  std::vector<std::string> keys(const KeyRange& range = {}, Order order = Order::ascending) {
    std::vector<std::string> found;
    EXPECT_TRUE(rows->scan(Space::history, range, order, [&](std::string_view key, std::string_view) {
      found.emplace_back(key);
      return true;
    }));
    return found;
  }
  void reopen() {
    rows.reset();
    rows = *RocksDbRows::open(folder.path().string());
  }

  testing::TemporaryFolder folder;
  std::unique_ptr<RocksDbRows> rows = *RocksDbRows::open(folder.path().string());
};

TEST_F(RocksDbRowsTest, scans_a_range_both_ways) {
  for (const char* key : {"b", "c", "a", "d"}) ASSERT_TRUE(write(key));
  EXPECT_THAT(keys(), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(keys({"b", "d"}), ElementsAre("b", "c"));
  EXPECT_THAT(keys({"b", "d"}, Order::descending), ElementsAre("c", "b"));
  EXPECT_THAT(keys({"b", {}}, Order::descending), ElementsAre("d", "c", "b"));
  EXPECT_THAT(keys({"x", "b"}), ElementsAre());
}

TEST_F(RocksDbRowsTest, a_batch_can_be_used_again) {
  const std::unique_ptr<RowBatch> batch = rows->new_batch();
  for (const char* key : {"a", "b"}) {
    batch->clear();
    batch->put(Space::history, key, std::string(2'000'000, 'x'));  // more than is kept
    ASSERT_TRUE(rows->write(*batch, Sync::yes));
  }
  EXPECT_THAT(keys(), ElementsAre("a", "b"));
}

TEST_F(RocksDbRowsTest, a_cursor_sees_what_was_there_when_it_was_made) {
  ASSERT_TRUE(write("a"));
  ASSERT_TRUE(write("c"));
  const std::unique_ptr<RowCursor> row = *rows->new_cursor(Space::history, {});
  ASSERT_TRUE(write("b"));
  std::vector<std::string> found;
  for (row->first(); row->valid(); row->next()) found.emplace_back(row->key());
  EXPECT_THAT(found, ElementsAre("a", "c"));
  row->seek("b");
  EXPECT_EQ(row->key(), "c");
}

TEST_F(RocksDbRowsTest, mending_what_works_changes_nothing) {
  ASSERT_TRUE(write("a"));
  ASSERT_TRUE(rows->mend());
  EXPECT_TRUE(write("b"));
}

// Files of this process must not grow beyond a size while this lives.
class SmallFiles {
 public:
  explicit SmallFiles(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    before_signal_ = std::signal(SIGXFSZ, SIG_IGN);
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  SmallFiles(const SmallFiles&) = delete;
  SmallFiles& operator=(const SmallFiles&) = delete;
  ~SmallFiles() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, before_signal_);
  }

 private:
  rlimit before_{};
  void (*before_signal_)(int) = nullptr;
};

// An error that RocksDB does not recover from by itself: the database is closed and opened again.
TEST_F(RocksDbRowsTest, mends_after_an_error_when_it_is_over) {
  ASSERT_TRUE(write("a"));
  const std::unique_ptr<RowBatch> kept = rows->new_batch();
  kept->put(Space::history, "kept", "v");
  {
    const SmallFiles small(1U << 20U);
    Result<void> written;
    for (int i = 0; i < 100 && written; ++i) written = write("large", std::string(100'000, 'x'));
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::unavailable);
    EXPECT_THAT(written.error().message, HasSubstr(folder.path().string()));
    EXPECT_FALSE(write("b"));
    const Result<void> mended = rows->mend();
    EXPECT_EQ(mended.error().code, ErrorCode::unavailable);
    EXPECT_FALSE(write("b"));
    EXPECT_EQ(*rows->get(Space::history, "a"), "v");  // can still be read
  }
  EXPECT_FALSE(write("b"));  // not before it is mended
  const Result<void> mended = rows->mend();
  ASSERT_TRUE(mended) << describe(mended.error());
  EXPECT_TRUE(write("c"));
  EXPECT_TRUE(rows->write(*kept, Sync::yes));  // made before
  EXPECT_THAT(keys(), ElementsAre("a", "c", "kept", "large"));
  reopen();
  EXPECT_THAT(keys(), ElementsAre("a", "c", "kept", "large"));
}

TEST_F(RocksDbRowsTest, mending_waits_for_those_who_read) {
  ASSERT_TRUE(write("a"));
  {
    const SmallFiles small(1U << 20U);
    while (write("large", std::string(100'000, 'x'))) {
    }
  }
  std::unique_ptr<RowCursor> row = *rows->new_cursor(Space::history, {});
  Result<void> mended;
  std::thread mending([&] { mended = rows->mend(); });
  // Either it needs no new database, or nobody else can begin to read.
  row->first();
  EXPECT_EQ(row->key(), "a");
  row.reset();
  mending.join();
  EXPECT_TRUE(mended);
  EXPECT_EQ(*rows->get(Space::history, "a"), "v");
}

using testing::SmallDisk;

TEST_F(SmallDisk, when_full_fails_and_when_there_is_room_goes_on) {
  // It fills up while the log is written, or while a file is made of what is in memory.
  for (const int before : {1, 60, 155}) {
    const std::string data = (folder.path() / std::to_string(before)).string();
    std::vector<std::string> acknowledged;
    auto rows = *RocksDbRows::open(data);
    const auto write = [&](int number) {
      const std::string key = "k" + std::to_string(1'000'000 + number);
      const std::unique_ptr<RowBatch> batch = rows->new_batch();
      batch->put(Space::history, key, std::string(100'000, 'x'));
      Result<void> written = rows->write(*batch, Sync::yes);
      if (written) acknowledged.push_back(key);
      return written;
    };
    for (int i = 0; i < before; ++i) ASSERT_TRUE(write(i));
    fill_disk();
    Result<void> written;
    for (int i = before; i < 1000 && written; ++i) written = write(i);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::unavailable);
    EXPECT_THAT(written.error().message, HasSubstr("disk is full"));
    EXPECT_FALSE(rows->mend());
    EXPECT_TRUE(*rows->get(Space::history, acknowledged.front()));
    make_room();
    const Result<void> mended = rows->mend();
    ASSERT_TRUE(mended) << describe(mended.error());
    EXPECT_TRUE(write(5000));
    for (int round = 0; round < 2; ++round) {
      for (const std::string& key : acknowledged) ASSERT_TRUE(*rows->get(Space::history, key)) << key;
      rows.reset();
      rows = *RocksDbRows::open(data);
    }
    rows.reset();
    std::filesystem::remove_all(data);
  }
}

// RocksDB before 9.2 puts a range that is removed where the hint of a row points, and loses it, or rows.
TEST_F(RocksDbRowsTest, removes_ranges_between_rows_that_are_inserted_with_hints) {
  const auto key = [](int workflow, int event) {
    return pawl::keys::history("w" + std::to_string(1000 + workflow), static_cast<std::uint64_t>(event));
  };
  std::size_t kept = 0;
  for (int workflow = 0; workflow < 100; ++workflow) {
    const std::unique_ptr<RowBatch> batch = rows->new_batch();
    for (int event = 0; event < 20; ++event) batch->put(Space::history, key(workflow, event), "v");
    const std::string prefix = pawl::keys::prefix("w" + std::to_string(1000 + workflow / 2));
    if (workflow % 4 == 0) batch->remove_range(Space::history, prefix, pawl::keys::after(prefix));
    ASSERT_TRUE(rows->write(*batch, Sync::no));
  }
  for (int workflow = 0; workflow < 100; ++workflow) kept += workflow >= 50 || workflow % 2 != 0 ? 20 : 0;
  EXPECT_EQ(keys().size(), kept);
  reopen();
  EXPECT_EQ(keys().size(), kept);
}

}  // namespace
}  // namespace pawl
