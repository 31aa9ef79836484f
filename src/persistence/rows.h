// Ordered rows of bytes, in spaces: what RowStore keeps everything in. RocksDB and a map in memory implement it.
//
// Threads: any. Errors: `unavailable`, `corruption`.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "pawl/result.h"

namespace pawl {

// What the rows of each are: docs/internals/storage.md.
enum class Space : std::uint8_t {
  meta,
  definitions,
  live,
  ended,
  history,
  checkpoints,
  by_state,
  by_name,
  snapshots,
  dead_letters,
  policies
};

inline constexpr std::array<std::string_view, 11> kSpaceNames = {"meta",      "definitions",  "live",     "ended",
                                                                 "history",   "checkpoints",  "by_state", "by_name",
                                                                 "snapshots", "dead_letters", "policies"};

// Changes that are made together or not at all.
class RowBatch {
 public:
  virtual ~RowBatch() = default;
  virtual void put(Space space, std::string_view key, std::string_view value) = 0;
  virtual void remove(Space space, std::string_view key) = 0;
  // As remove, of a row that has been put exactly once since it was last removed: cheaper.
  virtual void remove_once(Space space, std::string_view key) = 0;
  // All keys from `from` up to, not including, `to`.
  virtual void remove_range(Space space, std::string_view from, std::string_view to) = 0;
  virtual void clear() = 0;
};

enum class Sync : bool { no, yes };
enum class Order : bool { ascending, descending };

// Walks rows of one space in the order of their keys. What is written after it was made may be seen or not. mend()
// waits until no cursor is left, so whoever has one does not call it. Threads: one.
class RowCursor {
 public:
  virtual ~RowCursor() = default;

  virtual void first() = 0;
  virtual void last() = 0;
  // To the first row whose key is not before `key`.
  virtual void seek(std::string_view key) = 0;
  // From a row to the one beside it.
  virtual void next() = 0;
  virtual void previous() = 0;

  // Whether it stands at a row. If it does not, there is none, or status() says why it could not be read.
  [[nodiscard]] virtual bool valid() const = 0;
  // Of the row, until the cursor moves.
  [[nodiscard]] virtual std::string_view key() const = 0;
  [[nodiscard]] virtual std::string_view value() const = 0;
  [[nodiscard]] virtual Result<void> status() const = 0;
};

// Keys from `from` up to, not including, `to`; empty: from the beginning, to the end.
struct KeyRange {
  std::string_view from;
  std::string_view to;
};

class Rows {
 public:
  virtual ~Rows() = default;

  [[nodiscard]] virtual std::unique_ptr<RowBatch> new_batch() = 0;
  // Readable at once. With Sync::yes it and all written before are durable on return. When it fails, it is not known
  // what was kept of it; nothing is written any more until mend() has succeeded, after which what can be read is
  // durable.
  virtual Result<void> write(RowBatch& batch, Sync sync) = 0;
  // Makes durable what was written before the call. Meanwhile another thread may write. Fails as write() does.
  virtual Result<void> sync() = 0;
  virtual Result<void> mend() = 0;

  // Whether they are still where they were, and can be written.
  virtual Result<void> check() { return {}; }
  // Whether write() is always refused, with `invalid_state`.
  [[nodiscard]] virtual bool is_read_only() const { return false; }
  // As a synced write(), of what makes room or ends in order: it may use what is kept in reserve for that, also after a
  // write has failed. Does not make write() work again.
  virtual Result<void> write_from_reserve(RowBatch& batch) { return write(batch, Sync::yes); }
  // Rows in `range` were removed, to make room: when there is none it is worth taking it back from them.
  virtual void made_room(Space /*space*/, const KeyRange& /*range*/) {}
  // A line that is kept beside the rows, on which writing it takes no room; for when they cannot be written.
  virtual Result<void> put_note(const std::string& /*note*/) {
    return fail(ErrorCode::unavailable, "these rows have nothing beside them");
  }
  // The last one; empty if there is none.
  [[nodiscard]] virtual std::string note() const { return {}; }

  virtual Result<std::optional<std::string>> get(Space space, std::string_view key) = 0;
  // Sees only the rows in `range`.
  [[nodiscard]] virtual Result<std::unique_ptr<RowCursor>> new_cursor(Space space, const KeyRange& range) = 0;
  // A consistent copy in a folder that is empty or does not exist.
  virtual Result<void> backup(const std::string& folder) = 0;

  // Visits the rows in `range` until `visit` returns false; it may read and write.
  Result<void> scan(Space space, const KeyRange& range, Order order,
                    const std::function<bool(std::string_view key, std::string_view value)>& visit);
};

}  // namespace pawl
