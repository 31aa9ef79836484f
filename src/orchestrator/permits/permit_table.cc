#include "orchestrator/permits/permit_table.h"

#include <algorithm>

#include "base/assert.h"

namespace pawl {

void PermitTable::add(PermitSource& source) {
  PAWL_ASSERT(!is_asked_ && sources_.size() < kMostRows, "a source of permits for {} comes too late, or is too many",
              source.reason().code);
  const auto behind =
      std::ranges::upper_bound(sources_, source.stage(), {}, [](const PermitSource* each) { return each->stage(); });
  sources_.insert(behind, &source);
}

void PermitTable::on_available(const std::function<void()>& notify) {
  for (PermitSource* const source : sources_) source->on_available(notify);
}

// Shards that find it concurrently find the same.
std::uint32_t PermitTable::find_rows(const BoundDefinition& bound) const {
  is_asked_ = true;
  std::uint32_t rows = kFound;
  for (std::size_t row = 0; row < sources_.size(); ++row)
    if (sources_[row]->concerns(*bound.definition)) rows |= 1U << row;
  bound.permit_rows.store(rows, std::memory_order_relaxed);
  return rows;
}

}  // namespace pawl
