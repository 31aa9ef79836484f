#include "orchestrator/task_slots.h"

namespace pawl {

TaskSlots::TaskSlots(std::size_t capacity, std::size_t shards)
    : capacity_(capacity), fair_share_(capacity / shards), free_(capacity), shares_(shards) {}

bool TaskSlots::try_acquire(std::uint32_t shard) {
  Share& share = shares_[shard];
  if (share.handed_over.load(std::memory_order_relaxed) > 0) {
    share.handed_over.fetch_sub(1, std::memory_order_acquire);
    ++share.held;
    return true;
  }
  if (try_acquire_free(shard)) return true;
  share.waiting.store(true, std::memory_order_seq_cst);
  // Whoever gave one back before the store above did not see us waiting; look once more.
  if (!try_acquire_free(shard)) return false;
  share.waiting.store(false, std::memory_order_relaxed);
  return true;
}

bool TaskSlots::try_acquire_free(std::uint32_t shard) {
  std::size_t free = free_.load(std::memory_order_seq_cst);
  while (free > 0) {
    if (!free_.compare_exchange_weak(free, free - 1, std::memory_order_seq_cst)) continue;
    ++shares_[shard].held;
    return true;
  }
  return false;
}

std::optional<std::uint32_t> TaskSlots::give_back(std::uint32_t shard) {
  Share& share = shares_[shard];
  --share.held;
  if (share.held >= fair_share_) {
    if (const auto other = next_waiting(shard)) {
      shares_[*other].handed_over.fetch_add(1, std::memory_order_release);
      return other;
    }
  }
  free_.fetch_add(1, std::memory_order_seq_cst);
  return next_waiting(shard);
}

std::optional<std::uint32_t> TaskSlots::pass_on(std::uint32_t shard) {
  Share& share = shares_[shard];
  if (share.waiting.load(std::memory_order_relaxed)) share.waiting.store(false, std::memory_order_seq_cst);
  if (share.handed_over.load(std::memory_order_acquire) > 0)
    free_.fetch_add(share.handed_over.exchange(0, std::memory_order_acquire), std::memory_order_seq_cst);
  // It may have been woken, instead of another one, for a slot that it does not need any more.
  return free_.load(std::memory_order_seq_cst) > 0 ? next_waiting(shard) : std::nullopt;
}

std::optional<std::uint32_t> TaskSlots::next_waiting(std::uint32_t after) {
  for (std::size_t i = 1; i < shares_.size(); ++i) {
    const std::size_t other = (after + i) % shares_.size();
    if (shares_[other].waiting.load(std::memory_order_seq_cst) &&
        shares_[other].waiting.exchange(false, std::memory_order_seq_cst))
      return static_cast<std::uint32_t>(other);
  }
  return std::nullopt;
}

std::size_t TaskSlots::in_use() const {
  const std::size_t free = free_.load(std::memory_order_relaxed);
  return capacity_ - (free < capacity_ ? free : capacity_);
}

}  // namespace pawl
