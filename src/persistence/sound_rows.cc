#include "persistence/sound_rows.h"

#include <optional>
#include <utility>

namespace pawl {
namespace {

// To the first of `keys` from which on something can be read.
bool step_over(RowCursor& row, const std::vector<std::string>& keys) {
  for (const std::string& key : keys) {
    row.seek(key);
    if (row.valid()) return true;
    if (row.status()) return false;  // nothing comes behind it
  }
  return false;
}

}  // namespace

void scan_sound_rows(RowCursor& row, Space space,
                     const std::function<std::vector<std::string>(std::string_view)>& keys_after,
                     const std::function<void(std::string_view key, std::string_view value)>& visit,
                     std::vector<LostRange>& lost) {
  std::string last;
  row.first();
  for (;;) {
    for (; row.valid(); row.next()) {
      last = row.key();
      visit(row.key(), row.value());
    }
    if (row.status()) return;
    if (!step_over(row, keys_after(last))) break;
    lost.push_back({.space = space, .after = last, .before = std::string(row.key())});
  }
  std::string before;
  for (row.last(); row.valid() && row.key() > last; row.previous()) {
    before = row.key();
    visit(row.key(), row.value());
  }
  lost.push_back({.space = space, .after = std::move(last), .before = std::move(before)});
}

}  // namespace pawl
