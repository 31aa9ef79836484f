#include "orchestrator/supervisor.h"

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

#include "base/assert.h"

namespace pawl {
namespace {

// A shard whose invariants break is started again so often in this time; then it stays down.
constexpr std::size_t kMostRestarts = 5;
constexpr std::chrono::seconds kRestartPeriod(60);
// While the store does not work, it is tried again after these delays.
constexpr Duration kFirstRetry(50);
constexpr Duration kLastRetry(2000);

// What `act` throws, as an error; a message that fits without memory if there is none.
template <class Act>
std::optional<Error> thrown_by(Act&& act) {
  try {
    act();
  } catch (const std::bad_alloc&) {
    return Error{.code = ErrorCode::internal, .message = "out of memory"};
  } catch (const std::exception& thrown) {
    return Error{.code = ErrorCode::internal, .message = thrown.what()};
  } catch (...) {
    return Error{.code = ErrorCode::internal, .message = "it threw"};
  }
  return std::nullopt;
}

}  // namespace

bool Supervisor::step() {
  const Supervised supervised;
  Result<bool> busy = false;
  if (auto thrown = thrown_by([&] { busy = act(); })) busy = std::unexpected(*std::move(thrown));
  if (busy) return *busy;
  go_down(busy.error());
  return true;
}

Result<void> Supervisor::between_turns(const std::function<Result<void>(Shard&)>& act) {
  while (state_ == State::loading) step();
  const Supervised supervised;
  Result<void> done;
  const auto thrown = thrown_by([&] { done = act(shard_); });
  if (!thrown) return done;
  go_down(*thrown);
  return std::unexpected(*thrown);
}

void Supervisor::park() {
  const Supervised supervised;
  if (const auto thrown = thrown_by([&] { shard_.park(due()); })) go_down(*thrown);
}

Result<void> Supervisor::end(const Error& why) {
  const Supervised supervised;
  Result<void> settled;
  if (auto thrown = thrown_by([&] { settled = shard_.settle(); })) settled = std::unexpected(*std::move(thrown));
  if (auto thrown = thrown_by([&] { shard_.end(why); })) return std::unexpected(*std::move(thrown));
  return settled;
}

Result<bool> Supervisor::act() {
  switch (state_) {
    case State::abandoned:
      return shard_.refuse_abandoned();
    case State::given_up:
      return shard_.refuse();
    case State::mending:
      return shard_.refuse() || mend();
    case State::loading:
    case State::up:
      break;
  }
  return work();
}

std::optional<Timestamp> Supervisor::due() {
  switch (state_) {
    case State::up:
      return shard_.next_due();
    case State::mending: {
      const std::optional<Timestamp> due = shard_.next_due_while_down();
      return due ? std::min(*due, next_try_) : next_try_;
    }
    case State::given_up:
    case State::abandoned:
      return shard_.next_due_while_down();
    case State::loading:
      break;
  }
  return std::nullopt;
}

Result<bool> Supervisor::work() {
  if (state_ == State::up) return shard_.turn();
  if (Result<void> loaded = shard_.load(crashed_); !loaded) return std::unexpected(std::move(loaded.error()));
  crashed_ = false;
  shard_.come_up();
  state_ = State::up;
  delay_ = kFirstRetry;
  host_.tell(shard_, nullptr);
  return true;
}

void Supervisor::go_down(const Error& why) {
  if (state_ == State::abandoned) return;  // its refusals alone broke: they are answered, by their own ends
  const bool stays_down = state_ == State::given_up || !shard_.can_reload();
  Error told{.code = why.code == ErrorCode::internal ? ErrorCode::internal : ErrorCode::unavailable, .message = {}};
  const auto thrown = thrown_by([&] {
    told.message = why.message;
    host_.tell(shard_, &told);
    shard_.reset(told);
  });
  if (thrown) {
    state_ = State::abandoned;
    (void)thrown_by([&] { shard_.abandon(told); });
    return;
  }
  const bool waits_for_store = why.code == ErrorCode::unavailable || why.code == ErrorCode::fenced;
  state_ = !stays_down && (waits_for_store || may_restart()) ? State::mending : State::given_up;
  next_try_ = clock_.now() + std::exchange(delay_, std::min(2 * std::max(delay_, kFirstRetry), kLastRetry));
}

bool Supervisor::mend() {
  if (clock_.now() < next_try_) return false;
  const auto renewed = host_.renew(shard_.commits().epoch());
  if (renewed) {
    shard_.use_store(*renewed->first, renewed->second);
    state_ = State::loading;
  } else {
    delay_ = std::clamp(2 * delay_, kFirstRetry, kLastRetry);
    next_try_ = clock_.now() + delay_;
  }
  return true;
}

bool Supervisor::may_restart() {
  const Timestamp now = clock_.now();
  std::erase_if(restarts_, [&](Timestamp at) { return now - at > kRestartPeriod; });
  restarts_.push_back(now);
  return restarts_.size() <= kMostRestarts;
}

}  // namespace pawl
