// Whether RocksDB's write-ahead log is whole, apart from what a crash may have torn off its end.
//
// A record that cannot be read is no more than an unfinished write if it had not been synced; it is lost data if it
// had. The records themselves tell: each carries a mark, the sequence number up to which all was synced when it was
// written. If one that can be read says that the missing ones had been synced, the log is damaged.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <rocksdb/wal_filter.h>
#include <rocksdb/write_batch.h>

namespace pawl {

// Adds the mark to a batch that is about to be written: everything up to `synced` survives a crash.
void put_sync_mark(rocksdb::WriteBatch& batch, std::uint64_t synced);

// A record of the log: changes that were made together.
struct LogRecord {
  std::string file;
  std::uint64_t first = 0;               // the sequence number of its first change
  std::uint64_t end = 0;                 // and the one after its last
  std::string batch;                     // as a rocksdb::WriteBatch has it
  std::optional<std::uint64_t> missing;  // a sequence number of which nothing was found in front of it
};

// Hands the changes of a batch to `handler`, up to the first that is of a kind we never write, or cannot be read.
// RocksDB ends the process over some of those.
void visit_changes(std::string_view batch, rocksdb::WriteBatch::Handler& handler);

// Visits all records of the logs in `folder` that are whole, the oldest first, until `visit` returns false. Those that
// had come before already are passed over.
void read_logs(const std::string& folder, const std::function<bool(const LogRecord&)>& visit);

// The file of the log in `folder` that shows that something is lost which had been synced; none if nothing shows it.
[[nodiscard]] std::optional<std::string> find_loss(const std::string& folder);

// Watches RocksDB replay the log, for a gap between two records: it does not look for those itself.
class GapFilter final : public rocksdb::WalFilter {
 public:
  [[nodiscard]] const char* Name() const override { return "pawl.GapFilter"; }
  WalProcessingOption LogRecordFound(unsigned long long log_number, const std::string& log_file_name,
                                     const rocksdb::WriteBatch& batch, rocksdb::WriteBatch* new_batch,
                                     bool* batch_changed) override;

 private:
  std::uint64_t next_ = 0;  // the sequence number after the last record; 0: there was none
};

}  // namespace pawl
