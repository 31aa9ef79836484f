#include "runners/exec/output_tail.h"

#include <algorithm>

namespace pawl::runners {

namespace {

bool begins_like_json(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (text[first] == '[' || text[first] == '{' || text[first] == '"');
}

}  // namespace

// Short outputs, which are nearly all, are parsed when they are complete.
void OutputTail::watch(std::string_view bytes) {
  if (json_) return json_->add(bytes);
  if (dropped_ != 0 || bytes.size() <= limit_ - ring_.size()) return;
  const bool is_blank = ring_.find_first_not_of(" \t\r\n") == std::string::npos;
  if (!begins_like_json(is_blank ? bytes : std::string_view(ring_))) return;
  json_.emplace();
  json_->add(ring_);
  json_->add(bytes);
}

void OutputTail::add(std::string_view bytes) {
  if (watch_ == Watch::json) watch(bytes);
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
