// Rows of which a part of one space lies in a damaged block: nothing in it can be read.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "persistence/rows.h"

namespace pawl {

class DamagedRows final : public Rows {
 public:
  // The damage: keys from `from` up to, not including, `to`.
  DamagedRows(std::unique_ptr<Rows> rows, Space space, std::string from, std::string to)
      : rows_(std::move(rows)), space_(space), from_(std::move(from)), to_(std::move(to)) {}

  [[nodiscard]] std::unique_ptr<RowBatch> new_batch() override { return rows_->new_batch(); }
  Result<void> write(RowBatch& batch, Sync sync) override { return rows_->write(batch, sync); }
  Result<void> sync() override { return rows_->sync(); }
  Result<void> mend() override { return rows_->mend(); }
  Result<std::optional<std::string>> get(Space space, std::string_view key) override {
    if (is_damaged(space, key)) return damage();
    return rows_->get(space, key);
  }
  [[nodiscard]] Result<std::unique_ptr<RowCursor>> new_cursor(Space space, const KeyRange& range) override {
    Result<std::unique_ptr<RowCursor>> row = rows_->new_cursor(space, range);
    if (!row) return row;
    return std::make_unique<Cursor>(*this, space, *std::move(row));
  }
  Result<void> backup(const std::string& folder) override { return rows_->backup(folder); }

 private:
  class Cursor final : public RowCursor {
   public:
    Cursor(const DamagedRows& rows, Space space, std::unique_ptr<RowCursor> row)
        : rows_(rows), space_(space), row_(std::move(row)) {}

    void first() override { row_->first(); }
    void last() override { row_->last(); }
    void seek(std::string_view key) override { row_->seek(key); }
    void next() override { row_->next(); }
    void previous() override { row_->previous(); }
    [[nodiscard]] bool valid() const override { return row_->valid() && !stands_in_damage(); }
    [[nodiscard]] std::string_view key() const override { return row_->key(); }
    [[nodiscard]] std::string_view value() const override { return row_->value(); }
    [[nodiscard]] Result<void> status() const override {
      if (stands_in_damage()) return damage();
      return row_->status();
    }

   private:
    [[nodiscard]] bool stands_in_damage() const { return row_->valid() && rows_.is_damaged(space_, row_->key()); }

    const DamagedRows& rows_;
    const Space space_;
    const std::unique_ptr<RowCursor> row_;
  };

  static std::unexpected<Error> damage() { return fail(ErrorCode::corruption, "a block is damaged"); }
  [[nodiscard]] bool is_damaged(Space space, std::string_view key) const {
    return space == space_ && key >= from_ && key < to_;
  }

  const std::unique_ptr<Rows> rows_;
  const Space space_;
  const std::string from_;
  const std::string to_;
};

}  // namespace pawl
