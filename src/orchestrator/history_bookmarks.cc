#include "orchestrator/history_bookmarks.h"

#include <algorithm>

namespace pawl {

WorkflowFactsPtr HistoryBookmarks::find(const std::string& workflow, std::uint64_t event) const {
  const MutexLock lock(mutex_);
  const auto found = std::ranges::find_if(
      bookmarks_, [&](const auto& each) { return each.first == event && each.second->id.text() == workflow; });
  return found == bookmarks_.end() ? nullptr : found->second;
}

void HistoryBookmarks::move(std::uint64_t from, std::uint64_t to, WorkflowFactsPtr facts, std::uint64_t deletions) {
  const MutexLock lock(mutex_);
  if (deletions != deletions_) return;
  std::erase_if(bookmarks_, [&](const auto& each) {
    return (each.first == from || each.first == to) && each.second->id == facts->id;
  });
  if (bookmarks_.size() == kMost) bookmarks_.pop_front();
  bookmarks_.emplace_back(to, std::move(facts));
}

std::uint64_t HistoryBookmarks::deletions() const {
  const MutexLock lock(mutex_);
  return deletions_;
}

void HistoryBookmarks::forget_deleted(const std::string& workflow) {
  const MutexLock lock(mutex_);
  ++deletions_;
  drop(workflow);
}

void HistoryBookmarks::forget(const std::string& workflow) {
  const MutexLock lock(mutex_);
  drop(workflow);
}

void HistoryBookmarks::drop(const std::string& workflow) {
  std::erase_if(bookmarks_, [&](const auto& each) { return each.second->id.text() == workflow; });
}

}  // namespace pawl
