#include "orchestrator/supervisor.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"

namespace pawl {
namespace {

// A shard whose invariants break is started again so often in this time; then it stays down.
constexpr std::size_t kMostRestarts = 5;
constexpr std::chrono::seconds kRestartPeriod(60);
// While the store does not work, it is tried again after these delays.
constexpr Duration kFirstRetry(50);
constexpr Duration kLastRetry(2000);

}  // namespace

bool Supervisor::step() {
  const Supervised supervised;
  switch (state_) {
    case State::given_up:
      return shard_.refuse();
    case State::mending:
      return shard_.refuse() || mend();
    case State::loading:
    case State::up:
      break;
  }
  Result<bool> busy = fail(ErrorCode::internal, "");
  try {
    busy = work();
  } catch (const InvariantBroken& broken) {
    busy = fail(ErrorCode::internal, broken.what());
  }
  if (busy) return *busy;
  go_down(busy.error());
  return true;
}

std::optional<Timestamp> Supervisor::due() {
  switch (state_) {
    case State::up:
      return shard_.next_due();
    case State::mending:
      return next_try_;
    case State::loading:
    case State::given_up:
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
  node_.tell(shard_, nullptr);
  return true;
}

void Supervisor::go_down(const Error& why) {
  const Error told{.code = why.code == ErrorCode::internal ? ErrorCode::internal : ErrorCode::unavailable,
                   .message = fmt::format("shard {} is down: {}", shard_.index(), why.message)};
  node_.tell(shard_, &told);
  shard_.reset(told);
  const bool waits_for_store = why.code == ErrorCode::unavailable || why.code == ErrorCode::fenced;
  state_ = waits_for_store || may_restart() ? State::mending : State::given_up;
  next_try_ = clock_.now() + std::exchange(delay_, std::min(2 * std::max(delay_, kFirstRetry), kLastRetry));
}

bool Supervisor::mend() {
  if (clock_.now() < next_try_) return false;
  const auto renewed = node_.renew(shard_.epoch());
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
