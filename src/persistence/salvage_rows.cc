#include "persistence/salvage_rows.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <rocksdb/iterator.h>
#include <rocksdb/sst_file_reader.h>
#include <rocksdb/write_batch.h>

#include "model/encoding.h"
#include "persistence/births.h"
#include "persistence/keys.h"
#include "persistence/rocksdb/in_child.h"
#include "persistence/rocksdb/log_check.h"
#include "persistence/rocksdb/rocksdb_rows.h"
#include "persistence/stored_rows.h"

namespace pawl {
namespace {

namespace fs = std::filesystem;

// Written together.
constexpr std::size_t kPortion = std::size_t{4} << 20U;

constexpr std::size_t kSpaces = kSpaceNames.size();

std::string text_of(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

std::string_view id_of(std::string_view key) { return key.substr(0, key.find('\0')); }

// A table file by itself.
class TableCursor final : public RowCursor {
 public:
  explicit TableCursor(rocksdb::SstFileReader& table) : row_(table.NewIterator({})) {}

  void first() override { row_->SeekToFirst(); }
  void last() override { row_->SeekToLast(); }
  void seek(std::string_view key) override { row_->Seek({key.data(), key.size()}); }
  void next() override { row_->Next(); }
  void previous() override { row_->Prev(); }
  [[nodiscard]] bool valid() const override { return row_->Valid(); }
  [[nodiscard]] std::string_view key() const override { return {row_->key().data(), row_->key().size()}; }
  [[nodiscard]] std::string_view value() const override { return {row_->value().data(), row_->value().size()}; }
  [[nodiscard]] Result<void> status() const override {
    return row_->status().ok() ? Result<void>() : fail(ErrorCode::corruption, row_->status().ToString());
  }

 private:
  std::unique_ptr<rocksdb::Iterator> row_;
};

std::optional<Space> space_named(std::string_view name) {
  const auto found = std::ranges::find(kSpaceNames, name);
  if (found == kSpaceNames.end()) return std::nullopt;
  return static_cast<Space>(found - kSpaceNames.begin());
}

// Whether the table was written under this name; RocksDB ends a process that finds the same rows in two tables.
bool is_in_its_place(const fs::path& file) {
  rocksdb::SstFileReader table{rocksdb::Options()};
  if (!table.Open(file.string()).ok()) return true;  // others say so
  const std::uint64_t number = table.GetTableProperties()->orig_file_number;
  return number == 0 || std::strtoull(file.stem().c_str(), nullptr, 10) == number;
}

// What a workshop does: a letter, and the folder that it is done to.
constexpr char kReadPiece[] = "r";
constexpr char kOpenPiece[] = "o";
constexpr char kRepairPiece[] = "R";

Result<void> do_piece(const std::string& piece) {
  const std::string folder = piece.substr(1);
  if (piece.starts_with(kReadPiece)) return RocksDbRows::try_to_open(folder);
  if (piece.starts_with(kOpenPiece)) return RocksDbRows::try_to_open(folder, Access::salvage);
  return RocksDatabase::repair(folder);
}

class Salvage {
 public:
  Salvage(std::string from, fs::path work, Workshop& workshop, Rows& to)
      : from_(std::move(from)), work_(std::move(work)), workshop_(workshop), to_(to) {
    for (std::size_t i = 0; i < kSpaces; ++i) numbers_[i] = static_cast<std::uint32_t>(i) + 1;  // as they are made
  }

  Result<RowLosses> run() {
    if (Result<void> copied = opens() ? copy_as_it_is() : copy_what_is_left(); !copied)
      return std::unexpected(std::move(copied.error()));
    if (Result<void> written = write(Sync::yes); !written) return std::unexpected(std::move(written.error()));
    return std::move(losses_);
  }

 private:
  bool opens();
  Result<void> copy_as_it_is();
  Result<void> copy_what_is_left();

  Result<void> link_tables();
  Result<bool> note_missing_tables(const RocksDbRows& rows);
  Result<void> copy_rows(Rows& rows);
  void copy_space(RowCursor& row, Space space, bool only_new);
  void copy_damaged_tables();
  void replay_logs();
  [[nodiscard]] std::vector<std::string> keys_after(Space space, std::string_view key) const;

  void put(Space space, std::string_view key, std::string_view value);
  Result<void> write(Sync sync);

  friend class Replay;

  const std::string from_;
  const fs::path work_;
  Workshop& workshop_;
  Rows& to_;
  std::array<std::uint32_t, kSpaces> numbers_{};  // of the column families
  RowLosses losses_;
  std::set<std::string, std::less<>> ids_;          // of workflows, as far as they are known
  std::set<std::string, std::less<>> definitions_;  // the keys of theirs
  std::unique_ptr<RowBatch> batch_;
  std::size_t batched_ = 0;
  Result<void> written_;
};

// Repeats a batch of the log.
class Replay final : public rocksdb::WriteBatch::Handler {
 public:
  explicit Replay(Salvage& salvage) : salvage_(salvage) {}

  rocksdb::Status PutCF(std::uint32_t family, const rocksdb::Slice& key, const rocksdb::Slice& value) override {
    if (const std::optional<Space> space = space_of(family)) salvage_.put(*space, text_of(key), text_of(value));
    return rocksdb::Status::OK();
  }
  rocksdb::Status DeleteCF(std::uint32_t family, const rocksdb::Slice& key) override {
    if (const std::optional<Space> space = space_of(family)) salvage_.batch_->remove(*space, text_of(key));
    return rocksdb::Status::OK();
  }
  rocksdb::Status SingleDeleteCF(std::uint32_t family, const rocksdb::Slice& key) override {
    return DeleteCF(family, key);
  }
  rocksdb::Status DeleteRangeCF(std::uint32_t family, const rocksdb::Slice& from, const rocksdb::Slice& to) override {
    const std::optional<Space> space = space_of(family);
    if (space && !is_inserted_with_hint(*space, text_of(from)))  // none that we write begins so
      salvage_.batch_->remove_range(*space, text_of(from), text_of(to));
    return rocksdb::Status::OK();
  }
  void LogData(const rocksdb::Slice&) override {}

 private:
  [[nodiscard]] std::optional<Space> space_of(std::uint32_t family) const {
    const auto found = std::ranges::find(salvage_.numbers_, family);
    if (found == salvage_.numbers_.end()) return std::nullopt;
    return static_cast<Space>(found - salvage_.numbers_.begin());
  }

  Salvage& salvage_;
};

void Salvage::put(Space space, std::string_view key, std::string_view value) {
  if (space == Space::by_state || space == Space::by_name) return;
  batch_->put(space, key, value);
  batched_ += key.size() + value.size();
  if (batched_ >= kPortion) (void)write(Sync::no);
}

Result<void> Salvage::write(Sync sync) {
  if (batch_ && written_) written_ = to_.write(*batch_, sync);
  batch_ = to_.new_batch();
  batched_ = 0;
  return written_;
}

bool Salvage::opens() {
  const Result<void> opened = workshop_.run(kReadPiece + from_);
  if (!opened) losses_.files.push_back(opened.error().message);
  return opened.has_value();
}

Result<void> Salvage::copy_as_it_is() {
  const Result<std::unique_ptr<RocksDbRows>> rows = RocksDbRows::open(from_, {.access = Access::read_only});
  if (!rows) return std::unexpected(rows.error());
  for (const Error& damaged : (*rows)->verify()) losses_.files.push_back(damaged.message);
  return copy_rows(**rows);
}

// The tables without the log, repaired if need be, and then what the log has.
Result<void> Salvage::copy_what_is_left() {
  if (Result<void> linked = link_tables(); !linked) return linked;
  const std::string folder = (work_ / kRowsFolder).string();
  bool whole = workshop_.run(kOpenPiece + work_.string()).has_value();
  losses_.anywhere = !whole;  // the list of files is lost, so nobody knows which there were
  if (whole) {
    const Result<std::unique_ptr<RocksDbRows>> rows = RocksDbRows::open(work_.string(), {.access = Access::salvage});
    if (!rows) return std::unexpected(rows.error());
    for (std::size_t i = 0; i < kSpaces; ++i)
      if (const auto number = (*rows)->number_of(static_cast<Space>(i))) numbers_[i] = *number;
    Result<bool> complete = note_missing_tables(**rows);
    if (!complete) return std::unexpected(complete.error());
    whole = *complete;
  }
  if (!whole)
    if (Result<void> repaired = workshop_.run(kRepairPiece + folder); !repaired) return repaired;
  {
    const Result<std::unique_ptr<RocksDbRows>> rows = RocksDbRows::open(work_.string(), {.access = Access::salvage});
    if (!rows) return std::unexpected(rows.error());
    if (Result<void> copied = copy_rows(**rows); !copied) return copied;
  }
  copy_damaged_tables();
  replay_logs();
  return written_;
}

// Tables never change, so a link is as good as a copy.
Result<void> Salvage::link_tables() {
  const fs::path folder = work_ / kRowsFolder;
  std::error_code error;
  fs::create_directories(folder, error);
  fs::directory_iterator entries;
  if (!error) entries = fs::directory_iterator(fs::path(from_) / kRowsFolder, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    const std::string name = entries->path().filename().string();
    const bool is_table = entries->path().extension() == ".sst";
    if (!is_table && name != "CURRENT" && !name.starts_with("MANIFEST-")) continue;
    if (is_table && !is_in_its_place(entries->path())) {
      losses_.files.push_back(fmt::format("{} is another table under this name", name));
      losses_.anywhere = true;
      continue;
    }
    if (is_table) {
      fs::create_hard_link(entries->path(), folder / name, error);
      if (!error) continue;
      error.clear();
    }
    fs::copy_file(entries->path(), folder / name, error);
    if (!error) continue;
    losses_.files.push_back(fmt::format("{} cannot be read: {}", name, error.message()));
    losses_.anywhere = true;
    error.clear();
  }
  if (!error) return {};
  return fail(ErrorCode::unavailable, fmt::format("cannot copy {} to {}: {}", from_, work_.string(), error.message()));
}

// Whether all tables that are to be there are, and no others.
Result<bool> Salvage::note_missing_tables(const RocksDbRows& rows) {
  bool complete = true;
  std::set<std::string, std::less<>> known;
  for (const TableFile& file : rows.tables()) {
    known.insert(file.name);
    rocksdb::SstFileReader reader{rocksdb::Options()};
    if (reader.Open((work_ / kRowsFolder / file.name).string()).ok()) continue;
    complete = false;
    losses_.files.push_back(fmt::format("{} is missing or damaged as a whole", file.name));
    if (const std::optional<Space> space = space_named(file.space))
      losses_.ranges.push_back({.space = *space, .after = file.first, .before = file.last + '\0'});
  }
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(work_ / kRowsFolder, error))
    if (entry.path().extension() == ".sst" && !known.contains(entry.path().filename().string())) complete = false;
  return complete;
}

// The ids first: they lead on where something is damaged.
Result<void> Salvage::copy_rows(Rows& rows) {
  if (Result<void> written = write(Sync::no); !written) return written;
  for (const Space space :
       {Space::meta, Space::live, Space::ended, Space::by_state, Space::checkpoints, Space::definitions, Space::history,
        Space::snapshots, Space::dead_letters, Space::policies}) {
    const Result<std::unique_ptr<RowCursor>> row = rows.new_cursor(space, {});
    if (!row) return std::unexpected(row.error());
    copy_space(**row, space, false);
  }
  return write(Sync::no);
}

void Salvage::copy_space(RowCursor& row, Space space, bool only_new) {
  const bool is_index = space == Space::by_state || space == Space::by_name;
  std::vector<LostRange> lost;
  scan_sound_rows(
      row, space, [&](std::string_view key) { return keys_after(space, key); },
      [&](std::string_view key, std::string_view value) {
        if (space == Space::live && keys::births_of(key)) {
          if (const Result<std::vector<Birth>> births = decode_births(value))
            for (const Birth& birth : *births) ids_.emplace(birth.id);
        } else if (space == Space::live || space == Space::ended || space == Space::checkpoints) {
          ids_.emplace(key);
        }
        if (space == Space::live || space == Space::ended)
          if (const Result<WorkflowSummary> summary = decode_summary(key, value))
            definitions_.insert(to_stored_hash(summary->definition));
        if (space == Space::by_state)
          if (const std::optional<keys::Place> place = keys::place_of(key, 1)) ids_.emplace(place->id);
        if (only_new) {
          const Result<std::optional<std::string>> there = to_.get(space, key);
          if (!there || *there) return;
        }
        put(space, key, value);
      },
      lost);
  if (!is_index) std::ranges::move(lost, std::back_inserter(losses_.ranges));
}

// The next key that is longer than the one before, then ever coarser ones.
void add_following(std::string_view key, std::vector<std::string>& keys) {
  for (std::size_t size = key.size(); size > 0; --size) {
    std::string next(key.substr(0, size));
    if (next.back() == static_cast<char>(0xff)) continue;
    next.back() = static_cast<char>(next.back() + 1);
    keys.push_back(std::move(next));
  }
}

// Of the same workflow's history a little further on, then of the workflows that follow.
std::vector<std::string> Salvage::keys_after(Space space, std::string_view key) const {
  constexpr std::size_t kTried = 10'000;
  constexpr std::uint64_t kFarthest = std::uint64_t{1} << 24U;
  std::vector<std::string> keys;
  const std::string_view id = id_of(key);
  const bool by_workflow = space == Space::history || space == Space::snapshots || space == Space::dead_letters;
  if (space == Space::history)
    if (const std::optional<std::uint64_t> event = keys::event_of(key, id))
      for (std::uint64_t step = 1; step <= kFarthest; step *= 2) keys.push_back(keys::history(id, *event + step));
  if (by_workflow || space == Space::live || space == Space::ended || space == Space::checkpoints)
    for (auto next = ids_.upper_bound(id); next != ids_.end() && keys.size() < kTried; ++next)
      keys.push_back(by_workflow ? keys::prefix(*next) : *next);
  if (space == Space::definitions)
    for (auto next = definitions_.upper_bound(key); next != definitions_.end() && keys.size() < kTried; ++next)
      keys.push_back(*next);
  if (keys.empty()) add_following(key, keys);
  return keys;
}

// Those that the repair has put aside. They may have what was removed since, too: only what is nowhere else counts.
void Salvage::copy_damaged_tables() {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(work_ / kRowsFolder / "lost", error)) {
    if (entry.path().extension() != ".sst") continue;
    rocksdb::SstFileReader table{rocksdb::Options()};
    const std::string name = entry.path().filename().string();
    const rocksdb::Status opened = table.Open(entry.path().string());
    const std::optional<Space> space =
        opened.ok() ? space_named(table.GetTableProperties()->column_family_name) : std::nullopt;
    losses_.files.push_back(fmt::format("{} is damaged{}", name, space ? " in part" : ""));
    if (!space) {
      losses_.anywhere = true;
      continue;
    }
    TableCursor row(table);
    copy_space(row, *space, true);
  }
  (void)write(Sync::no);
}

// What had not been synced ends with the first gap, as when it is opened. If more is lost, all that can be read counts.
void Salvage::replay_logs() {
  const std::string folder = (fs::path(from_) / kRowsFolder).string();
  const std::optional<std::string> lossy = find_loss(folder);
  if (lossy) losses_.files.push_back(fmt::format("records are missing in front of some in {}", *lossy));
  std::error_code ignored;
  const auto entries = fs::directory_iterator(folder, ignored);
  const bool none = std::ranges::none_of(entries, [](const auto& each) { return each.path().extension() == ".log"; });
  if (none) losses_.files.emplace_back("the log is missing");
  losses_.anywhere |= lossy || none;
  read_logs(folder, [&](const LogRecord& record) {
    if (record.missing && !lossy) return false;
    Replay replay(*this);
    visit_changes(record.batch, replay);
    return write(Sync::no).has_value();
  });
}

}  // namespace

bool RowLosses::may_lack(Space space, std::string_view from, std::string_view to) const {
  return std::ranges::any_of(ranges, [&](const LostRange& range) {
    return range.space == space && range.after < to && (range.before.empty() || range.before > from);
  });
}

Result<RowLosses> salvage_rows(const std::string& from, const std::string& work,
                               const std::function<Result<Rows*>()>& to) {
  const Result<std::unique_ptr<Workshop>> workshop = Workshop::open(do_piece);
  if (!workshop) return std::unexpected(workshop.error());
  const Result<Rows*> rows = to();
  if (!rows) return std::unexpected(rows.error());
  return Salvage(from, work, **workshop, **rows).run();
}

}  // namespace pawl
