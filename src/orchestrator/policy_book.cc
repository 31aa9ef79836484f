#include "orchestrator/policy_book.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/json_depth.h"
#include "base/json_parse.h"
#include "base/log.h"
#include "base/text.h"
#include "definition/policy_checks.h"
#include "policy/retry.h"
#include "policy/timeout.h"

namespace pawl {
namespace {

constexpr std::size_t kMostVersions = 100;

std::unexpected<Error> no_such_policy(const std::string& name) {
  return fail(ErrorCode::not_found, fmt::format("there is no policy {}", in_quotes(name)));
}

PolicyKind kind_of(const PolicyConfig& config) { return static_cast<PolicyKind>(config.index()); }

Result<PolicyConfig> parse_config(PolicyKind kind, const std::string& text) {
  const Result<Json> json = parse_json(text, kStoredDepth);
  return json ? definition::parse_stored_policy(kind, *json) : std::unexpected(json.error());
}

// Its versions, without those that do not make sense. Error: the latest one does not.
Result<PolicyInfo> from_stored(const StoredPolicy& stored) {
  PolicyInfo info{.id = stored.id, .kind = stored.kind, .versions = {}};
  for (const StoredPolicy::Version& version : stored.versions) {
    Result<PolicyConfig> config = parse_config(stored.kind, version.config);
    if (config) {
      info.versions.push_back({.number = version.number, .at = version.at, .config = *std::move(config)});
      continue;
    }
    Error why = std::move(config.error())
                    .within(fmt::format("version {} of the stored policy {}", version.number, in_quotes(stored.id)));
    why.code = ErrorCode::corruption;
    if (&version == &stored.versions.back()) return std::unexpected(std::move(why));
    log().warn("{}", describe(why));
  }
  return info;
}

// Probes that were on their way ended with the process: a breaker that was half open asks again.
policy::Breaker from_stored(const BreakerReport& stored) {
  policy::Breaker breaker{.state = stored.state, .failures = stored.failures, .successes = stored.successes};
  breaker.forced = stored.state == BreakerState::open && !stored.open_until;
  breaker.open_until = stored.open_until.value_or(Timestamp());
  return breaker;
}

}  // namespace

StoredPolicy PolicyBook::to_stored(const PolicyInfo& info, const policy::Breaker& breaker) const {
  StoredPolicy stored{.id = info.id, .kind = info.kind, .versions = {}, .breaker = {}};
  for (const PolicyVersion& version : info.versions)
    stored.versions.push_back(
        {.number = version.number, .at = version.at, .config = to_json_text(to_json(version.config))});
  stored.breaker = {.state = breaker.state, .failures = breaker.failures, .successes = breaker.successes};
  if (breaker.state == BreakerState::open && !breaker.forced) stored.breaker.open_until = to_wall(breaker.open_until);
  return stored;
}

std::size_t PolicyBook::held_by(const std::string& breaker) const {
  const auto held = held_.find(breaker);
  return held == held_.end() ? 0 : held->second;
}

policy::CatalogPtr PolicyBook::catalog() const {
  const MutexLock lock(mutex_);
  return catalog_;
}

Result<void> PolicyBook::check(const Definition& definition) const {
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

Result<void> PolicyBook::check_known(const Definition& definition) const {
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

void PolicyBook::count(const std::string& name, const PolicyStats& more) {
  const MutexLock lock(mutex_);
  const auto entry = entries_.find(name);
  if (entry == entries_.end()) return;
  PolicyStats& stats = entry->second.stats;
  stats.evaluations += more.evaluations;
  stats.allowed += more.allowed;
  stats.rejected += more.rejected;
  stats.timeouts += more.timeouts;
  stats.retries += more.retries;
}

const CircuitBreakerPolicy& PolicyBook::breaker_policy(const Entry& entry) {
  return std::get<CircuitBreakerPolicy>(entry.info.current().config);
}

PolicyBook::Passage PolicyBook::enter(const std::string& breaker, Timestamp now) {
  Passage passage;
  bool changed = false;
  {
    const MutexLock lock(mutex_);
    Entry* const entry = breaker_or_none(breaker);
    if (entry == nullptr) return {};
    const BreakerState before = entry->breaker.state;
    passage.allowed = policy::enter(entry->breaker, breaker_policy(*entry), now);
    passage.period = entry->breaker.period;
    passage.until = std::max(entry->breaker.open_until, now);
    ++entry->stats.evaluations;
    ++(passage.allowed ? entry->stats.allowed : entry->stats.rejected);
    changed = entry->breaker.state != before;
    if (changed) ++entry->changes;
  }
  if (changed) keep_breaker(breaker);
  return passage;
}

void PolicyBook::leave(const std::string& breaker, std::uint64_t period, policy::Verdict verdict, Timestamp now) {
  bool changed = false;
  bool has_room = false;
  {
    const MutexLock lock(mutex_);
    Entry* const entry = breaker_or_none(breaker);
    if (entry == nullptr) return;
    const BreakerState before = entry->breaker.state;
    policy::leave(entry->breaker, breaker_policy(*entry), period, verdict, now);
    changed = entry->breaker.state != before;
    if (before != BreakerState::closed) ++entry->changes;
    has_room = held_by(breaker) > 0 && (before != BreakerState::closed || changed);
  }
  if (changed) keep_breaker(breaker);
  if (has_room && when_room_) when_room_();
}

PolicyBook::Room PolicyBook::room(const std::string& breaker, Timestamp now) {
  const MutexLock lock(mutex_);
  const Entry* const found = breaker_or_none(breaker);
  if (found == nullptr) return {.tasks = kUnlimited};
  const policy::Breaker& state = found->breaker;
  if (state.state == BreakerState::closed) return {.tasks = kUnlimited};
  Room room{.tasks = policy::room(state, breaker_policy(*found), now), .change = found->changes, .next = {}};
  if (room.tasks == 0 && state.state == BreakerState::open && !state.forced) room.next = state.open_until;
  return room;
}

void PolicyBook::held(const std::string& breaker, std::int64_t change) {
  const MutexLock lock(mutex_);
  std::size_t& held = held_[breaker];
  held += static_cast<std::size_t>(change);
  if (held == 0) held_.erase(breaker);
}

std::optional<PolicyBook::Entry> PolicyBook::copy_of(const std::string& name) const {
  const MutexLock lock(mutex_);
  const auto entry = entries_.find(name);
  return entry == entries_.end() ? std::nullopt : std::optional(entry->second);
}

std::vector<PolicyBook::Entry> PolicyBook::copy_of_all() const {
  const MutexLock lock(mutex_);
  std::vector<Entry> all;
  for (const auto& [name, entry] : entries_) all.push_back(entry);
  return all;
}

Result<const PolicyBook::Entry*> PolicyBook::find(const std::string& name) const {
  const auto entry = entries_.find(name);
  if (entry == entries_.end()) return no_such_policy(name);
  return &entry->second;
}

Result<const PolicyBook::Entry*> PolicyBook::find_breaker(const std::string& name) const {
  Result<const Entry*> entry = find(name);
  if (!entry || (*entry)->info.kind == PolicyKind::circuit_breaker) return entry;
  return fail(ErrorCode::invalid_argument, fmt::format("policy {} is a {} policy, not a circuit breaker",
                                                       in_quotes(name), to_string((*entry)->info.kind)));
}

PolicyBook::Entry* PolicyBook::breaker_or_none(const std::string& name) {
  const auto entry = entries_.find(name);
  const bool is_one = entry != entries_.end() && entry->second.info.kind == PolicyKind::circuit_breaker;
  return is_one ? &entry->second : nullptr;
}

Result<void> PolicyBook::keep(const Entry& entry) {
  return store_ ? store_->put_policy(to_stored(entry.info, entry.breaker), true) : Result<void>();
}

// As it is by now, whichever change this is called for.
void PolicyBook::keep_breaker(const std::string& name) {
  const MutexLock change_lock(change_mutex_);
  std::optional<StoredPolicy> stored;
  {
    const MutexLock lock(mutex_);
    const Entry* const entry = breaker_or_none(name);
    if (entry == nullptr) return;
    stored = to_stored(entry->info, entry->breaker);
  }
  log().info("circuit breaker {} is {}", in_quotes(name), to_string(stored->breaker.state));
  if (!store_) return;
  if (const Result<void> kept = store_->put_policy(*stored, false); !kept)
    log().warn("the state of circuit breaker {} could not be stored: {}", in_quotes(name), describe(kept.error()));
}

void PolicyBook::publish() {
  auto catalog = std::make_shared<policy::Catalog>();
  for (const auto& [name, entry] : entries_)
    catalog->put(name, {.version = entry.info.current().number, .config = entry.info.current().config});
  catalog_ = std::move(catalog);
  version_.fetch_add(1, std::memory_order_release);
}

Result<void> PolicyBook::define(const std::string& name, const PolicyConfig& config) {
  if (Result<void> ok = definition::check_policy(name, config); !ok) return ok;
  const MutexLock change_lock(change_mutex_);
  if (copy_of(name))
    return fail(ErrorCode::already_exists, fmt::format("policy {} already exists; update it", in_quotes(name)), "name");
  Entry entry;
  entry.info = {
      .id = name, .kind = kind_of(config), .versions = {{.number = 1, .at = clock_.wall(), .config = config}}};
  if (Result<void> kept = keep(entry); !kept) return kept;
  const MutexLock lock(mutex_);
  entries_.emplace(name, std::move(entry));
  publish();
  return {};
}

Result<PolicyInfo> PolicyBook::get(const std::string& name) const {
  const MutexLock lock(mutex_);
  const Result<const Entry*> entry = find(name);
  if (!entry) return std::unexpected(entry.error());
  return (*entry)->info;
}

std::vector<PolicyInfo> PolicyBook::list() const {
  const MutexLock lock(mutex_);
  std::vector<PolicyInfo> all;
  for (const auto& [name, entry] : entries_) all.push_back(entry.info);
  return all;
}

Result<void> PolicyBook::update(const std::string& name, const PolicyConfig& config) {
  if (Result<void> ok = definition::check_policy(name, config); !ok) return ok;
  {
    const MutexLock change_lock(change_mutex_);
    std::optional<Entry> updated = copy_of(name);
    if (!updated) return no_such_policy(name);
    const PolicyKind kind = updated->info.kind;
    if (kind != kind_of(config))
      return fail(ErrorCode::invalid_argument,
                  fmt::format("policy {} is a {} policy; its kind cannot change", in_quotes(name), to_string(kind)),
                  "kind");
    std::vector<PolicyVersion>& versions = updated->info.versions;
    versions.push_back({.number = versions.back().number + 1, .at = clock_.wall(), .config = config});
    if (versions.size() > kMostVersions) versions.erase(versions.begin());
    if (Result<void> kept = keep(*updated); !kept) return kept;
    const MutexLock lock(mutex_);
    entries_.at(name).info = std::move(updated->info);
    publish();
  }
  if (when_room_) when_room_();
  return {};
}

Result<void> PolicyBook::announce_removal(const std::string& name) {
  const MutexLock lock(mutex_);
  if (!entries_.contains(name)) return no_such_policy(name);
  if (!leaving_.insert(name).second)
    return fail(ErrorCode::invalid_state, fmt::format("policy {} is being deleted already", in_quotes(name)));
  return {};
}

void PolicyBook::keep_after_all(const std::string& name) {
  const MutexLock lock(mutex_);
  leaving_.erase(name);
}

Result<void> PolicyBook::remove(const std::string& name) {
  {
    const MutexLock change_lock(change_mutex_);
    if (!copy_of(name)) return no_such_policy(name);
    if (store_)
      if (Result<void> removed = store_->remove_policy(name); !removed) return removed;
    const MutexLock lock(mutex_);
    entries_.erase(name);
    leaving_.erase(name);
    publish();
  }
  if (when_room_) when_room_();
  return {};
}

Result<PolicyAnswer> PolicyBook::evaluate(const std::string& name, const PolicyQuestion& question) const {
  const MutexLock lock(mutex_);
  const Result<const Entry*> found = find(name);
  if (!found) return std::unexpected(found.error());
  const Entry& entry = **found;
  const PolicyConfig& config = entry.info.current().config;
  if (question.attempt == 0) return fail(ErrorCode::invalid_argument, "attempts are numbered from 1", "attempt");
  if (const auto* const timeouts = std::get_if<TimeoutPolicy>(&config)) {
    const auto timeout = policy::timeout_of(timeouts, std::nullopt, question.task);
    return PolicyAnswer{.allowed = true, .reason = "the attempt gets this timeout", .delay = {}, .timeout = timeout};
  }
  if (const auto* const retries = std::get_if<RetryPolicy>(&config)) {
    constexpr double kNoJitter = 0.5;
    const TaskError error(question.code, "");
    const auto delay = policy::retry_delay(retries, question.attempt, error, kNoJitter);
    if (delay) return PolicyAnswer{.allowed = true, .reason = "another attempt follows", .delay = delay, .timeout = {}};
    return PolicyAnswer{.allowed = false,
                        .reason = question.attempt >= retries->max_attempts
                                      ? fmt::format("all {} attempts are used up", retries->max_attempts)
                                      : fmt::format("{} is not a retryable error", in_quotes(question.code))};
  }
  policy::Breaker breaker = entry.breaker;
  const bool allowed = policy::enter(breaker, breaker_policy(entry), clock_.now());
  return PolicyAnswer{.allowed = allowed, .reason = fmt::format("the circuit breaker is {}", to_string(breaker.state))};
}

Result<PolicyStats> PolicyBook::stats(const std::string& name) const {
  const MutexLock lock(mutex_);
  const Result<const Entry*> entry = find(name);
  if (!entry) return std::unexpected(entry.error());
  return (*entry)->stats;
}

Result<BreakerReport> PolicyBook::check_breaker(const std::string& name) const {
  const MutexLock lock(mutex_);
  const Result<const Entry*> found = find_breaker(name);
  if (!found) return std::unexpected(found.error());
  const Entry& entry = **found;
  const policy::Breaker& breaker = entry.breaker;
  BreakerReport report{.state = breaker.state,
                       .failures = breaker.failures,
                       .successes = breaker.successes,
                       .probes = breaker.probes,
                       .open_until = {},
                       .held = held_by(name)};
  if (breaker.state != BreakerState::open || breaker.forced) return report;
  report.open_until = to_wall(breaker.open_until);
  // It lets the next one through, and that is what counts.
  if (clock_.now() >= breaker.open_until) report.state = BreakerState::half_open;
  return report;
}

Result<void> PolicyBook::change_breaker(const std::string& name, void (*change)(policy::Breaker&)) {
  {
    const MutexLock change_lock(change_mutex_);
    Entry changed;
    {
      const MutexLock lock(mutex_);
      const Result<const Entry*> found = find_breaker(name);
      if (!found) return std::unexpected(found.error());
      changed = **found;
    }
    change(changed.breaker);
    if (Result<void> kept = keep(changed); !kept) return kept;
    const MutexLock lock(mutex_);
    Entry& entry = entries_.at(name);
    change(entry.breaker);
    ++entry.changes;
  }
  if (when_room_) when_room_();
  return {};
}

void PolicyBook::keep_counts() {
  const MutexLock change_lock(change_mutex_);
  if (!store_) return;
  for (const Entry& entry : copy_of_all()) {
    if (entry.info.kind != PolicyKind::circuit_breaker || entry.breaker.failures == entry.kept_failures) continue;
    if (const Result<void> kept = store_->put_policy(to_stored(entry.info, entry.breaker), false); !kept)
      log().warn("the failures that circuit breaker {} counted could not be stored: {}", in_quotes(entry.info.id),
                 describe(kept.error()));
  }
}

Result<std::map<std::string, PolicyBook::Entry>> PolicyBook::read_from(Store& store) const {
  const Result<std::vector<StoredPolicy>> stored = store.list_policies();
  if (!stored) return std::unexpected(stored.error());
  std::map<std::string, Entry> found;
  for (const StoredPolicy& each : *stored) {
    Result<PolicyInfo> info = from_stored(each);
    if (!info) {  // what refers to it is refused or goes without; everybody else shall not stand still for it
      log().error("{}; define the policy again", describe(info.error()));
      continue;
    }
    const std::optional<Entry> known = copy_of(each.id);
    if (known && known->info.current().config != info->current().config)
      return fail(ErrorCode::already_exists,
                  fmt::format("another policy {} is stored there already", in_quotes(each.id)));
    Entry& entry = found[each.id];
    entry.info = *std::move(info);
    entry.breaker = from_stored(each.breaker);
    // A clock that was set back meanwhile keeps it open no longer than it would have been.
    if (entry.info.kind == PolicyKind::circuit_breaker)
      entry.breaker.open_until =
          std::min(entry.breaker.open_until, saturating_add(clock_.now(), breaker_policy(entry).timeout));
    entry.kept_failures = entry.breaker.failures;
  }
  return found;
}

void PolicyBook::leave_store() {
  const MutexLock change_lock(change_mutex_);
  store_.reset();
}

Result<void> PolicyBook::check_store(Store& store) {
  const MutexLock change_lock(change_mutex_);
  const auto stored = read_from(store);
  return stored ? Result<void>() : std::unexpected(stored.error());
}

Result<void> PolicyBook::use_store(std::shared_ptr<Store> store) {
  const MutexLock change_lock(change_mutex_);
  Result<std::map<std::string, Entry>> stored = read_from(*store);
  if (!stored) return std::unexpected(std::move(stored.error()));
  std::map<std::string, Entry>& found = *stored;
  for (const Entry& entry : copy_of_all()) {
    if (found.contains(entry.info.id)) continue;
    if (Result<void> kept = store->put_policy(to_stored(entry.info, entry.breaker), false); !kept) return kept;
  }
  store_ = std::move(store);
  const MutexLock lock(mutex_);
  for (auto& [name, entry] : found) {
    const auto known = entries_.find(name);
    if (known == entries_.end()) {
      entries_.emplace(name, std::move(entry));
    } else {
      known->second.info = std::move(entry.info);
    }
  }
  publish();
  return {};
}

}  // namespace pawl
