#include "orchestrator/shard/attempts_out.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include <boost/container_hash/hash.hpp>

#include "base/assert.h"
#include "base/text.h"

namespace pawl {

std::size_t AttemptsOut::AddressHash::operator()(const AttemptAddress& address) const {
  const AttemptRoute& route = address.route;
  return boost::hash_value(
      std::tuple(route.shard, route.place, route.generation, address.action.number(), address.attempt));
}

std::size_t AttemptsOut::ActionHash::operator()(const Action& action) const {
  return boost::hash_value(std::tuple(action.workflow, action.task, action.undoes));
}

AttemptsOut::Action AttemptsOut::action_of(const core::Workflow& workflow, ActionId action) {
  return {.workflow = workflow.id(), .task = workflow.definition().task_id(action.task), .undoes = action.undo};
}

void AttemptsOut::add(const Action& action, const Attempt& attempt) {
  PAWL_ASSERT(!by_action_.contains(action), "task {} of workflow {} has two attempts at a time", in_quotes(action.task),
              in_quotes(action.workflow));
  Entry entry{.workflow = std::string(action.workflow),
              .task = std::string(action.task),
              .undoes = action.undoes,
              .attempt = attempt};
  const auto [added, is_new] = entries_.emplace(attempt.address, std::move(entry));
  PAWL_ASSERT(is_new, "workflow {}: an attempt is made twice", in_quotes(action.workflow));
  by_action_.emplace(added->second.action(), &added->second);
}

void AttemptsOut::stop(const AttemptAddress& address, Timestamp ends_by) {
  const auto found = entries_.find(address);
  if (found == entries_.end()) return;
  std::optional<Timestamp>& known = found->second.attempt.ends_by;
  known = std::min(ends_by, known.value_or(ends_by));
}

void AttemptsOut::remove(const AttemptAddress& address) {
  if (entries_.empty()) [[likely]]
    return;
  const auto found = entries_.find(address);
  if (found == entries_.end()) return;
  by_action_.erase(found->second.action());
  if (found->second.is_disowned) --disowned_;
  entries_.erase(found);
}

void AttemptsOut::disown() {
  for (auto& [address, entry] : entries_) entry.is_disowned = true;
  disowned_ = entries_.size();
}

const AttemptsOut::Attempt* AttemptsOut::find(const Action& action) const {
  const auto found = by_action_.find(action);
  return found == by_action_.end() ? nullptr : &found->second->attempt;
}

}  // namespace pawl
