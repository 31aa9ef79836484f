// The policy part stores timeout, retry and circuit-breaker policies that definitions refer to by name, and lists the
// dead letters: tasks for which no policy grants another attempt.
//
//   auto id = engine.policy().define_policy("circuit_breaker", {{"name", "payments"}, {"failure_threshold", 5}});
//   if (!id) std::cerr << pawl::describe(id.error()) << '\n';
//   auto breaker = engine.policy().check_circuit_breaker("payments");   // closed, open or half_open
//
// A policy that is updated applies to the next decision of every workflow that refers to it. Each version is kept, and
// histories say which one was in force.
//
// Threads: any, but not from inside a non-blocking handler (`invalid_state`); there the form with a callback is for
// (service.h). Errors of all operations: `not_found` (no such policy or letter), `invalid_argument` (with the `field`).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "pawl/definition.h"
#include "pawl/json.h"
#include "pawl/json_text.h"
#include "pawl/result.h"
#include "pawl/service.h"
#include "pawl/types.h"

namespace pawl {

// How long attempts may take, for all tasks of the workflows that name it as their `timeout_policy`. A task's own
// `timeout` comes first, then `per_task_timeouts`, then `default_timeout`.
struct TimeoutPolicy {
  Duration default_timeout = std::chrono::seconds(30);
  Duration max_timeout = std::chrono::minutes(5);       // a task that asks for more is refused
  std::map<std::string, Duration> per_task_timeouts{};  // by task id

  friend bool operator==(const TimeoutPolicy&, const TimeoutPolicy&) = default;
};

// Closed, it lets every attempt through. After `failure_threshold` failures in a row it opens and lets none through for
// `timeout`. Then it is half open and lets `probes` through concurrently: `success_threshold` successes in a row
// close it, one failure opens it again.
struct CircuitBreakerPolicy {
  std::uint32_t failure_threshold = 5;  // 1..1,000,000
  std::uint32_t success_threshold = 2;  // 1..1,000,000
  Duration timeout = std::chrono::seconds(60);
  std::uint32_t probes = 1;  // 1..1,000,000

  friend bool operator==(const CircuitBreakerPolicy&, const CircuitBreakerPolicy&) = default;
};

// In the order of PolicyKind.
using PolicyConfig = std::variant<TimeoutPolicy, RetryPolicy, CircuitBreakerPolicy>;

struct PolicyVersion {
  std::uint32_t number = 1;
  Timestamp at{};
  PolicyConfig config{};
};

struct PolicyInfo {
  std::string id{};  // its name, or the id that it was given instead
  PolicyKind kind{};
  std::vector<PolicyVersion> versions{};  // the oldest first, the latest 100

  [[nodiscard]] const PolicyVersion& current() const { return versions.back(); }
};

// Since this engine was started.
struct PolicyStats {
  std::uint64_t evaluations = 0;  // decisions that used this policy
  std::uint64_t allowed = 0;      // another attempt, or passage through the breaker, was granted
  std::uint64_t rejected = 0;     // not granted
  std::uint64_t timeouts = 0;     // attempts that exceeded its timeout
  std::uint64_t retries = 0;      // attempts after the first that it granted
};

enum class BreakerState : std::uint8_t { closed, open, half_open };

[[nodiscard]] std::string_view to_string(BreakerState state);

struct BreakerReport {
  BreakerState state = BreakerState::closed;
  std::uint32_t failures = 0;             // in a row, while it is closed
  std::uint32_t successes = 0;            // in a row, while it is half open
  std::uint32_t probes = 0;               // in progress, while it is half open
  std::optional<Timestamp> open_until{};  // while it is open; none: until it is reset
  std::size_t held = 0;                   // tasks that it holds
};

// What to evaluate a policy for: an attempt that failed.
struct PolicyQuestion {
  std::string code{};         // of the error
  std::uint32_t attempt = 1;  // that failed
  std::string task{};         // for a timeout policy
};
struct PolicyAnswer {
  bool allowed = false;               // another attempt; a circuit breaker: passage now
  std::string reason{};               // for people
  std::optional<Duration> delay{};    // before that attempt, without jitter
  std::optional<Duration> timeout{};  // of the attempt
};

// The task, or the compensation of the task, that a dead letter is of.
struct DeadLetterId {
  std::string workflow{};
  std::string task{};
  bool compensation = false;

