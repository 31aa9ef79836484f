#include "orchestrator/policies/policy_registry.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "policy/timeout.h"

namespace pawl {

std::unexpected<Error> no_such_policy(const std::string& name) {
  return fail(ErrorCode::not_found, fmt::format("there is no policy {}", in_quotes(name)));
}

policy::CatalogPtr PolicyRegistry::catalog() const {
  const MutexLock lock(mutex_);
  return catalog_;
}

Result<void> PolicyRegistry::check(const Definition& definition) const {
  if (definition.policies().empty()) [[likely]]
    return {};
  if (Result<void> ok = check_known(definition); !ok) return ok;
  const policy::CatalogPtr known = catalog();
  const TimeoutPolicy* const timeouts = known->find<TimeoutPolicy>(definition.timeout_policy()).config;
  if (timeouts == nullptr) return {};
  for (const ActionId action : definition.actions()) {
    Result<void> granted =
        policy::check_timeout(*timeouts, definition.rules(action).timeout, definition.task_id(action.task));
    if (!granted) {
      granted.error().field =
          fmt::format("tasks.{}.{}timeout", definition.task_id(action.task), action.undo ? "compensation." : "");
      return granted;
    }
  }
  return {};
}

Result<void> PolicyRegistry::check_known(const Definition& definition) const {
  const MutexLock lock(mutex_);
  for (const PolicyReference& reference : definition.policies()) {
    if (!catalog_->has(reference))
      return fail(ErrorCode::not_found,
                  fmt::format("there is no {} policy {}; define it first", to_string(reference.kind),
                              in_quotes(reference.name)),
                  reference.field);
    if (leaving_.contains(reference.name))
      return fail(ErrorCode::not_found,
                  fmt::format("{} policy {} is being deleted", to_string(reference.kind), in_quotes(reference.name)),
                  reference.field);
  }
  return {};
}

Result<PolicyInfo> PolicyRegistry::get(const std::string& name) const {
  const MutexLock lock(mutex_);
  const auto known = policies_.find(name);
  if (known == policies_.end()) return no_such_policy(name);
  return known->second;
}

std::vector<PolicyInfo> PolicyRegistry::list() const {
  const MutexLock lock(mutex_);
  std::vector<PolicyInfo> all;
  for (const auto& [name, info] : policies_) all.push_back(info);
  return all;
}

Result<void> PolicyRegistry::announce_removal(const std::string& name) {
  const MutexLock lock(mutex_);
  if (!policies_.contains(name)) return no_such_policy(name);
  if (!leaving_.insert(name).second)
    return fail(ErrorCode::invalid_state, fmt::format("policy {} is being deleted already", in_quotes(name)));
  return {};
}

void PolicyRegistry::keep_after_all(const std::string& name) {
  const MutexLock lock(mutex_);
  leaving_.erase(name);
}

bool PolicyRegistry::wait_for_turn(const std::string& name, std::coroutine_handle<> awaiting) {
  const MutexLock lock(mutex_);
  if (!stands_still_ && changing_.insert(name).second) return false;
  waiting_.push_back({.name = name, .awaiting = awaiting});
  return true;
}

void PolicyRegistry::end_change(const std::string& name) {
  {
    const MutexLock lock(mutex_);
    changing_.erase(name);
    changed_.notify_all();
  }
  resume_waiting();
}

// One after the other, and not each within the end of the one before: there may be more than there is stack for.
void PolicyRegistry::resume_waiting() {
  static thread_local const PolicyRegistry* resuming = nullptr;
  if (resuming == this) return;
  const PolicyRegistry* const outer = std::exchange(resuming, this);
  while (const std::coroutine_handle<> next = take_turn()) next.resume();
  resuming = outer;
}

std::coroutine_handle<> PolicyRegistry::take_turn() {
  const MutexLock lock(mutex_);
  if (stands_still_) return nullptr;
  const auto next = std::ranges::find_if(
      waiting_, [&](const Waiting& each) PAWL_REQUIRES(mutex_) { return !changing_.contains(each.name); });
  if (next == waiting_.end()) return nullptr;
  changing_.insert(next->name);
  const std::coroutine_handle<> awaiting = next->awaiting;
  waiting_.erase(next);
  return awaiting;
}

PolicyRegistry::Standstill PolicyRegistry::stand_still(const std::function<void()>& meanwhile) {
  {
    const MutexLock lock(mutex_);
    while (stands_still_) changed_.wait(mutex_);
    stands_still_ = true;
    while (!meanwhile && !changing_.empty()) changed_.wait(mutex_);
  }
  while (is_changing_any()) meanwhile();
  return Standstill(*this);
}

bool PolicyRegistry::is_changing_any() {
  const MutexLock lock(mutex_);
  return !changing_.empty();
}

void PolicyRegistry::end_standstill() {
  {
    const MutexLock lock(mutex_);
    stands_still_ = false;
    changed_.notify_all();
  }
  resume_waiting();
}

void PolicyRegistry::put(std::vector<PolicyInfo> policies) {
  const MutexLock lock(mutex_);
  for (PolicyInfo& info : policies) {
    std::string name = info.id;
    policies_.insert_or_assign(std::move(name), std::move(info));
  }
  publish();
}

void PolicyRegistry::erase(const std::string& name) {
  const MutexLock lock(mutex_);
  policies_.erase(name);
  leaving_.erase(name);
  publish();
}

void PolicyRegistry::publish() {
  auto catalog = std::make_shared<policy::Catalog>();
  for (const auto& [name, info] : policies_)
    catalog->put(name, {.version = info.current().number, .config = info.current().config});
  catalog_ = std::move(catalog);
  version_.fetch_add(1, std::memory_order_release);
}

}  // namespace pawl
