// What is there after a crash: all that was synced, and nothing that was not written; or the word that it is not.
//
// A crash is a copy of the files of a database that is open, damaged as the test says.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include "persistence/rocksdb/rocksdb_rows.h"
#include "tests/support/temporary_folder.h"

namespace pawl {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// RocksDB checks and writes its log in blocks of this size.
constexpr std::size_t kLogBlock = 32'768;

class Recovery : public ::testing::Test {
 protected:
  void write(Space space, const std::string& key, const std::string& value, Sync sync) {
    const std::unique_ptr<RowBatch> batch = rows_->new_batch();
    batch->put(space, key, value);
    const Result<void> written = rows_->write(*batch, sync);
    ASSERT_TRUE(written) << describe(written.error());
  }
  void write(const std::string& key, Sync sync) { write(Space::history, key, value_of(key), sync); }
  // Easy to find in a file.
  static std::string value_of(const std::string& key) { return "<" + key + ":" + std::string(200, 'v') + ">"; }

  // RocksDB may be removing files that it needs no more.
  void crash() {
    fs::create_directory(crashed() / "rocksdb");
    for (const auto& entry : fs::directory_iterator(live_.path() / "rocksdb")) {
      std::error_code gone;
      fs::copy_file(entry.path(), crashed() / "rocksdb" / entry.path().filename(), gone);
    }
  }
  void close() { rows_.reset(); }
  [[nodiscard]] fs::path crashed() const { return crashed_.path(); }

  // The files of the crashed database, the oldest first.
  [[nodiscard]] std::vector<fs::path> files(const std::string& ending) const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(crashed() / "rocksdb"))
      if (entry.path().extension() == ending) found.push_back(entry.path());
    std::ranges::sort(found);
    return found;
  }
  static std::string read(const fs::path& file) {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
  }
  static void overwrite(const fs::path& file, const std::string& bytes) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
  }
  // Flips a bit of the value of `key`, wherever in these files it is.
  void flip(const std::string& ending, const std::string& key) {
    for (const fs::path& file : files(ending)) {
      std::string bytes = read(file);
      const std::size_t found = bytes.find(value_of(key));
      if (found == std::string::npos) continue;
      bytes[found + 50] = static_cast<char>(bytes[found + 50] ^ 1);
      overwrite(file, bytes);
      return;
    }
    FAIL() << key << " is in no " << ending << " file";
  }
  // Takes bytes off the end of the log.
  void cut_log(std::size_t bytes) {
    const fs::path log = files(".log").back();
    const std::string text = read(log);
    overwrite(log, text.substr(0, text.find_last_not_of('\0') + 1 - bytes));
  }

  Result<std::unique_ptr<RocksDbRows>> reopen() { return RocksDbRows::open(crashed().string()); }
  // The keys of history, where the values are right, too.
  static std::vector<std::string> keys(RocksDbRows& rows) {
    std::vector<std::string> found;
    const Result<void> scanned =
        rows.scan(Space::history, {}, Order::ascending, [&](std::string_view key, std::string_view value) {
          EXPECT_EQ(value, value_of(std::string(key)));
          found.emplace_back(key);
          return true;
        });
    EXPECT_TRUE(scanned) << describe(scanned.error());
    return found;
  }
  void expect_keys(const std::vector<std::string>& expected) {
    const auto rows = reopen();
    ASSERT_TRUE(rows) << describe(rows.error());
    EXPECT_EQ(keys(**rows), expected);
  }
  void expect_corruption() {
    for (const Access access : {Access::read_only, Access::read_write}) {
      const auto rows = RocksDbRows::open(crashed().string(), {.access = access});
      ASSERT_FALSE(rows);
      EXPECT_EQ(rows.error().code, ErrorCode::corruption) << describe(rows.error());
      EXPECT_THAT(rows.error().message, HasSubstr(crashed().string()));
    }
  }

  testing::TemporaryFolder live_;
  testing::TemporaryFolder crashed_;
  std::unique_ptr<RocksDbRows> rows_ = *RocksDbRows::open(live_.path().string());
};

TEST_F(Recovery, finds_all_that_was_synced) {
  write("a", Sync::no);
  write("b", Sync::yes);
  crash();
  expect_keys({"a", "b"});
}

TEST_F(Recovery, finds_all_after_a_clean_end) {
  write("a", Sync::yes);
  write("b", Sync::no);
  close();
  crash();
  expect_keys({"a", "b"});
  expect_keys({"a", "b"});
}

