#include "orchestrator/permits/hold_queue.h"

#include <algorithm>
#include <chrono>

namespace pawl {

void HoldQueue::push(const HoldEntry& entry) {
  entries_.push_back(entry);
  ++live_;
}

std::optional<Timestamp> HoldQueue::since(std::uint32_t seq) const {
  if (entries_.empty()) return std::nullopt;
  // Counted from the front, because the numbers may have begun anew in between.
  const std::uint32_t first = entries_.front().seq;
  const auto found =
      std::ranges::lower_bound(entries_, seq - first, {}, [&](const HoldEntry& entry) { return entry.seq - first; });
  if (found == entries_.end() || found->seq != seq) return std::nullopt;
  return Timestamp(std::chrono::seconds(found->since_s));
}

}  // namespace pawl
