#include "orchestrator/permits/held_tasks.h"

#include <chrono>

#include <boost/container_hash/hash.hpp>

namespace pawl {

std::size_t HeldTasks::TaskHash::operator()(const Task& task) const {
  return boost::hash<std::uint64_t>()(std::uint64_t{task.place} << 32U | task.action.number());
}

bool HeldTasks::add(const Task& task, By by, Timestamp since) {
  const auto [place, is_new] = index_.try_emplace(task);
  if (!is_new) return false;
  const std::uint32_t number = number_of(std::move(by));
  place->second = {.seq = ++last_seq_, .queue = number};
  const auto since_s = std::chrono::floor<std::chrono::seconds>(since.time_since_epoch()).count();
  queues_[number].tasks.push(
      {.place = task.place, .action = task.action, .seq = last_seq_, .since_s = static_cast<std::uint32_t>(since_s)});
  return true;
}

std::uint32_t HeldTasks::number_of(By by) {
  if (const auto known = numbers_.find(by); known != numbers_.end()) return known->second;
  auto number = static_cast<std::uint32_t>(queues_.size());
  if (unused_.empty()) {
    queues_.push_back({.by = by, .tasks = {}});
  } else {
    number = unused_.back();
    unused_.pop_back();
    queues_[number] = {.by = by, .tasks = {}};
  }
  numbers_.emplace(std::move(by), number);
  return number;
}

std::optional<HeldTasks::By> HeldTasks::remove(const Task& task) {
  const auto place = index_.find(task);
  if (place == index_.end()) return std::nullopt;
  const std::uint32_t number = place->second.queue;
  index_.erase(place);
  Queue& queue = queues_[number];
  queue.tasks.remove_one([this](const HoldEntry& entry) { return is_live(entry); });
  if (queue.tasks.size() > 0) return queue.by;
  numbers_.erase(queue.by);
  unused_.push_back(number);
  By by = std::move(queue.by);
  queue = {};  // its dead entries, too
  return by;
}

std::optional<HeldTasks::Found> HeldTasks::find(const Task& task) const {
  const auto place = index_.find(task);
  if (place == index_.end()) return std::nullopt;
  const Queue& queue = queues_[place->second.queue];
  return Found{.by = queue.by, .since = queue.tasks.since(place->second.seq)};
}

std::vector<ActionId> HeldTasks::actions_at(std::uint32_t place) const {
  std::vector<ActionId> actions;
  for (const auto& [task, at] : index_)
    if (task.place == place) actions.push_back(task.action);
  return actions;
}

void HeldTasks::append_oldest(Queue& queue, std::size_t most, std::vector<Task>& found) const {
  queue.tasks.visit_oldest(
      most, [this](const HoldEntry& entry) { return is_live(entry); },
      [&](const HoldEntry& entry) { found.push_back({.place = entry.place, .action = entry.action}); });
}

bool HeldTasks::is_live(const HoldEntry& entry) const {
  const auto place = index_.find({.place = entry.place, .action = entry.action});
  return place != index_.end() && place->second.seq == entry.seq;
}

}  // namespace pawl
