// Whatever bytes the files of RocksDB's log hold, they are read to their end; of logs that are whole each record comes,
// and nothing is said to be lost.
//
// The input is a list of what to do to the files: records and pieces of them, with their checksums, which no fuzzer
// guesses; raw bytes; and damage.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/assert.h"
#include "persistence/rocksdb/log_check.h"
#include "persistence/rocksdb/log_format_test.h"
#include "persistence/rocksdb/log_reader.h"
#include "tests/fuzz/bytes.h"
#include "tests/support/temporary_folder.h"

namespace {

constexpr std::size_t kMostBytes = 131'072;
constexpr std::size_t kFiles = 3;

using pawl::fuzz::Bytes;

struct Logs {
  std::array<std::string, kFiles> files;
  std::vector<std::string> records;  // those that were written whole, one after another
  bool damaged = false;
};

// A batch of `count` changes from number `number` on, and a mark.
std::string batch(std::uint64_t number, std::uint8_t count, std::uint64_t synced, std::size_t value_bytes) {
  rocksdb::WriteBatch changes;
  for (std::uint8_t i = 0; i < count; ++i)
    PAWL_ASSERT(changes.Put(std::string(1, static_cast<char>(i)), std::string(value_bytes, 'v')).ok(), "no change");
  pawl::put_sync_mark(changes, synced);
  std::string bytes = changes.Data();
  return bytes.replace(0, 8, pawl::log_format::little_endian(number, 8));
}

void damage(std::string& log, Bytes& bytes) {
  const std::uint8_t how = bytes.next();
  const std::size_t back = bytes.next() * std::size_t{256} + bytes.next();
  if (how % 4 == 0) log += bytes.text();
  if (how % 4 == 1) log += pawl::log_format::piece(bytes.next(), bytes.text());
  if (how % 4 == 2) log.resize(log.size() - std::min(back, log.size()));
  if (how % 4 == 3 && back < log.size()) log[log.size() - back - 1] = static_cast<char>(bytes.next());
}

Logs logs_of(Bytes& bytes) {
  Logs logs;
  std::size_t file = 0;
  std::uint64_t next = 1;
  while (!bytes.empty() && logs.files[file].size() < kMostBytes) {
    std::string& log = logs.files[file];
    const std::uint8_t what = bytes.next();
    if (what % 4 == 0) {
      file = std::min(file + 1, kFiles - 1);
    } else if (what % 4 == 1) {
      logs.damaged = true;
      damage(log, bytes);
    } else if (what % 4 == 2) {  // one that follows
      const std::uint8_t count = bytes.next() % 8;
      logs.records.push_back(batch(next, count, next - 1, bytes.next() * std::size_t{64}));
      pawl::log_format::append_record(log, logs.records.back());
      next += count;
    } else {  // one that need not follow, or is none
      logs.damaged = true;
      const std::uint64_t number = next + bytes.next() - 128;
      pawl::log_format::append_record(log,
                                      what % 8 == 3 ? bytes.text() : batch(number, bytes.next() % 4, bytes.next(), 1));
    }
  }
  return logs;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const pawl::testing::TemporaryFolder folder;
  Bytes bytes({data, size});
  const Logs logs = logs_of(bytes);
  std::vector<std::string> read;
  for (std::size_t i = 0; i < kFiles; ++i) {
    pawl::LogReader log(folder.write(fmt::format("{:06}.log", i + 1), logs.files[i]));
    while (std::optional<std::string> record = log.next()) {
      PAWL_ASSERT(logs.damaged || !log.skipped(), "something is passed over in a log that is whole");
      read.push_back(*std::move(record));
    }
  }
  PAWL_ASSERT(logs.damaged || read == logs.records, "{} records were written, and {} read", logs.records.size(),
              read.size());
  pawl::GapFilter filter;
  for (const std::string& record : read)
    (void)filter.LogRecordFound(1, "", rocksdb::WriteBatch(record), nullptr, nullptr);
  const std::string path = folder.path().string();
  std::size_t visited = 0;
  std::uint64_t end = 0;
  pawl::read_logs(path, [&](const pawl::LogRecord& record) {
    PAWL_ASSERT(record.first >= end, "records out of order: {} after {}", record.first, end);
    PAWL_ASSERT(!record.missing || *record.missing < record.first, "{} is missing in front of {}", *record.missing,
                record.first);
    end = record.end;
    return ++visited <= read.size();
  });
  PAWL_ASSERT(visited <= read.size(), "more records than there are");
  PAWL_ASSERT(logs.damaged || visited == read.size(), "{} of {} records are visited", visited, read.size());
  const std::optional<std::string> lossy = pawl::find_loss(path);
  PAWL_ASSERT(logs.damaged || !lossy, "nothing is lost in {}", *lossy);
  return 0;
}
