// The timers of one shard by one clock: a heap by due time, in which a disarmed timer stays as a dead entry until dead
// ones outnumber the living and are swept. Arming and disarming thus cost next to nothing for the timeouts that hardly
// ever fire. Threads: the shard's.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "pawl/types.h"

#include "model/action.h"
#include "model/effect.h"

namespace pawl {

// What a timer is for. A workflow has at most one timer of each kind for each action, and (kNoAction) for itself.
struct TimerKey {
  static constexpr std::uint64_t kMostGenerations = (1ULL << 56U) - 1;

  std::uint64_t generation : 56 = 0;  // with `place`, the route of the workflow
  TimerKind kind : 8 = TimerKind::wait;
  std::uint32_t place = 0;
  ActionId action;
  friend bool operator==(const TimerKey&, const TimerKey&) = default;
};

static_assert(sizeof(TimerKey) == 16);

struct TimerKeyHash {
  std::size_t operator()(const TimerKey& key) const;
};

struct Timer {
  TimerKey key;
  std::uint32_t attempt = 0;
};

class Timers {
 public:
  // Replaces the timer of this key, if there is one. False if there was one.
  bool arm(Timestamp due, const Timer& timer);
  // What was armed, or nullopt.
  std::optional<Timer> disarm(const TimerKey& key);
  // Disarms all for which `chosen` holds. Looks at every one.
  template <class Chosen>
  std::size_t disarm_if(Chosen chosen) {
    return boost::unordered::erase_if(armed_, [&](const auto& entry) { return chosen(entry.first); });
  }
  // The earliest timer that is due at `now`, taken out.
  std::optional<Timer> take_due(Timestamp now);
  // When the earliest timer is due.
  [[nodiscard]] std::optional<Timestamp> next_due();
  template <class Visit>
  void for_each(Visit visit) const {
    for (const auto& [key, armed] : armed_) visit(Timer{.key = key, .attempt = armed.attempt});
  }
  [[nodiscard]] std::size_t size() const { return armed_.size(); }

 private:
  struct Entry {
    Timestamp due;
    std::uint64_t number;  // unique; also keeps timers that are due together in the order they were armed
    TimerKey key;
  };
  struct Armed {
    std::uint64_t number;
    std::uint32_t attempt;
  };

  [[nodiscard]] bool is_dead(const Entry& entry) const;
  void drop_dead_front();
  void sweep_if_worth_it();

  std::vector<Entry> heap_;
  boost::unordered_flat_map<TimerKey, Armed, TimerKeyHash> armed_;
  std::uint64_t last_number_ = 0;
};

}  // namespace pawl
