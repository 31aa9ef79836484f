// The life of the shards' threads: how they start, what happens when one goes down, how they end.
#include <limits>
#include <system_error>
#include <utility>

#include "base/assert.h"
#include "base/engine_thread.h"
#include "base/log.h"
#include "orchestrator/ask.h"
#include "orchestrator/node.h"
#include "persistence/volatile_store.h"

namespace pawl {

std::shared_ptr<Store> Node::store() const {
  const MutexLock lock(mutex_);
  return store_;
}

bool Node::is_persistent() const { return owner_.is_here() && store()->is_durable(); }

Result<void> Node::check_open() const {
  if (running_ && owner_.is_here()) [[likely]]
    return {};
  if (Result<void> here = owner_.check(); !here) return here;
  return std::unexpected(start_error_ ? *start_error_ : engine_stopping());
}

Result<void> Node::start(const std::optional<PersistenceOptions>& persistence) {
  Result<void> started = try_start(persistence);
  if (!started) start_error_ = started.error();
  return started;
}

Result<void> Node::try_start(const std::optional<PersistenceOptions>& persistence) {
  std::shared_ptr<Store> store = std::make_shared<VolatileStore>();
  if (persistence) {
    Result<std::shared_ptr<Store>> opened = open_store_(*persistence);
    if (!opened) return std::unexpected(std::move(opened.error()));
    store = *std::move(opened);
  }
  const Result<Ownership> owned = store->acquire();
  if (!owned) return std::unexpected(owned.error());
  Result<PolicyBook::Stored> policies = policies_.read_from(*store);
  if (!policies) {
    if (owned->clean) (void)store->release();
    return std::unexpected(std::move(policies.error()));
  }
  policies_.adopt(*std::move(policies));
  {
    const MutexLock changing(changing_);
    crash_untold_ = !options_.runs_all() && !owned->clean;
    const MutexLock lock(mutex_);
    store_ = store;
    epoch_ = owned->epoch;
  }
  for (const auto& shard : shards_) shard->use_store(*store, owned->epoch);
  records_.use_store(*store, owned->epoch);
  running_ = true;
  try {
    start_threads(!owned->clean);
  } catch (const std::system_error& no_thread) {
    {
      const MutexLock changing(changing_);
      crash_untold_ = !owned->clean;  // not all have come to count it
    }
    stop();
    return fail(ErrorCode::unavailable, fmt::format("cannot start a thread: {}", no_thread.what()));
  }
  return {};
}

void Node::start_threads(bool crashed) {
  if (!options_.has_threads) {
    steps_.start_without_thread();
    for (const auto& shard : shards_)
      supervisors_.emplace_back(*shard, static_cast<ShardHost&>(*this), clock_, crashed);
    return;
  }
  steps_.start();
  records_thread_ = std::thread([this] { run_records(); });
  for (const auto& shard : shards_)
    threads_.emplace_back([this, &shard = *shard, crashed] { run_shard(shard, crashed); });
}

void Node::stop() {
  if (!running_.exchange(false)) return;
  for (const auto& shard : shards_) shard->expect_stop();
  {
    const MutexLock changing(changing_);  // a change of the store needs all shards to come to its end
    for (const auto& shard : shards_) shard->mailbox().stop();
    for (std::thread& thread : threads_) thread.join();
    for (Supervisor& supervisor : supervisors_) {
      const Mailbox::Here here(supervisor.shard().mailbox());
      end_shard(supervisor);
    }
  }
  steps_.stop();  // which may wait for changing_
  const MutexLock changing(changing_);
  threads_.clear();
  policies_.breakers().record_counts();
  records_.stop();
  if (records_thread_.joinable()) records_thread_.join();
  records_.close();
  // A shard that is down for good changes nothing about that: this process ends in order, and its end is no crash.
  if (const Result<void> released = let_go_of(*store()); !released) log().warn("{}", describe(released.error()));
  // The data directory is free when the last who reads from it has done so.
  const MutexLock lock(mutex_);
  store_ = std::make_shared<VolatileStore>();
}

// Who took up none, or one, after a crash has not counted it for the others: whoever takes them up is to find it.
Result<void> Node::let_go_of(Store& store) const { return crash_untold_ ? Result<void>() : store.release(); }

void Node::run_shard(Shard& shard, bool crashed) {
  const EngineThread engine_thread;
  const Mailbox::Here here(shard.mailbox());
  Supervisor supervisor(shard, *this, clock_, crashed);
  while (!shard.mailbox().is_stopping())
    if (!supervisor.step()) supervisor.park();
  end_shard(supervisor);
}

void Node::end_shard(Supervisor& supervisor) {
  if (const Result<void> ended = supervisor.end(engine_stopping()); !ended) log().warn("{}", describe(ended.error()));
}

void Node::run_records() {
  const EngineThread engine_thread;
  const Supervised supervised;
  while (!records_.is_stopping())
    if (!records_.step()) records_.park();
}

std::pair<std::shared_ptr<Store>, Epoch> Node::present() const {
  const MutexLock lock(mutex_);
  return {store_, epoch_};
}

// The first shard to ask acquires the store anew; the others find that it has.
Result<std::pair<Store*, Epoch>> Node::renew(Epoch failed) {
  const MutexLock renewing(renewing_);
  std::shared_ptr<Store> store;  // it is exchanged only when no shard is here
  {
    const MutexLock lock(mutex_);
    store = store_;
    if (epoch_ != failed) return std::pair(store.get(), epoch_);
  }
  const Result<Ownership> owned = store->acquire();
  if (!owned) return std::unexpected(owned.error());
  const MutexLock lock(mutex_);
  epoch_ = owned->epoch;
  return std::pair(store.get(), epoch_);
}

void Node::tell(const Shard& shard, const Error* why) {
  std::string problem;
  if (why != nullptr) {
    problem = fmt::format("shard {} is down: {}", shard.index(), why->message);
    log().warn("{}", problem);
    ++restarts_;
  }
  const MutexLock lock(mutex_);
  problems_.erase(shard.index());
  if (why != nullptr) problems_.emplace(shard.index(), std::move(problem));
}

void Node::tell_of_records(const Error* why) {
  constexpr std::uint32_t kNoShard = std::numeric_limits<std::uint32_t>::max();
  std::string problem;
  if (why != nullptr) {
    problem = fmt::format("nothing is recorded apart from workflows: {}", why->message);
    log().warn("{}", problem);
  }
  const MutexLock lock(mutex_);
  problems_.erase(kNoShard);
  if (why != nullptr) problems_.emplace(kNoShard, std::move(problem));
}

void Node::handlers_added() {
  if (!running_ || !is_persistent()) return;
  for (const auto& shard : shards_) shard->mailbox().handlers_added();
}

}  // namespace pawl