TEST_F(Recovery, drops_an_unfinished_record_at_the_end) {
  write("a", Sync::no);
  write("b", Sync::yes);
  write("c", Sync::no);
  crash();
  cut_log(10);
  expect_keys({"a", "b"});
  // What is written then follows what was kept.
  rows_ = *reopen();
  write("d", Sync::yes);
  close();
  expect_keys({"a", "b", "d"});
}

TEST_F(Recovery, drops_a_record_at_the_end_that_was_written_in_part) {
  write("a", Sync::yes);
  write("b", Sync::no);
  crash();
  flip(".log", "b");
  expect_keys({"a"});
}

// Pages reach the disk in any order until they are synced.
TEST_F(Recovery, drops_what_follows_an_unfinished_record_that_was_not_synced) {
  write("a", Sync::yes);
  for (const char* key : {"b", "c", "d"}) write(key, Sync::no);
  crash();
  flip(".log", "b");
  expect_keys({"a"});
}

TEST_F(Recovery, drops_unsynced_pages_that_were_never_written) {
  write("a", Sync::yes);
  for (int i = 100; i < 900; ++i) write("b" + std::to_string(i), Sync::no);
  crash();
  const fs::path log = files(".log").back();
  std::string bytes = read(log);
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(kLogBlock), kLogBlock, '\0');
  overwrite(log, bytes);
  const auto rows = reopen();
  ASSERT_TRUE(rows) << describe(rows.error());
  const std::vector<std::string> found = keys(**rows);
  EXPECT_GT(found.size(), 50U);
  EXPECT_LT(found.size(), 300U);
  EXPECT_EQ(found.back(), "b" + std::to_string(100 + found.size() - 2));  // no hole
}

TEST_F(Recovery, refuses_a_log_that_lost_a_record_that_was_synced) {
  for (const char* key : {"a", "b", "c", "d"}) write(key, Sync::yes);
  crash();
  flip(".log", "b");
  expect_corruption();
}

TEST_F(Recovery, refuses_a_log_that_lost_its_first_record) {
  for (const char* key : {"a", "b", "c", "d"}) write(key, Sync::yes);
  crash();
  flip(".log", "a");
  expect_corruption();
}

TEST_F(Recovery, refuses_a_log_with_a_hole_of_zeros) {
  for (int i = 100; i < 900; ++i) write("b" + std::to_string(i), i % 50 == 0 ? Sync::yes : Sync::no);
  crash();
  const fs::path log = files(".log").back();
  std::string bytes = read(log);
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(kLogBlock), kLogBlock, '\0');
  overwrite(log, bytes);
  expect_corruption();
}

// RocksDB would end the process over changes that it has made already.
TEST_F(Recovery, drops_old_records_behind_the_end) {
  for (const char* key : {"a", "b", "c"}) write(key, Sync::yes);
  crash();
  const fs::path log = files(".log").back();
  std::string bytes = read(log);
  bytes.resize(bytes.find_last_not_of('\0') + 1);
  std::string padded = bytes;
  padded.resize(kLogBlock, '\0');  // records do not cross blocks
  overwrite(log, padded + bytes);
  expect_keys({"a", "b", "c"});
}

TEST_F(Recovery, drops_another_log_behind_the_end) {
  for (const char* key : {"a", "b", "c"}) write(key, Sync::yes);
  testing::TemporaryFolder other;
  {
    const auto rows = *RocksDbRows::open(other.path().string());
    for (int i = 0; i < 9; ++i) {
      const std::unique_ptr<RowBatch> batch = rows->new_batch();
      batch->put(Space::history, "x", "y");
      ASSERT_TRUE(rows->write(*batch, Sync::yes));
    }
  }
  crash();
  const fs::path log = files(".log").back();
  std::string bytes = read(log);
  bytes.resize(kLogBlock, '\0');
  for (const auto& entry : fs::directory_iterator(other.path() / "rocksdb"))
    if (entry.path().extension() == ".log") bytes += read(entry.path());
  overwrite(log, bytes);
  const auto rows = reopen();
  EXPECT_TRUE(rows || rows.error().code == ErrorCode::corruption);
}

