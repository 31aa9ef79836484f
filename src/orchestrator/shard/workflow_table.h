// The workflows in a shard's memory: where they are, which of them are found by their ids, in which order they were
// created, and which ended ones may go.
// Threads: the shard's.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/container_hash/hash.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include "orchestrator/shard/creation_index.h"
#include "orchestrator/shard/live_workflow.h"

namespace pawl {

class WorkflowTable {
 public:
  using Places = std::vector<std::unique_ptr<LiveWorkflow>>;

  // `count` is of all shards, and goes up and down with this one's.
  WorkflowTable(std::uint32_t shard, std::atomic<std::size_t>& count)
      : shard_(shard), count_(count), departures_(kDepartureCounters) {}

  // nullptr: there is none, or it is not found by its id any more.
  [[nodiscard]] LiveWorkflow* find(std::string_view id) const {
    const auto found = by_id_.find(Sought{id, hash_of(id)});
    return found == by_id_.end() ? nullptr : places_[found->place].get();
  }
  // nullptr: it is gone.
  [[nodiscard]] LiveWorkflow* at(std::uint32_t place, std::uint64_t generation) const {
    if (place >= places_.size()) return nullptr;
    LiveWorkflow* const workflow = places_[place].get();
    return workflow != nullptr && workflow->route.generation == generation ? workflow : nullptr;
  }
  // Whichever is there now; nullptr: none.
  [[nodiscard]] LiveWorkflow* at_place(std::uint32_t place) const {
    return place < places_.size() ? places_[place].get() : nullptr;
  }
  [[nodiscard]] LiveWorkflow* at(const AttemptRoute& route) const { return at(route.place, route.generation); }
  // A broken one that is not found by its id; nullptr: there is none.
  [[nodiscard]] LiveWorkflow* find_broken(std::string_view id) const;

  // Broken ones among them, in the order of their places. `visit` returns false to stop.
  template <class Visit>
  void for_each(Visit visit) const {
    for (const auto& workflow : places_)
      if (workflow && !visit(*workflow)) return;
  }

  // Those that are not broken.
  template <class Visit>
  void for_each_sound(Visit visit) const {
    for_each([&](LiveWorkflow& workflow) { return workflow.broken || visit(workflow); });
  }

  // Those that have had a name, from the newest to the oldest that were created before `from`, broken ones among them.
  // `visit` returns false to stop. At most `steps` of them, or of those that are gone; returns where to go on, or
  // nothing if there are no more.
  template <class Visit>
  [[nodiscard]] std::optional<CreationIndex::Entry> visit_newest(const CreationIndex::Entry& from, std::size_t steps,
                                                                 Visit visit) const {
    std::optional<CreationIndex::Entry> next;
    by_creation_.visit_newest(from, [&](const CreationIndex::Entry& entry) {
      LiveWorkflow* const workflow = places_[entry.place].get();
      if (workflow != nullptr && entry.is_of(workflow->route) && !visit(*workflow)) return false;
      if (--steps > 0) return true;
      next = entry;
      return false;
    });
    return next;
  }
  // After many were added in another order than that of their creation: so that the first look need not do it.
  void sort_by_creation() { by_creation_.sort(); }

  // It has a route, and no name yet.
  LiveWorkflow& add();
  // From now on it is found by its id, which does not change.
  void name(LiveWorkflow& workflow);
  // It is found no more by its id; a namesake that is, stays so.
  void unname(const LiveWorkflow& workflow);
  // It must not be in use.
  void remove(LiveWorkflow& workflow);

  // It has ended, durably, and may be forgotten.
  void note_end(const LiveWorkflow& workflow);
  // Forgets those that ended first, until `most` of them are left. What is still in use is left for the next time.
  void forget_ended(std::size_t most);

  // An id that is being removed from the store: until that is durable it belongs to nobody, and neither is it free.
  // Returns a number by which this removal is known; none if there is another one.
  [[nodiscard]] std::optional<std::uint64_t> begin_removal(const std::string& id);
  void end_removal(std::string_view id);
  [[nodiscard]] std::size_t count_removals() const { return removals_.size(); }
  [[nodiscard]] bool is_being_removed(std::string_view id) const {
    return !removals_.empty() && removals_.contains(id);
  }
  [[nodiscard]] bool is_being_removed(std::string_view id, std::uint64_t number) const {
    const auto removal = removals_.find(id);
    return removal != removals_.end() && removal->second == number;
  }

  // A number that has changed if a workflow of this id has left the table since, or was removed from the store; other
  // ids change it, too, but rarely. From any thread.
  [[nodiscard]] std::uint32_t departures(std::string_view id) const {
    return departures_[departure_counter_of(id)].load(std::memory_order_acquire);
  }

  // All of them, which nobody finds any more. No id is being removed any more. They are not counted.
  [[nodiscard]] Places take_all();

 private:
  // That end: a workflow that has been revived since, or has ended once more, is not forgotten for it.
  struct Ended {
    AttemptRoute workflow;
    std::uint64_t end_event;
  };

  // So many that a read of 10 ms meets another departure in one of ten cases at 100,000 departures a second.
  static constexpr std::size_t kDepartureCounters = 16'384;
  static std::size_t departure_counter_of(std::string_view id) { return hash_of(id) % kDepartureCounters; }
  void note_departure(std::string_view id) {
    departures_[departure_counter_of(id)].fetch_add(1, std::memory_order_release);
  }

  // 8 bytes a workflow, whose id is in its state. The hash is kept so that the index grows without a look at any id.
  struct Named {
    std::uint32_t place;
    std::uint32_t hash;
  };
  struct Sought {
    std::string_view id;
    std::uint32_t hash;
  };
  struct HashOf {
    using is_transparent = void;
    std::size_t operator()(const auto& entry) const { return boost::hash<std::uint32_t>()(entry.hash); }
  };
  struct IsSame {
    using is_transparent = void;
    bool operator()(const Sought& sought, const Named& named) const {
      return sought.hash == named.hash && (*places)[named.place]->state.id() == sought.id;
    }
    bool operator()(const Named& a, const Named& b) const {
      return operator()(Sought{(*places)[a.place]->state.id(), a.hash}, b);
    }
    const Places* places;
  };
  [[nodiscard]] static std::uint32_t hash_of(std::string_view id) {
    return static_cast<std::uint32_t>(std::hash<std::string_view>()(id));
  }

  const std::uint32_t shard_;
  std::atomic<std::size_t>& count_;
  std::vector<std::atomic<std::uint32_t>> departures_;  // by hash of the id
  Places places_;
  std::vector<std::uint32_t> free_places_;
  boost::unordered_flat_set<Named, HashOf, IsSame> by_id_{0, HashOf(), IsSame{&places_}};
  std::deque<Ended> ended_;            // the oldest first
  mutable CreationIndex by_creation_;  // in order once somebody looks
  std::uint64_t next_generation_ = 1;
  std::map<std::string, std::uint64_t, std::less<>> removals_;  // by id
  std::uint64_t last_removal_ = 0;
};

}  // namespace pawl
