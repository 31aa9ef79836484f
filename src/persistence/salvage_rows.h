// Copies every row that can still be read of a damaged data directory, and says what cannot.
//
// The old directory is only read: where its files must be repaired first, links or copies of them are.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "pawl/result.h"

#include "persistence/rows.h"
#include "persistence/sound_rows.h"

namespace pawl {

struct RowLosses {
  std::vector<std::string> files;  // which are damaged or missing, a sentence each
  std::vector<LostRange> ranges;   // where rows are missing
  bool anywhere = false;           // rows may be missing that are in none of these

  // Whether a row between these keys may be lost.
  [[nodiscard]] bool may_lack(Space space, std::string_view from, std::string_view to) const;
};

// `from` is a data directory that nobody uses; `work` an empty folder, on the same disk if possible. Rows of the
// indexes are left out. Error: `corruption` if nothing can be read, `invalid_state` for rows of a newer version,
// `unavailable`, `permission_denied`.
// `to` opens the rows they are copied to, once.
Result<RowLosses> salvage_rows(const std::string& from, const std::string& work,
                               const std::function<Result<Rows*>()>& to);

}  // namespace pawl