// RocksDB passes over a block of nothing but zeros.
class RecoveryOfWholeBlocks : public Recovery {
 protected:
  // So that its record fills a block.
  void write_block(const std::string& key, Sync sync) {
    constexpr std::size_t kOverhead = 36;  // headers, the length of the value, and the mark, for a key of one byte
    write(Space::history, key, std::string(kLogBlock - kOverhead, 'b'), sync);
  }
  void zero_block(std::size_t number) {
    const fs::path log = files(".log").back();
    std::string bytes = read(log);
    ASSERT_EQ(bytes.size() % kLogBlock, 0U);
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(number * kLogBlock), kLogBlock, '\0');
    overwrite(log, bytes);
  }
};

TEST_F(RecoveryOfWholeBlocks, refuses_a_log_that_lost_one_that_was_synced) {
  for (const char* key : {"a", "b", "c"}) write_block(key, Sync::yes);
  crash();
  zero_block(1);
  expect_corruption();
}

TEST_F(RecoveryOfWholeBlocks, drops_what_follows_one_that_was_not_synced) {
  write_block("a", Sync::yes);
  for (const char* key : {"b", "c"}) write_block(key, Sync::no);
  crash();
  zero_block(1);
  const auto rows = reopen();
  ASSERT_TRUE(rows) << describe(rows.error());
  EXPECT_TRUE(*(*rows)->get(Space::history, "a"));
  EXPECT_FALSE(*(*rows)->get(Space::history, "b"));
  EXPECT_FALSE(*(*rows)->get(Space::history, "c"));
}

// A log is kept, whole and closed, as long as some space has rows in it that are in no other file.
class RecoveryOfTwoLogs : public Recovery {
 protected:
  void SetUp() override {
    write(Space::meta, "epoch", value_of("epoch"), Sync::yes);
    for (int i = 0; i < 3; ++i) write("early" + std::to_string(i), Sync::yes);
    // Enough that history is written to a file, and a new log is begun.
    const std::string large(std::size_t{1} << 20U, 'x');
    for (int i = 0; i < 20; ++i) write(Space::history, "large" + std::to_string(i), large, Sync::no);
    write(Space::meta, "late", value_of("late"), Sync::yes);
    crash();
    ASSERT_GE(files(".log").size(), 2U);
  }
};

TEST_F(RecoveryOfTwoLogs, finds_all) {
  const auto rows = reopen();
  ASSERT_TRUE(rows) << describe(rows.error());
  EXPECT_EQ(*(*rows)->get(Space::meta, "epoch"), value_of("epoch"));
  EXPECT_EQ(*(*rows)->get(Space::meta, "late"), value_of("late"));
  EXPECT_EQ(*(*rows)->get(Space::history, "early1"), value_of("early1"));
}

TEST_F(RecoveryOfTwoLogs, refuses_an_older_log_that_is_damaged) {
  flip(".log", "epoch");
  expect_corruption();
}

TEST_F(RecoveryOfTwoLogs, refuses_an_older_log_that_was_cut_off) {
  const fs::path log = files(".log").front();
  const std::string bytes = read(log);
  overwrite(log, bytes.substr(0, bytes.size() / 2));
  expect_corruption();
}

TEST_F(RecoveryOfTwoLogs, refuses_an_older_log_that_is_missing) {
  fs::remove(files(".log").front());
  expect_corruption();
}

// Its rows are in files, none of them in the log.
class RecoveryOfFiles : public Recovery {
 protected:
  void SetUp() override {
    for (int i = 100; i < 400; ++i) write("k" + std::to_string(i), Sync::no);
    close();
    rows_ = *RocksDbRows::open(live_.path().string());
    close();
    crash();
  }
};

TEST_F(RecoveryOfFiles, serves_nothing_that_is_damaged) {
  flip(".sst", "k250");
  const auto rows = reopen();
  ASSERT_TRUE(rows) << describe(rows.error());
  const auto damaged = (*rows)->get(Space::history, "k250");
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code, ErrorCode::corruption);
  EXPECT_EQ(*(*rows)->get(Space::history, "k110"), value_of("k110"));
  const Result<void> scanned =
      (*rows)->scan(Space::history, {}, Order::ascending, [](std::string_view key, std::string_view value) {
        EXPECT_EQ(value, value_of(std::string(key)));
        return true;
      });
  ASSERT_FALSE(scanned);
  EXPECT_EQ(scanned.error().code, ErrorCode::corruption);
  const std::vector<Error> found = (*rows)->verify();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.front().code, ErrorCode::corruption);
  EXPECT_THAT(found.front().message, HasSubstr(".sst"));
}

