// A bounded queue for many producers and many consumers, without locks.
//
// A ring of cells, each with the number of the push or pop it waits for; after Dmitry Vyukov's bounded MPMC queue. The
// cell's number is written and read with sequential consistency, so that a consumer that announces its sleep and then
// finds the queue empty cannot miss a producer that pushes and then finds nobody asleep (see orchestrator/Parking).
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <utility>

namespace pawl {

template <class T>
class BoundedQueue {
 public:
  // `capacity` is rounded up to a power of two, and at least 2.
  explicit BoundedQueue(std::size_t capacity)
      : mask_(std::bit_ceil(capacity < 2 ? 2 : capacity) - 1), cells_(new Cell[mask_ + 1]) {
    for (std::size_t i = 0; i <= mask_; ++i) cells_[i].turn.store(i, std::memory_order_relaxed);
  }
  ~BoundedQueue() {
    while (try_pop()) {
    }
  }
  BoundedQueue(const BoundedQueue&) = delete;
  BoundedQueue& operator=(const BoundedQueue&) = delete;

  // False, and `value` untouched, if the queue is full.
  bool try_push(T& value) {
    std::size_t position = tail_.load(std::memory_order_relaxed);
    for (;;) {
      Cell& cell = cells_[position & mask_];
      const std::size_t turn = cell.turn.load(std::memory_order_acquire);
      if (turn == position) {
        if (tail_.compare_exchange_weak(position, position + 1, std::memory_order_relaxed)) {
          new (cell.storage) T(std::move(value));
          cell.turn.store(position + 1, std::memory_order_seq_cst);
          return true;
        }
      } else if (static_cast<std::ptrdiff_t>(turn - position) < 0) {
        return false;
      } else {
        position = tail_.load(std::memory_order_relaxed);
      }
    }
  }

  std::optional<T> try_pop() {
    std::size_t position = head_.load(std::memory_order_relaxed);
    for (;;) {
      Cell& cell = cells_[position & mask_];
      const std::size_t turn = cell.turn.load(std::memory_order_acquire);
      if (turn == position + 1) {
        if (head_.compare_exchange_weak(position, position + 1, std::memory_order_relaxed)) {
          T* const value = std::launder(reinterpret_cast<T*>(cell.storage));
          std::optional<T> taken(std::move(*value));
          value->~T();
          cell.turn.store(position + mask_ + 1, std::memory_order_release);
          return taken;
        }
      } else if (static_cast<std::ptrdiff_t>(turn - (position + 1)) < 0) {
        return std::nullopt;
      } else {
        position = head_.load(std::memory_order_relaxed);
      }
    }
  }

  // Whether a pop would find something now.
  [[nodiscard]] bool empty() const {
    const std::size_t position = head_.load(std::memory_order_seq_cst);
    return cells_[position & mask_].turn.load(std::memory_order_seq_cst) != position + 1;
  }

 private:
  static constexpr std::size_t kCacheLine = 64;

  struct alignas(kCacheLine) Cell {
    std::atomic<std::size_t> turn;
    alignas(T) std::byte storage[sizeof(T)];
  };

  const std::size_t mask_;
  const std::unique_ptr<Cell[]> cells_;
  alignas(kCacheLine) std::atomic<std::size_t> head_{0};
  alignas(kCacheLine) std::atomic<std::size_t> tail_{0};
};

}  // namespace pawl
