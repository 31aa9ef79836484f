// The log is read as it was written, whatever lies between its records.
#include "persistence/rocksdb/log_check.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "persistence/rocksdb/log_format_test.h"
#include "tests/support/temporary_folder.h"

namespace pawl {
namespace {

using ::testing::ElementsAre;

// `count` changes from number `first` on, written when all up to `synced` was.
std::string batch(std::uint64_t first, int count, std::uint64_t synced = 0, std::size_t value_bytes = 1) {
  rocksdb::WriteBatch changes;
  for (int i = 0; i < count; ++i) EXPECT_TRUE(changes.Put("key", std::string(value_bytes, 'v')).ok());
  put_sync_mark(changes, synced);
  std::string bytes = changes.Data();
  return bytes.replace(0, 8, log_format::little_endian(first, 8));
}

class LogCheck : public ::testing::Test {
 protected:
  // The first change of each record, and the missing one if there is any.
  std::vector<std::pair<std::uint64_t, std::optional<std::uint64_t>>> records() {
    folder_.write("000001.log", log_);
    std::vector<std::pair<std::uint64_t, std::optional<std::uint64_t>>> found;
    read_logs(folder_.path().string(), [&](const LogRecord& record) {
      found.emplace_back(record.first, record.missing);
      return true;
    });
    return found;
  }
  bool is_lossy() { return find_loss(folder_.path().string()).has_value(); }

  std::string log_;
  testing::TemporaryFolder folder_;
};

TEST_F(LogCheck, reads_records_of_any_size) {
  log_format::append_record(log_, batch(1, 2, 0, 100'000));
  log_format::append_record(log_, batch(3, 1, 2));
  EXPECT_THAT(records(), ElementsAre(std::pair(1U, std::nullopt), std::pair(3U, std::nullopt)));
  EXPECT_FALSE(is_lossy());
}

TEST_F(LogCheck, says_what_is_missing) {
  log_format::append_record(log_, batch(1, 2));
  log_format::append_record(log_, batch(5, 1, 4));
  EXPECT_THAT(records(), ElementsAre(std::pair(1U, std::nullopt), std::pair(5U, 3U)));
  EXPECT_TRUE(is_lossy());
}

// RocksDB's numbers have 56 bits. The one after the last change of such a record would be smaller than the first.
TEST_F(LogCheck, passes_over_records_with_impossible_numbers) {
  log_format::append_record(log_, batch(1, 2));
  log_format::append_record(log_, batch(~std::uint64_t{1}, 4));
  log_format::append_record(log_, batch(std::uint64_t{1} << 56U, 1));
  log_format::append_record(log_, batch(3, 1, 2));
  EXPECT_THAT(records(), ElementsAre(std::pair(1U, std::nullopt), std::pair(3U, std::nullopt)));
  EXPECT_FALSE(is_lossy());
}

// Of each kind that RocksDB knows there is one, and each may have nothing of what it needs.
TEST_F(LogCheck, takes_batches_of_any_content) {
  log_format::append_record(log_, batch(1, 1));
  for (std::uint64_t kind = 0; kind < 256; ++kind) {
    const std::string header = log_format::little_endian(3 + kind, 8) + log_format::little_endian(1, 4);
    for (const std::string& rest : {std::string(), std::string("\x01x\x01y"), std::string(40, '\0')}) {
      std::string odd = header;
      odd += static_cast<char>(kind);
      odd += rest;
      log_format::append_record(log_, odd);
    }
  }
  EXPECT_EQ(records().size(), 257U);
  EXPECT_FALSE(is_lossy());
}

TEST_F(LogCheck, misses_nothing_in_front_of_number_0) {
  log_ = "garbage!";
  log_format::append_record(log_, batch(0, 1));
  EXPECT_THAT(records(), ElementsAre(std::pair(0U, std::nullopt)));
}

}  // namespace
}  // namespace pawl
