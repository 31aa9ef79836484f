#include "runners/exec/output_tail.h"

#include <algorithm>

namespace pawl::runners {

void OutputTail::add(std::string_view bytes) {
  if (bytes.size() >= limit_) {  // nothing older survives
    dropped_ += ring_.size() + (bytes.size() - limit_);
    ring_ = bytes.substr(bytes.size() - limit_);
    oldest_ = 0;
    return;
  }
  const std::size_t appended = std::min(limit_ - ring_.size(), bytes.size());
  ring_.append(bytes.substr(0, appended));
  bytes.remove_prefix(appended);
  dropped_ += bytes.size();
  while (!bytes.empty()) {  // at most twice: up to the end of the ring, and from its start
    const std::size_t replaced = std::min(ring_.size() - oldest_, bytes.size());
    bytes.copy(ring_.data() + oldest_, replaced);
    oldest_ = (oldest_ + replaced) % ring_.size();
    bytes.remove_prefix(replaced);
  }
}

std::string OutputTail::take() {
  std::ranges::rotate(ring_, ring_.begin() + static_cast<std::ptrdiff_t>(oldest_));
  oldest_ = 0;
  return std::move(ring_);
}

}  // namespace pawl::runners
