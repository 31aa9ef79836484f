// Reading as many rows as can be read of a space of which parts are damaged.
//
// A table is checked in blocks of some kilobytes; a cursor stops in front of one that is damaged, and does not say
// where it ends. So what is behind it is looked for with keys that may be there, and from the end backwards.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "persistence/rows.h"

namespace pawl {

// Rows of `space` whose keys lie between these two may be lost; `before` empty: up to the end.
struct LostRange {
  Space space;
  std::string after;
  std::string before;
};

// Visits every row that can be read, each once, in any order. `keys_after` gives keys behind this one that may exist,
// in order; it may be asked at each damage. What was not read is appended to `lost`.
void scan_sound_rows(RowCursor& row, Space space,
                     const std::function<std::vector<std::string>(std::string_view)>& keys_after,
                     const std::function<void(std::string_view key, std::string_view value)>& visit,
                     std::vector<LostRange>& lost);

}  // namespace pawl
