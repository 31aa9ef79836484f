#include "orchestrator/policy_book.h"

#include <algorithm>
#include <ranges>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"
#include "definition/policy_checks.h"
#include "model/records/breaker.h"
#include "orchestrator/commit_and_wait.h"
#include "orchestrator/policies/policy_records.h"
#include "orchestrator/record_wait.h"
#include "persistence/records.h"
#include "policy/retry.h"
#include "policy/timeout.h"

namespace pawl {
namespace {

constexpr std::size_t kMostVersions = 100;

PolicyKind kind_of(const PolicyConfig& config) { return static_cast<PolicyKind>(config.index()); }

const CircuitBreakerPolicy& breaker_policy(const PolicyInfo& info) {
  return std::get<CircuitBreakerPolicy>(info.current().config);
}

}  // namespace

void PolicyBook::record_in(RecordStream& records) {
  records_ = &records;
  breakers_.record_with([&records](RecordChange change) { records.post(std::move(change)); });
}

Steps<void> PolicyBook::record(std::vector<RecordChange> changes) {
  if (records_ == nullptr) co_return Result<void>();
  std::vector<std::pair<RecordKind, std::string>> changed;
  for (const RecordChange& change : changes) changed.emplace_back(change.kind, change.key);
  Result<void> recorded = co_await RecordWait(*records_, &RecordStream::write, std::move(changes));
  // They may be stored or not: what holds is what this book says.
  if (!recorded)
    for (const auto& [kind, name] : changed) post_present(kind, name);
  co_return recorded;
}

void PolicyBook::post_present(RecordKind kind, const std::string& name) {
  if (kind == RecordKind::breaker) return breakers_.record_present(name);
  const Result<PolicyInfo> info = registry_.get(name);
  records_->post(info ? policy_record(to_stored(*info)) : policy_removal(name));
}

void PolicyBook::record_outcome(const std::string& breaker, std::uint64_t period, policy::Verdict verdict,
                                Timestamp now) {
  if (breakers_.record_outcome(breaker, period, verdict, now)) notify_available();
}

// There may be the state of one that had this name and was deleted.
Steps<void> PolicyBook::define(std::string name, PolicyConfig config) {
  if (Result<void> ok = definition::check_policy(name, config); !ok) co_return ok;
  const PolicyRegistry::Change change = co_await registry_.begin_change(name);
  if (registry_.get(name))
    co_return fail(ErrorCode::already_exists, fmt::format("policy {} already exists; update it", in_quotes(name)),
                   "name");
  PolicyInfo info{
      .id = name, .kind = kind_of(config), .versions = {{.number = 1, .at = clock_.wall(), .config = config}}};
  std::vector<RecordChange> changes = {policy_record(to_stored(info))};
  if (info.kind == PolicyKind::circuit_breaker) changes.push_back(breaker_removal(name));
  if (Result<void> recorded = co_await record(std::move(changes)); !recorded) co_return recorded;
  adopt({.policies = {std::move(info)}, .breakers = {}});
  co_return Result<void>();
}

// A record of a version that kept the breaker's state in it is replaced: the state goes into its own.
Steps<void> PolicyBook::update(std::string name, PolicyConfig config) {
  if (Result<void> ok = definition::check_policy(name, config); !ok) co_return ok;
  {
    const PolicyRegistry::Change change = co_await registry_.begin_change(name);
    Result<PolicyInfo> updated = registry_.get(name);
    if (!updated) co_return std::unexpected(std::move(updated.error()));
    if (updated->kind != kind_of(config))
      co_return fail(
          ErrorCode::invalid_argument,
          fmt::format("policy {} is a {} policy; its kind cannot change", in_quotes(name), to_string(updated->kind)),
          "kind");
    std::vector<PolicyVersion>& versions = updated->versions;
    versions.push_back({.number = versions.back().number + 1, .at = clock_.wall(), .config = config});
    if (versions.size() > kMostVersions) versions.erase(versions.begin());
    std::vector<RecordChange> changes = {policy_record(to_stored(*updated))};
    if (const auto breaker = breakers_.state_of(name))
      changes.push_back(breaker_record(name, breakers_.to_stored(*breaker)));
    if (Result<void> recorded = co_await record(std::move(changes)); !recorded) co_return recorded;
    adopt({.policies = {*std::move(updated)}, .breakers = {}});
  }
  notify_available();
  co_return Result<void>();
}

Steps<void> PolicyBook::remove(std::string name) {
  {
    const PolicyRegistry::Change change = co_await registry_.begin_change(name);
    const Result<PolicyInfo> known = registry_.get(name);
    if (!known) co_return std::unexpected(known.error());
    std::vector<RecordChange> changes = {policy_removal(name)};
    if (known->kind == PolicyKind::circuit_breaker) changes.push_back(breaker_removal(name));
    if (Result<void> recorded = co_await record(std::move(changes)); !recorded) co_return recorded;
    registry_.erase(name);
    breakers_.erase(name);
    statistics_.remove(name);
  }
  notify_available();
  co_return Result<void>();
}

Result<PolicyAnswer> PolicyBook::evaluate(const std::string& name, const PolicyQuestion& question) const {
  const Result<PolicyInfo> info = registry_.get(name);
  if (!info) return std::unexpected(info.error());
  const PolicyConfig& config = info->current().config;
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
  policy::Breaker breaker = breakers_.state_of(name).value_or(policy::Breaker());
  const bool allowed = policy::try_acquire(breaker, breaker_policy(*info), clock_.now());
  return PolicyAnswer{.allowed = allowed, .reason = fmt::format("the circuit breaker is {}", to_string(breaker.state))};
}

Result<PolicyStats> PolicyBook::stats(const std::string& name) const {
  const std::optional<PolicyStats> decisions = breakers_.decisions(name);
  const std::optional<PolicyStats> stats = decisions ? decisions : statistics_.of(name);
  return stats ? Result<PolicyStats>(*stats) : no_such_policy(name);
}

Result<void> PolicyBook::check_is_breaker(const std::string& name) const {
  const Result<PolicyInfo> info = registry_.get(name);
  if (!info) return std::unexpected(info.error());
  if (info->kind == PolicyKind::circuit_breaker) return {};
  return fail(ErrorCode::invalid_argument,
              fmt::format("policy {} is a {} policy, not a circuit breaker", in_quotes(name), to_string(info->kind)));
}

Result<BreakerReport> PolicyBook::check_breaker(const std::string& name) const {
  if (Result<void> ok = check_is_breaker(name); !ok) return std::unexpected(std::move(ok.error()));
  const std::optional<BreakerReport> report = breakers_.report(name);
  return report ? Result<BreakerReport>(*report) : no_such_policy(name);  // it is being deleted
}

// What it does by itself meanwhile is recorded behind this, as it stands when this is made.
Steps<void> PolicyBook::change_breaker(std::string name, void (*change)(policy::Breaker&)) {
  {
    const PolicyRegistry::Change only = co_await registry_.begin_change(name);
    if (Result<void> ok = check_is_breaker(name); !ok) co_return ok;
    std::optional<policy::Breaker> changed = breakers_.state_of(name);
    if (!changed) co_return no_such_policy(name);
    change(*changed);
    std::vector<RecordChange> changes;
    changes.push_back(breaker_record(name, breakers_.to_stored(*changed)));
    if (Result<void> recorded = co_await record(std::move(changes)); !recorded) co_return recorded;
    breakers_.change(name, change);
  }
  notify_available();
  co_return Result<void>();
}

Result<PolicyBook::Stored> PolicyBook::read_from(Store& store) const {
  const Result<std::vector<StoredPolicy>> policies = stored_policies(store);
  if (!policies) return std::unexpected(policies.error());
  const Result<std::map<std::string, BreakerReport>> breakers = stored_breakers(store);
  if (!breakers) return std::unexpected(breakers.error());
  Stored found;
  for (const StoredPolicy& each : *policies) {
    Result<PolicyInfo> info = from_stored(each);
    if (!info) {  // what refers to it is refused or goes without; everybody else shall not stand still for it
      log().error("{}; define the policy again", describe(info.error()));
      continue;
    }
    const Result<PolicyInfo> known = registry_.get(each.id);
    if (known && known->current().config != info->current().config)
      return fail(ErrorCode::already_exists,
                  fmt::format("another policy {} is stored there already", in_quotes(each.id)));
    if (info->kind == PolicyKind::circuit_breaker) {
      const auto recorded = breakers->find(each.id);
      const BreakerReport state =
          recorded == breakers->end() ? each.breaker.value_or(BreakerReport()) : recorded->second;
      found.breakers.emplace(each.id, breakers_.from_stored(state, breaker_policy(*info)));
    }
    found.policies.push_back(*std::move(info));
  }
  return found;
}

// The breaker first: no decision knows of a policy whose breaker is not there.
void PolicyBook::adopt(Stored stored) {
  for (const PolicyInfo& info : stored.policies) {
    if (info.kind == PolicyKind::circuit_breaker)
      breakers_.put(info.id, breaker_policy(info), stored.breakers[info.id]);
    statistics_.add(info.id);
  }
  registry_.put(std::move(stored.policies));
}

// Breakers go on as they stand here, also where there is one of that name.
Result<void> PolicyBook::copy_to(Store& next, Epoch epoch, const Stored& there) const {
  if (!next.is_durable()) return {};
  std::vector<RecordChange> changes;
  for (const PolicyInfo& info : registry_.list())
    if (std::ranges::find(there.policies, info.id, &PolicyInfo::id) == there.policies.end())
      changes.push_back(policy_record(to_stored(info)));
  for (auto& [name, state] : breakers_.all_stored()) changes.push_back(breaker_record(std::move(name), state));
  if (changes.empty()) return {};
  return commit_and_wait(next, {.epoch = epoch, .sequence = 1, .workflows = {}, .records = changes});
}

}  // namespace pawl
