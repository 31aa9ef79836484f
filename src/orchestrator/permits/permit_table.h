// The table of a node's sources of permits, a row each, in the order in which they are asked. Which of them the tasks
// of a definition ask is found once for each definition; for most there are none, and that costs a task one comparison.
// Threads: rows are added before any shard runs; all else from any.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "orchestrator/definition_library.h"
#include "orchestrator/permits/permit_source.h"

namespace pawl {

// A source, by its place in the table.
using PermitRow = std::uint8_t;

class PermitTable {
 public:
  // Behind the rows of its stage. The source outlives the table's use.
  void add(PermitSource& source);
  // For all that are there: whom to notify that more permits are available.
  void on_available(const std::function<void()>& notify);

  [[nodiscard]] bool asks_nothing(const BoundDefinition& bound) const { return rows_of(bound) == kFound; }
  // The rows that its tasks ask, in order. `visit` returns false to stop.
  template <class Visit>
  void for_each(const BoundDefinition& bound, Visit visit) const {
    const std::uint32_t rows = rows_of(bound);
    for (std::size_t row = 0; row < sources_.size(); ++row)
      if ((rows >> row & 1U) != 0 && !visit(static_cast<PermitRow>(row), *sources_[row])) return;
  }
  [[nodiscard]] PermitSource& source(PermitRow row) const { return *sources_[row]; }

 private:
  // Beside the bits of the rows: they were found.
  static constexpr std::uint32_t kFound = 1U << 31U;
  static constexpr std::size_t kMostRows = 31;

  [[nodiscard]] std::uint32_t rows_of(const BoundDefinition& bound) const {
    const std::uint32_t rows = bound.permit_rows.load(std::memory_order_relaxed);
    return rows != 0 ? rows : find_rows(bound);
  }
  [[nodiscard]] std::uint32_t find_rows(const BoundDefinition& bound) const;

  std::vector<PermitSource*> sources_;
  mutable std::atomic<bool> is_asked_{false};
};

}  // namespace pawl
