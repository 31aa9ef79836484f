// The policy registry has the configurations of the stored policies of a node: all versions of each that are kept, and
// the catalog that decisions are made by.
//
// A decision sees the policies as a catalog, which a change replaces as a whole; shards look at version() each turn. A
// change of a policy is stored before it is made here, which takes its time: begin_change() keeps others from changing
// the same policy meanwhile, and nobody from anything else. Who waits for that holds up no thread.
// Threads: any.
#pragma once

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "pawl/policy.h"

#include "base/mutex.h"
#include "policy/catalog.h"

namespace pawl {

// The error of an operation on a policy that there is not: `not_found`.
[[nodiscard]] std::unexpected<Error> no_such_policy(const std::string& name);

class PolicyRegistry {
 public:
  // For decisions.
  [[nodiscard]] std::uint64_t version() const { return version_.load(std::memory_order_acquire); }
  [[nodiscard]] policy::CatalogPtr catalog() const;
  // Whether all policies that a definition refers to are there, and grant what its tasks ask for. Error: `not_found`,
  // `invalid_argument`, with the `field`.
  [[nodiscard]] Result<void> check(const Definition& definition) const;
  // The first half of that.
  [[nodiscard]] Result<void> check_known(const Definition& definition) const;

  // Error: `not_found`.
  [[nodiscard]] Result<PolicyInfo> get(const std::string& name) const;
  [[nodiscard]] std::vector<PolicyInfo> list() const;

  // Announces that the policy is to be removed: until erase() or keep_after_all() definitions that refer to it are
  // refused, while workflows that do so already go on under it. Error: `not_found`; `invalid_state` if it is announced.
  Result<void> announce_removal(const std::string& name);
  void keep_after_all(const std::string& name);

  // Lives while one policy is changed by one caller.
  class Change {
   public:
    Change(PolicyRegistry& registry, std::string name) : registry_(registry), name_(std::move(name)) {}
    Change(const Change&) = delete;
    Change& operator=(const Change&) = delete;
    ~Change() { registry_.end_change(name_); }

   private:
    PolicyRegistry& registry_;
    const std::string name_;
  };
  // What begin_change() is awaited as.
  class [[nodiscard]] Turn {
   public:
    Turn(PolicyRegistry& registry, std::string name) : registry_(registry), name_(std::move(name)) {}
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    // False: it is its turn.
    bool await_suspend(std::coroutine_handle<> awaiting) { return registry_.wait_for_turn(name_, awaiting); }
    Change await_resume() { return {registry_, std::move(name_)}; }

   private:
    PolicyRegistry& registry_;
    std::string name_;
  };
  // Waits for whoever is changing that policy, and while all stand still. It goes on on the thread that has ended that.
  Turn begin_change(std::string name) { return {*this, std::move(name)}; }

  // Lives while no policy is changed at all.
  class Standstill {
   public:
    explicit Standstill(PolicyRegistry& registry) : registry_(registry) {}
    Standstill(const Standstill&) = delete;
    Standstill& operator=(const Standstill&) = delete;
    ~Standstill() { registry_.end_standstill(); }

   private:
    PolicyRegistry& registry_;
  };
  // Waits, as a thread, for all who are changing one. Where there is no other thread, `meanwhile` is called until none
  // does.
  [[nodiscard]] Standstill stand_still(const std::function<void()>& meanwhile = {});

  // In place of those of the same names, if there are such.
  void put(std::vector<PolicyInfo> policies);
  void erase(const std::string& name);

 private:
  struct Waiting {
    std::string name;
    std::coroutine_handle<> awaiting;
  };

  bool wait_for_turn(const std::string& name, std::coroutine_handle<> awaiting);
  void end_change(const std::string& name);
  void end_standstill();
  [[nodiscard]] bool is_changing_any() PAWL_EXCLUDES(mutex_);
  void resume_waiting();
  // Whose turn it is from now on; null: nobody's.
  std::coroutine_handle<> take_turn();
  void publish() PAWL_REQUIRES(mutex_);

  std::atomic<std::uint64_t> version_{0};
  mutable Mutex mutex_;        // held for moments
  ConditionVariable changed_;  // for those who make all stand still
  std::map<std::string, PolicyInfo> policies_ PAWL_GUARDED_BY(mutex_);
  std::set<std::string, std::less<>> leaving_ PAWL_GUARDED_BY(mutex_);   // their removal was announced
  std::set<std::string, std::less<>> changing_ PAWL_GUARDED_BY(mutex_);  // that are being changed
  std::deque<Waiting> waiting_ PAWL_GUARDED_BY(mutex_);
  bool stands_still_ PAWL_GUARDED_BY(mutex_) = false;
  policy::CatalogPtr catalog_ PAWL_GUARDED_BY(mutex_) = std::make_shared<policy::Catalog>();
};

}  // namespace pawl
