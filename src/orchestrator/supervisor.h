// Keeps one shard alive: takes its turns, and when a commit fails or an invariant breaks, lets it forget everything and
// read it again from the store. A shard that breaks too often in a short time stays down, and its node is unhealthy.
//
// Nothing here waits: who owns the thread (or the simulated time) calls step() and, while it returns false, waits for
// the shard's inbox or for due(). Threads: the shard's.
#pragma once

#include <optional>
#include <vector>

#include "orchestrator/shard.h"

namespace pawl {

// What the supervisors of one node share. Threads: any.
class Node {
 public:
  virtual ~Node() = default;
  // The store to go on with, and its epoch, after the one under `failed` did not work. Error: not yet.
  virtual Result<std::pair<Store*, Epoch>> renew(Epoch failed) = 0;
  // A shard went down, or came up again (`why` is null).
  virtual void tell(const Shard& shard, const Error* why) = 0;
};

class Supervisor {
 public:
  // `crashed`: the process that ran these workflows before ended without warning.
  Supervisor(Shard& shard, Node& node, const Clock& clock, bool crashed)
      : shard_(shard), node_(node), clock_(clock), crashed_(crashed) {}

  // One turn, or one step towards being able to take one. False: there was nothing to do.
  bool step();
  // When step() is worth calling again although nothing arrives.
  [[nodiscard]] std::optional<Timestamp> due();
  [[nodiscard]] Shard& shard() { return shard_; }
  [[nodiscard]] bool is_up() const { return state_ == State::up; }

 private:
  enum class State : std::uint8_t { loading, up, mending, given_up };

  Result<bool> work();
  void go_down(const Error& why);
  bool mend();
  bool may_restart();

  Shard& shard_;
  Node& node_;
  const Clock& clock_;
  bool crashed_;
  State state_ = State::loading;
  std::vector<Timestamp> restarts_;  // because of broken invariants, in the last period
  Timestamp next_try_{};
  Duration delay_{};
};

}  // namespace pawl
