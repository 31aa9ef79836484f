#include "persistence/memory/memory_rows.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace pawl {

void MemoryBatch::put(Space space, std::string_view key, std::string_view value) {
  changes_.push_back({.kind = Kind::put, .space = space, .key = std::string(key), .value = std::string(value)});
}

void MemoryBatch::remove(Space space, std::string_view key) {
  changes_.push_back({.kind = Kind::remove, .space = space, .key = std::string(key), .value = {}});
}

void MemoryBatch::remove_range(Space space, std::string_view from, std::string_view to) {
  changes_.push_back({.kind = Kind::remove_range, .space = space, .key = std::string(from), .value = std::string(to)});
}

void MemoryBatch::apply_to(MemoryRows::Tables& tables) const {
  for (const Change& change : changes_) {
    MemoryRows::Table& table = tables[static_cast<std::size_t>(change.space)];
    switch (change.kind) {
      case Kind::put:
        table.insert_or_assign(change.key, change.value);
        break;
      case Kind::remove:
        table.erase(change.key);
        break;
      case Kind::remove_range:
        table.erase(table.lower_bound(change.key), table.lower_bound(change.value));
        break;
    }
  }
}

std::unique_ptr<RowBatch> MemoryRows::new_batch() { return std::make_unique<MemoryBatch>(); }

Result<void> MemoryRows::write(RowBatch& batch, Sync) {
  const MutexLock lock(mutex_);
  static_cast<const MemoryBatch&>(batch).apply_to(tables_);
  return {};
}

Result<std::optional<std::string>> MemoryRows::get(Space space, std::string_view key) {
  const MutexLock lock(mutex_);
  const Table& table = tables_[static_cast<std::size_t>(space)];
  const auto found = table.find(key);
  return found == table.end() ? std::nullopt : std::optional(found->second);
}

// Holds a copy of its row and finds the next one by the key, so that any row may come and go meanwhile.
class MemoryRows::Cursor final : public RowCursor {
 public:
  Cursor(MemoryRows& rows, Space space, const KeyRange& range)
      : rows_(rows), space_(static_cast<std::size_t>(space)), from_(range.from), to_(range.to) {}

  void first() override { seek(from_); }
  void last() override {
    move([this](const Table& table) { return before(table, to_.empty() ? table.end() : table.lower_bound(to_)); });
  }
  void seek(std::string_view key) override {
    move([&](const Table& table) { return table.lower_bound(std::max(key, std::string_view(from_))); });
  }
  void next() override {
    move([this](const Table& table) { return table.upper_bound(row_->first); });
  }
  void previous() override {
    move([this](const Table& table) { return before(table, table.lower_bound(row_->first)); });
  }

  [[nodiscard]] bool valid() const override { return row_.has_value(); }
  [[nodiscard]] std::string_view key() const override { return row_->first; }
  [[nodiscard]] std::string_view value() const override { return row_->second; }
  [[nodiscard]] Result<void> status() const override { return {}; }

 private:
  static Table::const_iterator before(const Table& table, Table::const_iterator row) {
    return row == table.begin() ? table.end() : std::prev(row);
  }

  template <class Find>
  void move(Find find) {
    const MutexLock lock(rows_.mutex_);
    const Table& table = rows_.tables_[space_];
    const Table::const_iterator row = find(table);
    if (row == table.end() || row->first < from_ || (!to_.empty() && row->first >= to_)) {
      row_.reset();
    } else {
      row_ = *row;
    }
  }

  MemoryRows& rows_;
  const std::size_t space_;
  const std::string from_;
  const std::string to_;
  std::optional<std::pair<std::string, std::string>> row_;
};

Result<std::unique_ptr<RowCursor>> MemoryRows::new_cursor(Space space, const KeyRange& range) {
  return std::make_unique<Cursor>(*this, space, range);
}

Result<void> MemoryRows::backup(const std::string&) {
  return fail(ErrorCode::invalid_state, "a store in memory cannot be backed up: enable persistence first");
}

}  // namespace pawl
