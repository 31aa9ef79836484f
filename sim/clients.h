// Clients of the simulated engine: what the workloads have in common. They ask for everything through Service::call, as
// somebody else each time, and the checker judges each answer by what is on the disk.
//
// An answer that comes after the process that was asked has died is not passed on.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "pawl/requests/compensation.h"
#include "pawl/requests/orchestrator.h"
#include "pawl/requests/persistence.h"
#include "pawl/requests/policy.h"

#include "base/random.h"
#include "model/actor.h"
#include "sim/checker.h"
#include "sim/plan.h"
#include "sim/world.h"

namespace pawl::sim {

// Whether a change that is done has left an event of its own. One that finds what it wants may leave none.
enum class Leaves : std::uint8_t { an_event, maybe_none };

class Clients {
 public:
  // No more than `workflows` are created.
  Clients(Random& random, const VirtualClock& clock, Checker& checker, std::size_t workflows)
      : random_(random), clock_(clock), checker_(checker), most_(workflows) {}

  // The node that is asked from now on.
  void connect(SimNode& node);
  // It dies; whoever waits for its answers gets none.
  void disconnect();

  // `then` takes a Result<R::Answer>&.
  template <Operation R, class Then>
  void ask(R request, Then then) {
    ask_as(next_actor(R::kOperation), std::move(request), std::move(then));
  }
  template <Operation R>
  void ask(R request) {
    ask(std::move(request), [](auto&) {});
  }
  // Asks for a change of a workflow.
  template <Operation R, class Then>
  void change(const std::string& id, R request, Leaves leaves, Then then) {
    const Actor actor = next_actor(R::kOperation);
    const std::uint64_t stores = stores_;
    ask_as(actor, std::move(request),
           [this, id, leaves, stores, by = to_string(actor), then = std::move(then)](auto& answer) mutable {
             note_answer(id, by, answer ? nullptr : &answer.error(), leaves, stores);
             then(answer);
           });
  }
  template <Operation R>
  void change(const std::string& id, R request, Leaves leaves = Leaves::an_event) {
    change(id, std::move(request), leaves, [](auto&) {});
  }
  // Asks for a new workflow under `id`. `after` is called if it was made.
  template <Operation R>
  void create(const std::string& id, R request, std::function<void()> after = {}) {
    change(id, std::move(request), Leaves::an_event, [this, id, after = std::move(after)](auto& answer) {
      if (!answer) return;
      know(id);
      if (after) after();
    });
  }

  // The same, where the id is in the answer.
  template <Operation R>
  void create(R request) {
    const Actor actor = next_actor(R::kOperation);
    const std::uint64_t stores = stores_;
    ask_as(actor, std::move(request), [this, stores, by = to_string(actor)](Result<std::string>& id) {
      if (!id) return;
      created_.insert(*id);
      note_answer(*id, by, nullptr, Leaves::an_event, stores);
    });
  }

  // Asks for a change of a stored policy; not while nothing is stored, for then the store would refuse to be used with
  // another policy of that name.
  template <Operation R, class Then>
  void change_policy(R request, Then then) {
    if (!is_stored()) return;
    ++policy_changes_;
    ask(std::move(request), [this, then = std::move(then)](auto& answer) mutable {
      --policy_changes_;
      then(answer);
    });
  }
  // Of such changes those that are not answered.
  [[nodiscard]] std::size_t policy_changes() const { return policy_changes_; }

  // An id that none has had; empty: enough were created.
  [[nodiscard]] std::string new_id();
  // Of one of those that were created; empty: there is none.
  [[nodiscard]] std::string pick();
  [[nodiscard]] std::string task() { return task_name(random_.next() % kMostTasks); }
  bool one_in(std::uint64_t n) { return random_.next() % n == 0; }

  // Acknowledged, and not deleted since.
  [[nodiscard]] const std::set<std::string>& created() const { return created_; }
  void know(const std::string& id) { created_.insert(id); }
  void forget(const std::string& id) { created_.erase(id); }
  // Requests that the present node has not answered.
  [[nodiscard]] const std::multiset<std::string_view>& unanswered() const { return unanswered_; }
  // How many processes there have been.
  [[nodiscard]] std::uint64_t life() const { return life_; }

  // Whether what is done is stored. While the store is exchanged nobody knows; it is then said before the exchange
  // begins, or after it has ended.
  void set_stored(bool stored);
  [[nodiscard]] bool is_stored() const { return stores_ % 2 == 0; }

  [[nodiscard]] Random& random() { return random_; }
  [[nodiscard]] const VirtualClock& clock() const { return clock_; }
  [[nodiscard]] Checker& checker() { return checker_; }
  [[nodiscard]] SimNode& node() { return *node_; }
  // What definitions may name.
  [[nodiscard]] Names& names() { return names_; }

 private:
  template <Operation R, class Then>
  void ask_as(const Actor& actor, R request, Then then) {
    unanswered_.insert(R::kOperation);
    pawl::call(*node_, actor, std::move(request),
               [this, life = life_, then = std::move(then)](Result<typename R::Answer> answer) mutable {
                 if (life != life_) return;
                 unanswered_.erase(unanswered_.find(R::kOperation));
                 if (!answer) look_at(R::kOperation, answer.error());
                 then(answer);
               });
  }

  [[nodiscard]] Actor next_actor(std::string_view operation);
  void look_at(std::string_view operation, const Error& error);
  void note_answer(const std::string& id, const std::string& by, const Error* refusal, Leaves leaves,
                   std::uint64_t stores);

  Random& random_;
  const VirtualClock& clock_;
  Checker& checker_;
  const std::size_t most_;
  SimNode* node_ = nullptr;
  Names names_;
  std::uint64_t life_ = 0;
  std::uint64_t stores_ = 0;  // how often what is stored has begun or ceased to be so; odd: nothing is stored
  std::multiset<std::string_view> unanswered_;  // operations
  std::size_t policy_changes_ = 0;
  std::size_t asked_ = 0;
  std::size_t next_id_ = 0;
  std::set<std::string> created_;
};

// Whether nothing was done, and nothing will be.
[[nodiscard]] bool is_refusal(ErrorCode code);

}  // namespace pawl::sim
