// A supervisor keeps one shard alive: it takes the shard's turns, and when a commit fails or an invariant breaks, lets
// the shard forget everything and read it again from the store. A shard that breaks too often in a short time stays
// down, as does one without a store to read from, and its node is unhealthy: what is asked of it is refused with
// `internal`, and the other shards go on.
//
// It is the entry of the shard's thread, where every exception ends: none leaves step(), park() or end().
//
// Nothing here waits: who owns the thread (or the simulated time) calls step() and, while it returns false, waits for
// the shard's inbox or for due(). Threads: the shard's.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "orchestrator/shard/shard.h"

namespace pawl {

// What the supervisors of one node share. Threads: any.
class ShardHost {
 public:
  virtual ~ShardHost() = default;
  // The store to go on with, and its epoch, after the one under `failed` did not work. Error: not yet.
  virtual Result<std::pair<Store*, Epoch>> renew(Epoch failed) = 0;
  // A shard went down, or came up again (`why` is null).
  virtual void tell(const Shard& shard, const Error* why) = 0;
};

class Supervisor {
 public:
  // `crashed`: the process that ran these workflows before ended without warning.
  Supervisor(Shard& shard, ShardHost& host, const Clock& clock, bool crashed)
      : shard_(shard), host_(host), clock_(clock), crashed_(crashed) {}

  // One turn, or one step towards being able to take one. False: there was nothing to do.
  bool step();
  // Does `act` between two turns, of a shard that has taken up its workflows or is down. What it throws is the error,
  // and takes the shard down.
  Result<void> between_turns(const std::function<Result<void>(Shard&)>& act);
  // When step() is worth calling again although nothing arrives.
  [[nodiscard]] std::optional<Timestamp> due();
  // Waits until then, or until something arrives.
  void park();
  // After the last step: makes durable what was decided, and answers all who wait with `why`. Error: it is not durable.
  Result<void> end(const Error& why);
  [[nodiscard]] Shard& shard() { return shard_; }
  [[nodiscard]] bool is_up() const { return state_ == State::up; }

 private:
  // `abandoned`: given up, and so broken that it cannot even forget.
  enum class State : std::uint8_t { loading, up, mending, given_up, abandoned };

  Result<bool> act();
  Result<bool> work();
  void go_down(const Error& why);
  bool mend();
  bool may_restart();

  Shard& shard_;
  ShardHost& host_;
  const Clock& clock_;
  bool crashed_;
  State state_ = State::loading;
  std::vector<Timestamp> restarts_;  // because of broken invariants, in the last period
  Timestamp next_try_{};
  Duration delay_{};
};

}  // namespace pawl
