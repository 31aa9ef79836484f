#include "persistence/rocksdb/log_check.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <tuple>
#include <vector>

#include "persistence/keys.h"
#include "persistence/rocksdb/log_reader.h"

namespace pawl {
namespace {

namespace fs = std::filesystem;
using rocksdb::Slice;
using rocksdb::Status;

// A record is a batch. It begins with the sequence number of its first change, 8 bytes, and the number of changes, 4,
// little-endian.
constexpr std::size_t kSequenceBytes = 8;
constexpr std::size_t kBatchHeaderBytes = 12;
// RocksDB's sequence numbers have 56 bits.
constexpr std::uint64_t kMostSequence = (std::uint64_t{1} << 56U) - 1;

struct Changes {
  std::uint64_t first = 0;
  std::uint64_t end = 0;
};

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) number = number << 8U | static_cast<unsigned char>(bytes[i]);
  return number;
}

// Of a batch that has its header.
Changes changes_of(std::string_view batch) {
  const std::uint64_t first = little_endian(batch.substr(0, kSequenceBytes));
  // A batch without changes takes no number.
  return {.first = first,
          .end = first + little_endian(batch.substr(kSequenceBytes, kBatchHeaderBytes - kSequenceBytes))};
}

// Finds the mark and passes over everything else.
class MarkFinder final : public rocksdb::WriteBatch::Handler {
 public:
  [[nodiscard]] std::uint64_t synced() const { return synced_; }

  Status PutCF(std::uint32_t, const Slice&, const Slice&) override { return Status::OK(); }
  Status DeleteCF(std::uint32_t, const Slice&) override { return Status::OK(); }
  Status SingleDeleteCF(std::uint32_t, const Slice&) override { return Status::OK(); }
  Status DeleteRangeCF(std::uint32_t, const Slice&, const Slice&) override { return Status::OK(); }
  void LogData(const Slice& blob) override {
    if (blob.size() == keys::kNumberBytes)
      synced_ = std::max(synced_, keys::from_big_endian({blob.data(), blob.size()}));
  }

 private:
  std::uint64_t synced_ = 0;
};

std::uint64_t mark_of(const std::string& batch) {
  MarkFinder mark;
  visit_changes(batch, mark);
  return mark.synced();
}

// A number of 7 bits a byte, the lowest first, at most 32 bits.
std::optional<std::uint32_t> take_number32(std::string_view& bytes) {
  constexpr unsigned kMostShift = 28;
  std::uint32_t number = 0;
  for (unsigned shift = 0; shift <= kMostShift && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    number |= (byte & 0x7fU) << shift;
    if (byte < 0x80U) return number;
  }
  return std::nullopt;
}

bool skip_text(std::string_view& bytes) {
  const std::optional<std::uint32_t> size = take_number32(bytes);
  if (!size || *size > bytes.size()) return false;
  bytes.remove_prefix(*size);
  return true;
}

// A change begins with its kind; then come the number of its column family, for some, and one or two texts.
bool skip_change(std::string_view& bytes) {
  const auto kind = static_cast<unsigned char>(bytes.front());
  bytes.remove_prefix(1);
  switch (kind) {
    case 0x00:  // removal
    case 0x03:  // log data
    case 0x07:  // single removal
      return skip_text(bytes);
    case 0x01:  // value
    case 0x0f:  // removal of a range
      return skip_text(bytes) && skip_text(bytes);
    case 0x04:  // the same of a column family
    case 0x08:
      return take_number32(bytes) && skip_text(bytes);
    case 0x05:
    case 0x0e:
      return take_number32(bytes) && skip_text(bytes) && skip_text(bytes);
    default:
      return false;
  }
}

// The oldest first: their names are numbers.
std::vector<std::string> logs_in(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (entry.path().extension() == ".log") files.push_back(entry.path().string());
  std::ranges::sort(files, {}, [](const std::string& file) { return std::tuple(file.size(), file); });
  return files;
}

}  // namespace

void put_sync_mark(rocksdb::WriteBatch& batch, std::uint64_t synced) { batch.PutLogData(keys::big_endian(synced)); }

void visit_changes(std::string_view batch, rocksdb::WriteBatch::Handler& handler) {
  if (batch.size() < kBatchHeaderBytes) return;
  std::string_view rest = batch.substr(kBatchHeaderBytes);
  std::size_t sound = kBatchHeaderBytes;
  while (!rest.empty() && skip_change(rest)) sound = batch.size() - rest.size();
  // If there are fewer than its header says, that is an error at the end, when all have been visited.
  (void)rocksdb::WriteBatch(std::string(batch.substr(0, sound))).Iterate(&handler).ok();
}

void read_logs(const std::string& folder, const std::function<bool(const LogRecord&)>& visit) {
  std::optional<std::uint64_t> next;     // the sequence number after the last record
  std::optional<std::uint64_t> missing;  // one that was not seen
  for (const std::string& file : logs_in(folder)) {
    LogReader log(file);
    while (std::optional<std::string> record = log.next()) {
      if (record->size() < kBatchHeaderBytes) continue;
      const Changes changes = changes_of(*record);
      if (changes.first > kMostSequence || (next && changes.first < *next)) continue;
      if (!missing && next && changes.first > *next) missing = next;
      // Where the first record cannot be read its number is not known; that of the last one before this is.
      if (!missing && !next && log.skipped() && changes.first > 0) missing = changes.first - 1;
      next = changes.end;
      if (!visit({.file = file,
                  .first = changes.first,
                  .end = changes.end,
                  .batch = *std::move(record),
                  .missing = missing}))
        return;
    }
  }
}

std::optional<std::string> find_loss(const std::string& folder) {
  std::optional<std::string> file;
  read_logs(folder, [&](const LogRecord& record) {
    if (record.missing && mark_of(record.batch) >= *record.missing) file = record.file;
    return !file;
  });
  return file;
}

GapFilter::WalProcessingOption GapFilter::LogRecordFound(unsigned long long, const std::string&,
                                                         const rocksdb::WriteBatch& batch, rocksdb::WriteBatch*,
                                                         bool*) {
  const std::string_view bytes = batch.Data();
  if (bytes.size() < kBatchHeaderBytes) return WalProcessingOption::kCorruptedRecord;
  const Changes changes = changes_of(bytes);
  // One from before is as wrong here as one from later: it is not of this place, and RocksDB would end the process over
  // changes that it has made already.
  if (next_ > 0 && changes.first != next_) return WalProcessingOption::kCorruptedRecord;
  next_ = changes.end;
  return WalProcessingOption::kContinueProcessing;
}

}  // namespace pawl
