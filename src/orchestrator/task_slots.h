// Task slots are the permits of attempts: how many may be made concurrently, over all shards of a node. A shard takes
// one before it starts a task and gives it back when the attempt has really ended.
//
// While another shard waits for a slot, one that holds its fair share or more hands its next free slot over; so a busy
// shard cannot starve the others.
// Threads: each shard's own; `shard` is the caller's index.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "orchestrator/permits/permit_source.h"

namespace pawl {

class TaskSlots {
 public:
  static constexpr const HoldReason& kHoldReason = kWaitingForSlot;

  TaskSlots(std::size_t capacity, std::size_t shards);

  // False if there is none; the shard is then woken when there may be one.
  bool try_acquire(std::uint32_t shard);
  // The shard to wake, if another one waits.
  [[nodiscard]] std::optional<std::uint32_t> give_back(std::uint32_t shard);
  // The shard needs no more slots now: others get what it was handed over or woken for. The shard to wake, as above.
  [[nodiscard]] std::optional<std::uint32_t> pass_on(std::uint32_t shard);

  [[nodiscard]] std::size_t held(std::uint32_t shard) const { return shares_[shard].held; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] std::size_t in_use() const;

 private:
  static constexpr std::size_t kCacheLine = 64;
  struct alignas(kCacheLine) Share {
    std::size_t held = 0;  // only its shard's thread touches it
    std::atomic<std::size_t> handed_over{0};
    std::atomic<bool> waiting{false};
  };

  bool try_acquire_free(std::uint32_t shard);
  [[nodiscard]] std::optional<std::uint32_t> next_waiting(std::uint32_t after);

  const std::size_t capacity_;
  const std::size_t fair_share_;
  alignas(kCacheLine) std::atomic<std::size_t> free_;
  std::vector<Share> shares_;
};
static_assert(PermitPool<TaskSlots, const std::uint32_t>);

}  // namespace pawl
