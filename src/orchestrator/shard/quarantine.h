// Quarantine is where a shard puts a workflow that it cannot go on with: its history does not read, or an invariant
// broke while the shard was at it. The shard and all its other workflows go on.
//
// A broken workflow stays in its place, for batches, runners and timers refer to it, but it is found no more: what is
// stored of it can be read, and commands are refused with the reason. The next start of the engine tries it anew.
//
// Threads: the shard's.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "pawl/result.h"

namespace pawl {

// A workflow that cannot be run, and why.
struct Quarantined {
  std::string id;
  Error reason;
};

class Quarantine {
 public:
  // `count`: workflows that were put there, on all shards.
  explicit Quarantine(std::atomic<std::uint64_t>& count) : count_(count) {}

  void add(const std::string& id, const Error& reason);
  // The workflow was deleted: nothing is held against another one of this id.
  void remove(std::string_view id);
  // What was read is read anew. Breaks that were noted still count.
  void clear() { quarantined_.clear(); }
  // `stays` is asked for each id.
  template <class Stays>
  void keep_if(Stays stays) {
    std::erase_if(quarantined_, [&](const Quarantined& each) { return !stays(each.id); });
  }
  // Why the workflow cannot be run; nullptr: it can, as far as is known.
  [[nodiscard]] const Error* reason_of(std::string_view id) const;
  [[nodiscard]] const std::vector<Quarantined>& all() const { return quarantined_; }

  // An invariant broke over what was to be stored of the workflow, which took the whole shard down. What happens twice
  // would for ever: then the workflow is not taken up again.
  void note_break(const std::string& id) { ++breaks_[id]; }
  [[nodiscard]] bool breaks_shard(const std::string& id) const;

 private:
  std::atomic<std::uint64_t>& count_;
  std::vector<Quarantined> quarantined_;
  boost::unordered_flat_map<std::string, int> breaks_;
};

}  // namespace pawl
