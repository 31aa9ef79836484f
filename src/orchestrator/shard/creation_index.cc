#include "orchestrator/shard/creation_index.h"

#include <algorithm>
#include <functional>
#include <iterator>

namespace pawl {
namespace {

// Looking for fewer is not worth the while.
constexpr std::size_t kFewHoles = 1024;

}  // namespace

void CreationIndex::add(Timestamp created_at, const AttemptRoute& route) {
  const Entry entry{
      .created_at = created_at, .place = route.place, .generation = static_cast<std::uint32_t>(route.generation)};
  if (sorted_ == entries_.size() && (entries_.empty() || entries_.back() < entry)) ++sorted_;
  entries_.push_back(entry);
}

bool CreationIndex::has_many_holes() const { return holes_ > kFewHoles && holes_ > entries_.size() / 2; }

void CreationIndex::clear() {
  entries_.clear();
  sorted_ = holes_ = 0;
}

void CreationIndex::sort() {
  if (sorted_ == entries_.size()) [[likely]]
    return;
  const auto begin = entries_.begin();
  auto sorted_end = std::next(begin, static_cast<std::ptrdiff_t>(sorted_));
  std::vector<Entry> added(sorted_end, entries_.end());
  std::ranges::sort(added, std::less<>());
  // Merged from the newest on: what is older than all that was added stays where it is.
  for (auto place = entries_.end(); !added.empty();) {
    if (sorted_end != begin && added.back() < *std::prev(sorted_end)) {
      *--place = *--sorted_end;
    } else {
      *--place = added.back();
      added.pop_back();
    }
  }
  sorted_ = entries_.size();
}

std::size_t CreationIndex::count_below(const Entry& entry) const {
  return static_cast<std::size_t>(
      std::distance(entries_.begin(), std::ranges::lower_bound(entries_, entry, std::less<>())));
}

}  // namespace pawl
