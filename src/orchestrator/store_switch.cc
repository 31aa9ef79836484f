#include "orchestrator/store_switch.h"

#include <algorithm>
#include <deque>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "orchestrator/ask.h"
#include "orchestrator/node.h"
#include "orchestrator/replay.h"
#include "persistence/volatile_store.h"

namespace pawl {

bool StoreSwitch::arrive(const Result<void>& ready) {
  const MutexLock lock(mutex_);
  --missing_;
  if (!ready && !failure_) failure_ = ready.error();
  changed_.notify_all();
  if (!ready) return false;  // it is known: none goes
  while (!switches_) changed_.wait(mutex_);
  return *switches_;
}

Result<void> StoreSwitch::wait_for_all() {
  const MutexLock lock(mutex_);
  while (missing_ > 0) changed_.wait(mutex_);
  return failure_ ? Result<void>(std::unexpected(*failure_)) : Result<void>();
}

void StoreSwitch::decide(bool switches) {
  const MutexLock lock(mutex_);
  switches_ = switches;
  changed_.notify_all();
}

// Whatever fails, fails before the decision; after it nothing can.
Result<void> Node::switch_store(const std::shared_ptr<Store>& next, Epoch epoch, const WorkflowCheck& may_go_there) {
  if (!options_.has_threads) return switch_store_alone(next, epoch, may_go_there);
  const auto meeting = std::make_shared<StoreSwitch>(shards_.size());
  for (const auto& shard : shards_) {
    // By the time that a shard switches, this call may have returned.
    ShardCall join = [&may_go_there, meeting, next, epoch](Shard& there) {
      Result<void> ready;
      try {
        ready = there.down() ? std::unexpected(*there.down()) : there.copy_all_to(*next, epoch, may_go_there);
      } catch (const std::exception& broken) {
        meeting->arrive(fail(ErrorCode::internal, broken.what()));
        throw;  // to the supervisor
      }
      if (meeting->arrive(ready)) there.use_store(*next, epoch);
    };
    if (!post_in_time(*shard, std::move(join))) meeting->arrive(std::unexpected(engine_stopping()));
  }
  Result<void> ready = meeting->wait_for_all();
  if (ready && !running_) ready = std::unexpected(engine_stopping());
  // Only now, so that no change of a policy waits while the shards copy.
  const PolicyRegistry::Standstill still = policies_.stand_still();
  const auto with_records = std::make_shared<StoreSwitch>(1);
  if (ready) ready = stop_records(with_records, next, epoch);
  Result<PolicyBook::Stored> policies;
  if (ready) {
    policies = switch_policies(next, epoch);
    if (!policies) ready = std::unexpected(policies.error());
  }
  with_records->decide(ready.has_value());
  meeting->decide(ready.has_value());
  if (ready) policies_.adopt(*std::move(policies));
  return ready;
}

// Without threads nobody decides anything meanwhile, and nobody waits.
Result<void> Node::switch_store_alone(const std::shared_ptr<Store>& next, Epoch epoch,
                                      const WorkflowCheck& may_go_there) {
  for (Supervisor& supervisor : supervisors_) {
    const Mailbox::Here here(supervisor.shard().mailbox());
    Result<void> copied = supervisor.between_turns([&](Shard& shard) -> Result<void> {
      return shard.down() ? std::unexpected(*shard.down()) : shard.copy_all_to(*next, epoch, may_go_there);
    });
    if (!copied) return copied;
  }
  const PolicyRegistry::Standstill still = policies_.stand_still([this] {
    if (!records_.step()) store()->help();
  });
  if (Result<void> settled = records_.settle(); !settled) return settled;
  Result<PolicyBook::Stored> policies = switch_policies(next, epoch);
  if (!policies) return std::unexpected(std::move(policies.error()));
  records_.use_store(*next, epoch);
  for (const auto& shard : shards_) shard->use_store(*next, epoch);
  policies_.adopt(*std::move(policies));
  return {};
}

// The last that may fail: from then on the node has the next store. What is stored there is still to be adopted.
Result<PolicyBook::Stored> Node::switch_policies(const std::shared_ptr<Store>& next, Epoch epoch) {
  Result<PolicyBook::Stored> policies = policies_.read_from(*next);
  if (!policies) return policies;
  if (Result<void> copied = policies_.copy_to(*next, epoch, *policies); !copied)
    return std::unexpected(std::move(copied.error()));
  const MutexLock lock(mutex_);
  store_ = next;
  epoch_ = epoch;
  return policies;
}

// All that it was asked to record is durable where it was asked for. What is recorded meanwhile waits.
Result<void> Node::stop_records(const std::shared_ptr<StoreSwitch>& meeting, const std::shared_ptr<Store>& next,
                                Epoch epoch) {
  const bool called = records_.call([meeting, next, epoch](RecordStream& records) {
    Result<void> ready;
    try {
      ready = records.settle();
    } catch (const std::exception& broken) {
      meeting->arrive(fail(ErrorCode::internal, broken.what()));
      throw;
    }
    if (meeting->arrive(ready)) records.use_store(*next, epoch);
  });
  return called ? meeting->wait_for_all() : std::unexpected(engine_stopping());
}

// A workflow of this engine may be stored there already only if it is the very same one, from before, and no other
// process has run it since.
Result<void> Node::check_id_is_free(Store& store, bool is_next, const core::Workflow& workflow) {
  const Result<StoredWorkflow> stored = store.read_workflow(workflow.id());
  if (!stored && stored.error().code == ErrorCode::not_found) return {};
  if (!stored) return std::unexpected(stored.error());
  const Result<core::Workflow> state = replay(*stored, definitions_.source(store));
  if (!state) return std::unexpected(state.error());
  if (state->created_at != workflow.created_at)
    return fail(ErrorCode::already_exists,
                fmt::format("another workflow {} is stored there already", in_quotes(workflow.id())));
  if (!is_next)
    return fail(ErrorCode::conflict,
                fmt::format("workflow {} is stored there, and another process has used that data directory since: it "
                            "may have continued it; name another data directory",
                            in_quotes(workflow.id())));
  return {};
}

Result<void> Node::move_to(const std::shared_ptr<Store>& next, const Ownership& owned) {
  if (const auto known = policies_.read_from(*next); !known) return std::unexpected(known.error());
  // So that no shard has to make them.
  const std::vector<CanonicalText> definitions = definitions_.all_canonical();
  const bool is_next = disabled_epoch_ && owned.epoch == Epoch(std::to_underlying(*disabled_epoch_) + 1);
  Result<void> switched = switch_store(
      next, owned.epoch, [&](const core::Workflow& workflow) { return check_id_is_free(*next, is_next, workflow); });
  if (!switched) disabled_epoch_ = owned.epoch;  // copies may be stored there, and they are this engine's
  return switched;
}

// All shards concurrently, for there may be a million workflows. A shard that cannot read them goes down and tries
// until it can, as at the start of an engine.
void Node::load_all(bool crashed) {
  const auto load_one = [crashed](Shard& there) -> Result<void> {
    if (!there.down())
      if (Result<void> loaded = there.load(crashed); !loaded) there.commits().break_off(loaded.error());
    return {};
  };
  for (Supervisor& supervisor : supervisors_) {  // of a node without threads
    const Mailbox::Here here(supervisor.shard().mailbox());
    (void)supervisor.between_turns(load_one);
  }
  std::deque<Reply<void>> done;
  for (std::size_t i = 0; options_.has_threads && i < shards_.size(); ++i) {
    const auto& shard = shards_[i];
    ShardCall load = [load_one, completion = PromisedReply<void>(done.emplace_back(), running_)](Shard& there) mutable {
      completion.answer(load_one(there));
    };
    (void)post_in_time(*shard, std::move(load));
  }
  for (Reply<void>& each : done) (void)each.wait();
}

Result<void> Node::enable(const PersistenceOptions& options) {
  if (options.sync_delay < Duration::zero() || options.sync_delay > kMaxDuration)
    return fail(ErrorCode::invalid_argument, "it is not between 0 and 100 years", "sync_delay");
  if (options.data_dir.empty()) return fail(ErrorCode::invalid_argument, "it is empty", "data_dir");
  if (options.read_only)
    return fail(ErrorCode::invalid_argument, "a read-only directory cannot store workflows that are only in memory",
                "read_only");
  const MutexLock changing(changing_);
  if (Result<void> open = check_open(); !open) return open;  // it may have been stopped meanwhile
  if (is_persistent()) return fail(ErrorCode::invalid_state, "persistence is enabled already");
  const Result<std::shared_ptr<Store>> opened = open_store_(options);
  if (!opened) return std::unexpected(opened.error());
  const Result<Ownership> owned = (*opened)->acquire();
  if (!owned) return std::unexpected(owned.error());
  if (Result<void> moved = move_to(*opened, *owned); !moved) {
    if (owned->clean) (void)(*opened)->release();
    return moved;
  }
  crash_untold_ = !options_.runs_all() && !owned->clean;
  if (!options_.shard.standby) load_all(!owned->clean);
  return {};
}

Result<void> Node::disable() {
  const MutexLock changing(changing_);
  if (Result<void> open = check_open(); !open) return open;
  const std::shared_ptr<Store> before = store();
  if (!before->is_durable()) return fail(ErrorCode::invalid_state, "persistence is not enabled");
  const auto none = std::make_shared<VolatileStore>();
  policies_.breakers().record_counts();
  const auto anything_goes = [](const core::Workflow&) { return Result<void>(); };
  const Epoch owned = [this] {
    const MutexLock lock(mutex_);
    return epoch_;
  }();
  if (Result<void> switched = switch_store(none, none->acquire().value().epoch, anything_goes); !switched)
    return switched;
  disabled_epoch_ = owned;
  return let_go_of(*before);
}

}  // namespace pawl