TEST_F(RecoveryOfFiles, is_whole_when_nothing_was_damaged) {
  EXPECT_TRUE((*reopen())->verify().empty());
  EXPECT_TRUE((*RocksDbRows::open(crashed().string(), {.access = Access::read_only}))->verify().empty());
}

TEST_F(RecoveryOfFiles, refuses_a_database_without_one_of_its_files) {
  fs::remove(files(".sst").front());
  expect_corruption();
}

TEST_F(RecoveryOfFiles, refuses_a_database_without_its_head_and_leaves_the_rest) {
  fs::remove(crashed() / "rocksdb" / "CURRENT");
  expect_corruption();
  EXPECT_FALSE(files(".sst").empty());
}

// RocksDB ends the process over these.
TEST_F(RecoveryOfFiles, refuses_a_list_of_files_with_another_one_behind_it) {
  for (const auto& entry : fs::directory_iterator(crashed() / "rocksdb")) {
    if (!entry.path().filename().string().starts_with("MANIFEST")) continue;
    const std::string bytes = read(entry.path());
    overwrite(entry.path(), bytes + bytes);
  }
  expect_corruption();
}

TEST_F(RecoveryOfFiles, refuses_a_damaged_list_of_files) {
  const auto is_list = [](const fs::path& file) { return file.filename().string().starts_with("MANIFEST"); };
  for (const auto& entry : fs::directory_iterator(crashed() / "rocksdb")) {
    if (!is_list(entry.path())) continue;
    std::string bytes = read(entry.path());
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 4);
    overwrite(entry.path(), bytes);
  }
  expect_corruption();
}

TEST_F(RecoveryOfFiles, reads_a_directory_without_the_spaces_of_this_version) {
  const fs::path directory = crashed();
  {
    rocksdb::DB* opened = nullptr;
    std::vector<std::string> names;
    const std::string folder = (directory / "rocksdb").string();
    ASSERT_TRUE(rocksdb::DB::ListColumnFamilies({}, folder, &names).ok());
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const std::string& name : names) families.emplace_back(name, rocksdb::ColumnFamilyOptions());
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    ASSERT_TRUE(rocksdb::DB::Open({}, folder, families, &handles, &opened).ok());
    const std::unique_ptr<rocksdb::DB> database(opened);
    for (rocksdb::ColumnFamilyHandle* const handle : handles) {
      if (handle->GetName() != "policies" && handle->GetName() != "dead_letters") continue;
      ASSERT_TRUE(database->DropColumnFamily(handle).ok());
    }
    for (rocksdb::ColumnFamilyHandle* const handle : handles) database->DestroyColumnFamilyHandle(handle);
  }
  {
    const auto rows = RocksDbRows::open(directory.string(), {.access = Access::read_only});
    ASSERT_TRUE(rows) << describe(rows.error());
    for (const Space space : {Space::policies, Space::dead_letters}) {
      EXPECT_EQ(*(*rows)->get(space, "key"), std::nullopt);
      const auto cursor = *(*rows)->new_cursor(space, {});
      cursor->first();
      EXPECT_FALSE(cursor->valid());
    }
  }
  EXPECT_TRUE(reopen());
}

TEST_F(RecoveryOfFiles, refuses_spaces_of_a_newer_version) {
  {
    rocksdb::DB* opened = nullptr;
    std::vector<std::string> names;
    const std::string folder = (crashed() / "rocksdb").string();
    ASSERT_TRUE(rocksdb::DB::ListColumnFamilies({}, folder, &names).ok());
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const std::string& name : names) families.emplace_back(name, rocksdb::ColumnFamilyOptions());
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    ASSERT_TRUE(rocksdb::DB::Open({}, folder, families, &handles, &opened).ok());
    const std::unique_ptr<rocksdb::DB> database(opened);
    handles.emplace_back();
    ASSERT_TRUE(database->CreateColumnFamily({}, "of_tomorrow", &handles.back()).ok());
    for (rocksdb::ColumnFamilyHandle* const handle : handles) database->DestroyColumnFamilyHandle(handle);
  }
  const auto rows = reopen();
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code, ErrorCode::invalid_state);
  EXPECT_THAT(rows.error().message, HasSubstr("newer version"));
}

}  // namespace
}  // namespace pawl
