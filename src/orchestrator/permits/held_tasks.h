// The held tasks of a shard: a hold queue for each key that holds some, and by task which queue that is. A held task
// costs 16 bytes in its queue and, on average, 28 in the index.
// Threads: the shard's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "orchestrator/permits/hold_queue.h"
#include "orchestrator/permits/permit_table.h"

namespace pawl {

class HeldTasks {
 public:
  struct By {
    PermitRow row = 0;
    std::string key;
    friend auto operator<=>(const By&, const By&) = default;
  };
  struct Queue {
    By by;
    HoldQueue tasks;
    // When tasks were last released to try again, though not all: to how many permits that answered.
    std::optional<std::uint64_t> seen_change{};
    Timestamp released_at{};
  };
  struct Task {
    std::uint32_t place = 0;
    ActionId action;
    friend bool operator==(const Task&, const Task&) = default;
  };

  // False: the task is held already, by whatever.
  bool add(const Task& task, By by, Timestamp since);
  // By what it was held; none: it was not.
  std::optional<By> remove(const Task& task);
  struct Found {
    const By& by;
    std::optional<Timestamp> since;
  };
  [[nodiscard]] std::optional<Found> find(const Task& task) const;
  [[nodiscard]] std::vector<ActionId> actions_at(std::uint32_t place) const;

  [[nodiscard]] bool empty() const { return index_.empty(); }
  [[nodiscard]] std::size_t size() const { return index_.size(); }
  // Each queue that has tasks, by source and key.
  template <class Visit>
  void for_each_queue(Visit visit) {
    for (const auto& [by, number] : numbers_) visit(queues_[number]);
  }
  template <class Visit>
  void for_each_queue(Visit visit) const {
    for (const auto& [by, number] : numbers_) visit(queues_[number]);
  }
  // The oldest tasks of a queue, `most` of them at most.
  void append_oldest(Queue& queue, std::size_t most, std::vector<Task>& found) const;

 private:
  struct TaskHash {
    std::size_t operator()(const Task& task) const;
  };
  struct At {
    std::uint32_t seq = 0;
    std::uint32_t queue = 0;  // its number
  };

  [[nodiscard]] std::uint32_t number_of(By by);
  [[nodiscard]] bool is_live(const HoldEntry& entry) const;

  boost::unordered_flat_map<Task, At, TaskHash> index_;
  std::map<By, std::uint32_t> numbers_;  // of the queues that have tasks
  std::vector<Queue> queues_;            // by number; those without tasks are to be used again
  std::vector<std::uint32_t> unused_;    // their numbers
  std::uint32_t last_seq_ = 0;
};

}  // namespace pawl
