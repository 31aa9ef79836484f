// HistoryBookmarks remembers which facts held where a page of a history ended, so that who reads it page by page need
// not have the whole state found out for each one.
//
// What happened before an event never changes, so a bookmark holds as long as there is the workflow.
// Threads: any.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <utility>

#include "base/mutex.h"
#include "model/workflow_facts.h"

namespace pawl {

class HistoryBookmarks {
 public:
  // The facts before this event; nullptr: they are not known.
  [[nodiscard]] WorkflowFactsPtr find(const std::string& workflow, std::uint64_t event) const;
  // A page that began with `from` has ended before `to`; nothing is noted if something was deleted since there were so
  // many `deletions`.
  void move(std::uint64_t from, std::uint64_t to, WorkflowFactsPtr facts, std::uint64_t deletions);
  [[nodiscard]] std::uint64_t deletions() const;
  // The history has been read to its end.
  void forget(const std::string& workflow);
  // The workflow was deleted, and another one may have its id.
  void forget_deleted(const std::string& workflow);

 private:
  // As many readers as are served well at the same time.
  static constexpr std::size_t kMost = 16;

  void drop(const std::string& workflow) PAWL_REQUIRES(mutex_);

  mutable Mutex mutex_;
  // The oldest first.
  std::deque<std::pair<std::uint64_t, WorkflowFactsPtr>> bookmarks_ PAWL_GUARDED_BY(mutex_);
  std::uint64_t deletions_ PAWL_GUARDED_BY(mutex_) = 0;
};

}  // namespace pawl
