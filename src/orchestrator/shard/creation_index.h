// Which workflows a shard has, by their time of creation: lists begin with the newest, and look at no more than they
// show.
//
// 16 bytes a workflow. What comes in order, as a rule all that is created, is appended; the rest (recovery reads by
// id) is sorted in when somebody looks. What is gone stays as a hole until there are more holes than workflows.
// Threads: the shard's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "pawl/types.h"

#include "model/attempt.h"

namespace pawl {

class CreationIndex {
 public:
  struct Entry {
    Timestamp created_at;
    std::uint32_t place = 0;
    std::uint32_t generation = 0;  // the lower half of the route's

    [[nodiscard]] bool is_of(const AttemptRoute& route) const {
      return place == route.place && generation == static_cast<std::uint32_t>(route.generation);
    }
    // By time, and at one time by what was added first.
    friend bool operator<(const Entry& a, const Entry& b) {
      return a.created_at != b.created_at ? a.created_at < b.created_at : a.generation < b.generation;
    }
  };
  // Behind all that were created until then.
  [[nodiscard]] static Entry end_of(Timestamp created_at) {
    return {.created_at = created_at, .generation = std::numeric_limits<std::uint32_t>::max()};
  }

  void add(Timestamp created_at, const AttemptRoute& route);
  // One of the entries is a hole now.
  void note_hole() { ++holes_; }
  // As many as it pays to look for them.
  [[nodiscard]] bool has_many_holes() const;
  // Drops those that are not there any more.
  template <class IsThere>
  void drop_holes(IsThere is_there) {
    sort();
    std::erase_if(entries_, [&](const Entry& entry) { return !is_there(entry); });
    sorted_ = entries_.size();
    holes_ = 0;
  }
  void clear();
  // So that the next look at it does not have to.
  void sort();

  // From the newest that is smaller than `from` to the oldest, holes among them. `visit` returns false to stop.
  template <class Visit>
  void visit_newest(const Entry& from, Visit visit) {
    sort();
    for (std::size_t i = count_below(from); i > 0; --i)
      if (!visit(entries_[i - 1])) return;
  }

  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  [[nodiscard]] std::size_t count_below(const Entry& entry) const;

  std::vector<Entry> entries_;
  std::size_t sorted_ = 0;  // so many, from the front
  std::size_t holes_ = 0;
};

static_assert(sizeof(CreationIndex::Entry) == 16);

}  // namespace pawl
