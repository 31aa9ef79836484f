#include "orchestrator/shard/timers.h"

#include <algorithm>
#include <tuple>

namespace pawl {
namespace {

// Fewer entries than this are not worth a sweep.
constexpr std::size_t kSweepFrom = 1024;

// For std::*_heap, which keep the greatest in front: the earliest is the greatest.
constexpr auto kLater = [](const auto& a, const auto& b) {
  return std::tie(a.due, a.number) > std::tie(b.due, b.number);
};

}  // namespace

std::size_t TimerKeyHash::operator()(const TimerKey& key) const {
  std::size_t seed = (std::size_t{key.place} << 32U) | key.action.number();
  boost::hash_combine(seed, (std::size_t{key.generation} << 8U) | static_cast<std::size_t>(key.kind));
  return seed;
}

bool Timers::arm(Timestamp due, const Timer& timer) {
  const std::uint64_t number = ++last_number_;
  const bool is_new = armed_.insert_or_assign(timer.key, Armed{.number = number, .attempt = timer.attempt}).second;
  heap_.push_back({.due = due, .number = number, .key = timer.key});
  std::ranges::push_heap(heap_, kLater);
  sweep_if_worth_it();
  return is_new;
}

std::optional<Timer> Timers::disarm(const TimerKey& key) {
  if (armed_.empty()) return std::nullopt;
  const auto found = armed_.find(key);
  if (found == armed_.end()) return std::nullopt;
  const Timer timer{.key = key, .attempt = found->second.attempt};
  armed_.erase(found);
  return timer;
}

std::optional<Timer> Timers::take_due(Timestamp now) {
  drop_dead_front();
  if (heap_.empty() || heap_.front().due > now) return std::nullopt;
  std::ranges::pop_heap(heap_, kLater);
  const TimerKey key = heap_.back().key;
  heap_.pop_back();
  return disarm(key);
}

std::optional<Timestamp> Timers::next_due() {
  sweep_if_worth_it();
  drop_dead_front();
  return heap_.empty() ? std::nullopt : std::optional(heap_.front().due);
}

bool Timers::is_dead(const Entry& entry) const {
  const auto found = armed_.find(entry.key);
  return found == armed_.end() || found->second.number != entry.number;
}

void Timers::drop_dead_front() {
  while (!heap_.empty() && is_dead(heap_.front())) {
    std::ranges::pop_heap(heap_, kLater);
    heap_.pop_back();
  }
}

void Timers::sweep_if_worth_it() {
  if (heap_.size() < kSweepFrom || heap_.size() <= 2 * armed_.size()) return;
  std::erase_if(heap_, [this](const Entry& entry) { return is_dead(entry); });
  std::ranges::make_heap(heap_, kLater);
}

}  // namespace pawl
