// A hold queue has the tasks of one shard that one key of one source of permits holds, in the order in which they were
// held. A task that is held no longer is not searched for: its entry stays, dead, until it comes to the front or dead
// entries outnumber the others. Threads: the shard's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "pawl/types.h"

#include "model/action.h"

namespace pawl {

// Of a held task. Which workflow has the place now is for the shard to say: a workflow that leaves its place has no
// held task. `seq` tells an entry from a dead one of the same task.
struct HoldEntry {
  std::uint32_t place = 0;
  ActionId action;
  std::uint32_t seq = 0;      // ascending, and begins anew behind the largest
  std::uint32_t since_s = 0;  // since the epoch
};
static_assert(sizeof(HoldEntry) == 16);

class HoldQueue {
 public:
  // Tasks that are held.
  [[nodiscard]] std::size_t size() const { return live_; }

  void push(const HoldEntry& entry);
  // One of the tasks is held no longer. `is_live` says of an entry whether it is still one of a held task.
  template <class IsLive>
  void remove_one(IsLive is_live) {
    --live_;
    if (entries_.size() <= 2 * live_ + kFewDead) return;
    std::erase_if(entries_, [&](const HoldEntry& entry) { return !is_live(entry); });
  }
  // The oldest held tasks, `most` of them at most.
  template <class IsLive, class Visit>
  void visit_oldest(std::size_t most, IsLive is_live, Visit visit) {
    while (!entries_.empty() && !is_live(entries_.front())) entries_.pop_front();
    for (const HoldEntry& entry : entries_) {
      if (most == 0) return;
      if (!is_live(entry)) continue;
      --most;
      visit(entry);
    }
  }
  // Since when the task of this entry is held.
  [[nodiscard]] std::optional<Timestamp> since(std::uint32_t seq) const;
  // Dead ones, too.
  [[nodiscard]] std::size_t entry_count() const { return entries_.size(); }

 private:
  // Fewer dead entries than this are not worth a sweep.
  static constexpr std::size_t kFewDead = 32;

  std::deque<HoldEntry> entries_;
  std::size_t live_ = 0;
};

}  // namespace pawl
