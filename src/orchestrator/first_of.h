// FirstOf keeps the first `limit` of what it is offered, in the order of `Before`.
//
// It takes one comparison of most items that it does not keep, and no more memory than those it does.
// Threads: one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace pawl {

template <class T, class Before>
class FirstOf {
 public:
  explicit FirstOf(std::size_t limit, Before before = {}) : limit_(limit), before_(std::move(before)) {}

  void offer(T item) {
    if (kept_.size() == limit_) {
      if (limit_ == 0 || !before_(item, kept_.front())) return;
      std::ranges::pop_heap(kept_, before_);
      kept_.back() = std::move(item);
    } else {
      kept_.push_back(std::move(item));
    }
    std::ranges::push_heap(kept_, before_);
  }

  [[nodiscard]] std::vector<T> in_order() && {
    std::ranges::sort_heap(kept_, before_);
    return std::move(kept_);
  }

 private:
  const std::size_t limit_;
  Before before_;
  std::vector<T> kept_;  // a heap: the last one of them is in front
};

}  // namespace pawl