  friend auto operator<=>(const DeadLetterId&, const DeadLetterId&) = default;
};

// A task, or a compensation, that failed for good.
struct DeadLetter {
  DeadLetterId id{};
  std::string name{};  // of the definition
  Timestamp failed_at{};
  std::uint32_t attempts = 0;
  JsonText error{};                // of the last attempt
  JsonText args{};                 // only of get_dead_letter
  std::vector<JsonText> errors{};  // of all attempts in order, as far as a history has them; only of get_dead_letter
};

// The letter as one JSON document (docs/reference/report.md).
[[nodiscard]] std::string to_json_text(const DeadLetter& letter);

struct DeadLetterFilter {
  std::string workflow{};  // empty: any
  std::string name{};      // of the definition
  std::string task{};
  std::string code{};  // of the last error
  std::optional<Timestamp> failed_before{};
  std::size_t limit = 1000;
  std::optional<DeadLetterId> after{};  // the last letter of the previous page
};

// Reads the settings of a policy of `kind`, without its `name`. Error: `invalid_argument`, with the `field`.
[[nodiscard]] Result<PolicyConfig> parse_policy(PolicyKind kind, const Json& config);
[[nodiscard]] Result<PolicyKind> parse_policy_kind(std::string_view text);
// All settings of its kind, durations as integers of milliseconds.
[[nodiscard]] Json to_json(const PolicyConfig& config);
// The same with durations as people write them, "30s"; parse_policy() reads this form, too.
[[nodiscard]] Json to_settings(const PolicyConfig& config);

class Policy {
 public:
  // Calls `service` as `actor`. Ownership: the service outlives this object.
  Policy(Service& service, Actor actor) : service_(service), actor_(std::move(actor)) {}

  // `kind` is "timeout", "retry" or "circuit_breaker"; the member `name` of `config` is its id (none: a new one).
  // Error: `already_exists`.
  Result<std::string> define_policy(std::string_view kind, const Json& config);
  Result<std::string> define_policy(const std::string& name, const PolicyConfig& config);
  Result<PolicyInfo> get_policy(const std::string& id);
  Result<std::vector<PolicyInfo>> list_policies();
  // The kind cannot change. Error: `invalid_argument` if `config` is of another kind.
  Result<void> update_policy(const std::string& id, const PolicyConfig& config);
  // While this call looks for workflows that refer to the policy, none can be created. Error: `invalid_state` while a
  // workflow that has not ended refers to it, or another call deletes it. One that has ended and refers to it cannot be
  // retried, rerun or restored (`not_found`) until a policy of this name and kind exists.
  Result<void> delete_policy(const std::string& id);
  // Decides without doing anything.
  Result<PolicyAnswer> evaluate_policy(const std::string& id, const PolicyQuestion& question);
  Result<PolicyStats> get_policy_stats(const std::string& id);

  Result<BreakerReport> check_circuit_breaker(const std::string& id);
  // Closes it; the tasks that it holds continue.
  Result<void> reset_circuit_breaker(const std::string& id);
  // Opens it until it is reset.
  Result<void> force_open_circuit_breaker(const std::string& id);

  // Ordered by id.
  Result<std::vector<DeadLetter>> list_dead_letters(const DeadLetterFilter& filter = {});
  Result<DeadLetter> get_dead_letter(const DeadLetterId& id);
  // The task gets fresh attempts, and its workflow continues from there. Redriving a letter twice changes nothing, and
  // is not an error.
  Result<void> redrive_dead_letter(const DeadLetterId& id);
  // Redrives all letters that the filter selects; returns their number.
  Result<std::size_t> redrive_dead_letters(const DeadLetterFilter& filter);
  Result<void> discard_dead_letter(const DeadLetterId& id, const std::string& reason);

 private:
  Service& service_;
  const Actor actor_;
};

}  // namespace pawl
