#include "orchestrator/shard/end_waiters.h"

#include <algorithm>
#include <utility>

namespace pawl {

void EndWaiters::tell(const List& waiters, const std::shared_ptr<const core::Workflow>& ended) {
  for (const auto& each : waiters)
    if (const auto waiter = each.lock()) waiter->ended(ended);
}

void EndWaiters::lose(const List& waiters, const Error& why) {
  for (const auto& each : waiters)
    if (const auto waiter = each.lock()) waiter->lost(why);
}

void EndWaiters::add(std::uint32_t place, const std::shared_ptr<EndWaiter>& waiter) {
  List& waiters = by_place_[place];
  // Those who gave up are dropped before the list would grow: someone may wait in small portions for days.
  if (waiters.size() == waiters.capacity()) std::erase_if(waiters, [](const auto& each) { return each.expired(); });
  waiters.push_back(waiter);
}

EndWaiters::List EndWaiters::take(std::uint32_t place) {
  if (by_place_.empty()) return {};
  const auto found = by_place_.find(place);
  if (found == by_place_.end()) return {};
  List waiters = std::move(found->second);
  by_place_.erase(found);
  return waiters;
}

void EndWaiters::will_tell(std::uint32_t place, std::shared_ptr<const core::Workflow> ended) {
  untold_.push_back({.waiters = {}, .workflow = std::move(ended)});
  untold_.back().waiters = take(place);
}

void EndWaiters::tell_ends() {
  for (const UntoldEnd& end : untold_) tell(end.waiters, end.workflow);
  untold_.clear();
}

void EndWaiters::lose_all(const Error& why) {
  for (const auto& [place, waiters] : by_place_) lose(waiters, why);
  by_place_.clear();
}

}  // namespace pawl
