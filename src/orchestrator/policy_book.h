// The stored policies of a node, with their circuit breakers and counts: what shards ask, and what Policy's operations
// change.
//
// A decision sees the policies as a catalog, which an update replaces as a whole; shards look at version() each turn.
// Breakers are shared by all shards, and asked under a lock, but only for tasks that name one. A change of a breaker's
// state is stored with the next commit: lost in a crash, the breaker finds out again.
// Threads: any.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "pawl/policy.h"

#include "base/mutex.h"
#include "base/time.h"
#include "persistence/store.h"
#include "policy/catalog.h"
#include "policy/circuit_breaker.h"

namespace pawl {

class PolicyBook {
 public:
  explicit PolicyBook(const Clock& clock) : clock_(clock), catalog_(std::make_shared<policy::Catalog>()) {}
  // Called, on any thread, when tasks that breakers hold may go on.
  void when_room(std::function<void()> told) { when_room_ = std::move(told); }

  // For decisions.
  [[nodiscard]] std::uint64_t version() const { return version_.load(std::memory_order_acquire); }
  [[nodiscard]] policy::CatalogPtr catalog() const;
  // Whether all policies that a definition refers to are there, and grant what its tasks ask for. Error: `not_found`,
  // `invalid_argument`, with the `field`.
  [[nodiscard]] Result<void> check(const Definition& definition) const;
  // The first half of that.
  [[nodiscard]] Result<void> check_known(const Definition& definition) const;
  void count(const std::string& name, const PolicyStats& more);

  // A breaker that does not exist lets everything through.
  struct Passage {
    bool allowed = true;
    std::uint64_t period = 0;  // for leave()
    Timestamp until{};         // not allowed: at least until then
  };
  [[nodiscard]] Passage enter(const std::string& breaker, Timestamp now);
  void leave(const std::string& breaker, std::uint64_t period, policy::Verdict verdict, Timestamp now);
  // How many of the tasks it holds may try again now; otherwise, when it is worth asking again.
  static constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();
  struct Room {
    std::size_t tasks = 0;
    std::uint64_t change = 0;  // another number when the breaker has changed meanwhile
    std::optional<Timestamp> next;
  };
  [[nodiscard]] Room room(const std::string& breaker, Timestamp now);
  // Tasks that the breaker holds: so many more. They are counted by its name, whatever becomes of the policy.
  void held(const std::string& breaker, std::int64_t change);

  // Policy's operations. Errors as there.
  Result<void> define(const std::string& name, const PolicyConfig& config);
  [[nodiscard]] Result<PolicyInfo> get(const std::string& name) const;
  [[nodiscard]] std::vector<PolicyInfo> list() const;
  Result<void> update(const std::string& name, const PolicyConfig& config);
  // Announces that the policy is to be removed: until remove() or keep_after_all() definitions that refer to it are
  // refused, while workflows that do so already go on under it. Error: `not_found`; `invalid_state` if it is announced.
  Result<void> announce_removal(const std::string& name);
  void keep_after_all(const std::string& name);
  Result<void> remove(const std::string& name);
  [[nodiscard]] Result<PolicyAnswer> evaluate(const std::string& name, const PolicyQuestion& question) const;
  [[nodiscard]] Result<PolicyStats> stats(const std::string& name) const;
  [[nodiscard]] Result<BreakerReport> check_breaker(const std::string& name) const;
  Result<void> change_breaker(const std::string& name, void (*change)(policy::Breaker&));

  // From now on they are kept in `store`: those that are known go there, those stored there become known. Error:
  // `already_exists` for a name that means different policies here and there; then nothing has changed here.
  Result<void> use_store(std::shared_ptr<Store> store);
  // From now on nothing is kept.
  void leave_store();
  // Whether use_store would find such a name.
  Result<void> check_store(Store& store);
  // What breakers have counted since they last changed: at a proper end it is kept, too.
  void keep_counts();

 private:
  struct Entry {
    PolicyInfo info;
    PolicyStats stats;
    policy::Breaker breaker;
    std::uint32_t kept_failures = 0;  // in a row, as far as the store knows
    std::uint64_t changes = 0;
  };

  // While policies change: what they are does not change then, only how their breakers stand and what they counted.
  [[nodiscard]] Result<std::map<std::string, Entry>> read_from(Store& store) const PAWL_REQUIRES(change_mutex_);
  Result<void> keep(const Entry& entry) PAWL_REQUIRES(change_mutex_);
  [[nodiscard]] std::optional<Entry> copy_of(const std::string& name) const PAWL_REQUIRES(change_mutex_)
      PAWL_EXCLUDES(mutex_);
  [[nodiscard]] std::vector<Entry> copy_of_all() const PAWL_REQUIRES(change_mutex_) PAWL_EXCLUDES(mutex_);
  void keep_breaker(const std::string& name) PAWL_EXCLUDES(change_mutex_, mutex_);
  [[nodiscard]] Result<const Entry*> find(const std::string& name) const PAWL_REQUIRES(mutex_);
  [[nodiscard]] Result<const Entry*> find_breaker(const std::string& name) const PAWL_REQUIRES(mutex_);
  [[nodiscard]] Entry* breaker_or_none(const std::string& name) PAWL_REQUIRES(mutex_);
  [[nodiscard]] static const CircuitBreakerPolicy& breaker_policy(const Entry& entry);
  [[nodiscard]] std::size_t held_by(const std::string& breaker) const PAWL_REQUIRES(mutex_);
  [[nodiscard]] StoredPolicy to_stored(const PolicyInfo& info, const policy::Breaker& breaker) const;
  // The time that is `time` by the wall clock as it stands now; breakers count by Clock::now().
  [[nodiscard]] Timestamp to_wall(Timestamp time) const { return time + (clock_.wall() - clock_.now()); }
  void publish() PAWL_REQUIRES(mutex_);

  const Clock& clock_;
  std::function<void()> when_room_;
  std::atomic<std::uint64_t> version_{0};
  // Held while policies change and are stored, so that the store has the changes in their order.
  mutable Mutex change_mutex_ PAWL_ACQUIRED_BEFORE(mutex_);
  std::shared_ptr<Store> store_ PAWL_GUARDED_BY(change_mutex_);
  mutable Mutex mutex_;
  std::map<std::string, Entry> entries_ PAWL_GUARDED_BY(mutex_);        // the `info`s change with both held
  std::set<std::string, std::less<>> leaving_ PAWL_GUARDED_BY(mutex_);  // their removal was announced
  std::map<std::string, std::size_t> held_ PAWL_GUARDED_BY(mutex_);     // by breaker; none of 0
  policy::CatalogPtr catalog_ PAWL_GUARDED_BY(mutex_);
};

}  // namespace pawl
