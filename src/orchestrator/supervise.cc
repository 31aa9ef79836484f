// The life of the shards' threads and of the store under them: how they start, what happens when one goes down, how
// persistence is switched on and off.
#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/log.h"
#include "orchestrator/local_ask.h"
#include "orchestrator/replay.h"
#include "persistence/volatile_store.h"

namespace pawl {

std::shared_ptr<Store> LocalOrchestrator::store() const {
  const std::lock_guard lock(mutex_);
  return store_;
}

bool LocalOrchestrator::is_persistent() const { return store()->is_durable(); }

Result<void> LocalOrchestrator::start(const std::optional<PersistenceOptions>& persistence) {
  std::shared_ptr<Store> store = std::make_shared<VolatileStore>();
  if (persistence) {
    Result<std::shared_ptr<Store>> opened = open_store_(*persistence);
    if (!opened) return std::unexpected(std::move(opened.error()));
    store = *std::move(opened);
  }
  const Result<Ownership> owned = store->acquire();
  if (!owned) return std::unexpected(owned.error());
  if (Result<void> known = policies_.use_store(store); !known) {
    if (owned->clean) (void)store->release();
    return known;
  }
  store_ = std::move(store);
  epoch_ = owned->epoch;
  crash_untold_ = !runs_all() && !owned->clean;
  running_ = true;
  for (const auto& shard : shards_) {
    shard->use_store(*store_, epoch_);
    threads_.emplace_back([this, &shard = *shard, crashed = !owned->clean] { run_shard(shard, crashed); });
  }
  return {};
}

void LocalOrchestrator::stop() {
  if (!running_.exchange(false)) return;
  for (const auto& shard : shards_) shard->stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  policies_.keep_counts();
  // A shard that is down for good changes nothing about that: this process ends in order, and its end is no crash.
  if (const Result<void> released = let_go_of(*store_); !released) log().error("{}", describe(released.error()));
}

// Who took up none, or one, after a crash has not counted it for the others: whoever takes them up is to find it.
Result<void> LocalOrchestrator::let_go_of(Store& store) const {
  return crash_untold_ ? Result<void>() : store.release();
}

void LocalOrchestrator::run_shard(Shard& shard, bool crashed) {
  const Shard::Here here(shard);
  Supervisor supervisor(shard, *this, clock_, crashed);
  while (!shard.is_stopping())
    if (!supervisor.step()) shard.park(supervisor.due());
  if (const Result<void> settled = shard.settle(); !settled) log().error("{}", describe(settled.error()));
}

// The first shard to ask acquires the store anew; the others find that it has.
Result<std::pair<Store*, Epoch>> LocalOrchestrator::renew(Epoch failed) {
  const std::lock_guard lock(mutex_);
  if (epoch_ == failed) {
    const Result<Ownership> owned = store_->acquire();
    if (!owned) return std::unexpected(owned.error());
    epoch_ = owned->epoch;
  }
  return std::pair(store_.get(), epoch_);
}

void LocalOrchestrator::tell(const Shard& shard, const Error* why) {
  if (why != nullptr) {
    log().error("{}", why->message);
    // Without a store there is nothing to start again from; to go on without these workflows would be to lose them.
    if (!is_persistent()) std::abort();
    ++restarts_;
  }
  const std::lock_guard lock(mutex_);
  problems_.erase(shard.index());
  if (why != nullptr) problems_.emplace(shard.index(), why->message);
}

void LocalOrchestrator::handlers_added() {
  if (!running_ || !is_persistent()) return;
  for (const auto& shard : shards_)
    while (running_ && !shard->post([](Shard& there) { there.bind_again(); })) std::this_thread::yield();
}

// A workflow of this engine may be stored there already only if it is the very same one, from before, and nobody else
// has gone on with it since.
Result<void> LocalOrchestrator::check_ids_are_free(Store& store, Epoch epoch) {
  const bool is_next = disabled_epoch_ && epoch == Epoch(std::to_underlying(*disabled_epoch_) + 1);
  Result<std::vector<WorkflowStatus>> here = list_memory({});
  if (!here) return std::unexpected(std::move(here.error()));
  for (const WorkflowStatus& status : *here) {
    const Result<StoredWorkflow> stored = store.read_workflow(status.id);
    if (!stored && stored.error().code == ErrorCode::not_found) continue;
    if (!stored) return std::unexpected(stored.error());
    const Result<core::Workflow> state = replay(*stored, definitions_.source(store));
    if (!state) return std::unexpected(state.error());
    if (state->created_at != status.created_at)
      return fail(ErrorCode::already_exists,
                  fmt::format("another workflow {} is stored there already", in_quotes(status.id)));
    if (!is_next)
      return fail(ErrorCode::conflict,
                  fmt::format("workflow {} is stored there, and another process has used that data directory since: it "
                              "may have gone on with it; name another data directory",
                              in_quotes(status.id)));
  }
  return {};
}

Result<void> LocalOrchestrator::change_store(const std::shared_ptr<Store>& next, Epoch epoch) {
  for (const auto& shard : shards_) {
    Result<void> changed = ask<void>(*shard, [&](Shard& there) -> Result<void> {
      if (Result<void> ok = there.change_store(*next, epoch); !ok) return ok;
      return there.save_all();
    });
    if (!changed) return changed;
  }
  const std::lock_guard lock(mutex_);
  store_ = next;
  epoch_ = epoch;
  return {};
}

// All shards at once, for there may be a million workflows.
Result<void> LocalOrchestrator::load_all(bool crashed) {
  std::vector<Result<void>> loaded(shards_.size());
  {
    std::vector<std::jthread> waiting;
    for (std::size_t i = 0; i < shards_.size(); ++i)
      waiting.emplace_back([this, crashed, &shard = *shards_[i], &answer = loaded[i]] {
        answer = ask<void>(shard, [crashed](Shard& there) { return there.load(crashed); });
      });
  }
  const auto failed = std::ranges::find_if_not(loaded, &Result<void>::has_value);
  return failed == loaded.end() ? Result<void>() : *failed;
}

Result<void> LocalOrchestrator::enable(const PersistenceOptions& options) {
  const std::lock_guard changing(changing_);
  if (is_persistent()) return fail(ErrorCode::invalid_state, "persistence is enabled already");
  if (options.read_only)
    return fail(ErrorCode::invalid_argument, "what is stored nowhere else cannot be kept in what is read only");
  const Result<std::shared_ptr<Store>> opened = open_store_(options);
  if (!opened) return std::unexpected(opened.error());
  const Result<Ownership> owned = (*opened)->acquire();
  if (!owned) return std::unexpected(owned.error());
  if (Result<void> free = check_ids_are_free(**opened, owned->epoch); !free) {
    if (owned->clean) (void)(*opened)->release();
    return free;
  }
  if (Result<void> known = policies_.use_store(*opened); !known) {
    if (owned->clean) (void)(*opened)->release();
    return known;
  }
  if (Result<void> changed = change_store(*opened, owned->epoch); !changed) return changed;
  crash_untold_ = !runs_all() && !owned->clean;
  return options_.shard.standby ? Result<void>() : load_all(!owned->clean);
}

Result<void> LocalOrchestrator::disable() {
  const std::lock_guard changing(changing_);
  const std::shared_ptr<Store> before = store();
  if (!before->is_durable()) return fail(ErrorCode::invalid_state, "persistence is not enabled");
  const auto none = std::make_shared<VolatileStore>();
  const Epoch owned = [this] {
    const std::lock_guard lock(mutex_);
    return epoch_;
  }();
  if (Result<void> changed = change_store(none, none->acquire()->epoch); !changed) return changed;
  policies_.keep_counts();
  if (Result<void> known = policies_.use_store(none); !known) return known;
  disabled_epoch_ = owned;
  return let_go_of(*before);
}

}  // namespace pawl
