#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "operations/orchestrator/operations.h"
#include "orchestrator/commit_and_wait.h"
#include "orchestrator/shard_ask.h"

namespace pawl::operations {
namespace {

// A removal is tried so often if the fall of its shard, or its return, has come between.
constexpr int kMostTries = 3;

// What the shard says of it first.
struct Begun {
  enum class Given : std::uint8_t { up, was_all, shard_is_down };
  Given given = Given::up;
  std::uint64_t number = 0;  // of the removal, on the shard
};

// A removal that has begun: unless it is done with, the workflow is given back. The shard may have done so itself
// since.
class Removing {
 public:
  Removing(Node& node, Shard& shard, const Begun& begun, const std::string& id) : node_(node), shard_(shard) {
    if (begun.given == Begun::Given::up)
      give_back_ = [number = begun.number, id](Shard& there) { there.lifecycle().end_removal(number, id, false); };
  }
  Removing(const Removing&) = delete;
  Removing& operator=(const Removing&) = delete;
  ~Removing() {
    if (give_back_) (void)node_.post_in_time(shard_, std::move(give_back_));
  }
  void done() { give_back_ = nullptr; }

 private:
  Node& node_;
  Shard& shard_;
  ShardCall give_back_;
};

Result<Begun> begin(Shard& shard, const std::string& id) {
  if (shard.down()) return Begun{.given = Begun::Given::shard_is_down};
  const Result<std::optional<std::uint64_t>> begun = shard.lifecycle().begin_removal(id);
  if (!begun) return std::unexpected(begun.error());
  if (!*begun) return Begun{.given = Begun::Given::was_all};
  return Begun{.given = Begun::Given::up, .number = **begun};
}

// What a store says that has failed may be lost until it has been acquired again.
std::unexpected<Error> may_be_durable() {
  return fail(ErrorCode::unavailable, "it is not known yet whether the workflow was deleted; try again");
}

// For a shard that is down, on its thread: it does not come up meanwhile. It may have been up since the steps looked,
// and the workflow have been reopened, so the removal is planned here; such a shard has no turns to hold up.
Result<void> commit_alone(const Node& node, const std::string& id, bool& is_asked_for) {
  const auto [store, epoch] = node.present();
  Result<std::unique_ptr<Removal>> planned = store->plan_removal(id);
  if (!planned && planned.error().code == ErrorCode::not_found && is_asked_for) return may_be_durable();
  if (!planned) return std::unexpected(std::move(planned.error()));
  WorkflowChange change;
  change.removal = *std::move(planned);
  Result<void> committed = commit_and_wait(
      *store, {.epoch = epoch, .sequence = 1, .workflows = std::span(&change, 1), .records = {}, .makes_room = true});
  if (!committed && committed.error().code == ErrorCode::fenced)  // nothing was written
    return fail(ErrorCode::unavailable, "the store was acquired again meanwhile; try again");
  is_asked_for = true;
  return committed;
}

// On the shard's thread; what it decides is durable before the steps go on. `is_asked_for`: whatever comes of it, it
// may be made.
Result<void> commit(const Node& node, Shard& shard, const Begun& begun, std::unique_ptr<Removal> removal,
                    const std::string& id, const Store& planned_in, bool& is_asked_for) {
  if (shard.down()) return commit_alone(node, id, is_asked_for);
  if (begun.given == Begun::Given::shard_is_down || &shard.commits().store() != &planned_in)
    return fail(ErrorCode::unavailable, "the shard of the workflow came up meanwhile; try again");
  if (Result<void> added = shard.lifecycle().commit_removal(begun.number, std::move(removal)); !added) return added;
  is_asked_for = true;
  shard.commits().reply_when_durable([&shard, id, number = begun.number](const Error* failure) {
    shard.lifecycle().end_removal(number, id, failure == nullptr);
  });
  return {};
}

// One try. `may_be_gone`: it was committed, and nobody knows what came of that.
Steps<void> try_to_remove(const Call& call, const std::string& id, bool& may_be_gone) {
  Shard& shard = call.node.shard_of(id);
  const std::shared_ptr<Store> store = call.node.store();
  const Result<Begun> begun =
      co_await ask_while_down<Begun>(call, shard, [&](Shard& there) { return begin(there, id); });
  if (!begun) co_return std::unexpected(begun.error());
  if (begun->given == Begun::Given::was_all) co_return Result<void>();
  Removing removing(call.node, shard, *begun, id);
  Result<std::unique_ptr<Removal>> planned = store->plan_removal(id);
  if (!planned) {
    // What was committed before, with an outcome that nobody knows, and is gone now, was removed.
    const bool is_gone = may_be_gone && planned.error().code == ErrorCode::not_found;
    if (is_gone && begun->given == Begun::Given::shard_is_down) co_return may_be_durable();
    if (is_gone) {
      Result<void> ended = co_await ask<void>(call, shard, [&](Shard& there) -> Result<void> {
        there.lifecycle().end_removal(begun->number, id, true);
        return {};
      });
      if (!ended) co_return ended;
      removing.done();
    }
    co_return is_gone ? Result<void>() : std::unexpected(std::move(planned.error()));
  }
  Result<void> committed = co_await ask_while_down<void>(call, shard, [&](Shard& there) {
    return commit(call.node, there, *begun, *std::move(planned), id, *store, may_be_gone);
  });
  if (committed) removing.done();
  co_return committed;
}

}  // namespace

// The shard first gives the workflow up and keeps its id from everybody; what the store needs to know is read off the
// shard; then the shard commits the removal. A shard that is down, maybe for want of room, knows nothing of what has
// ended: there the removal is a commit of its own that makes room.
Steps<void> delete_workflow(Call call, request::DeleteWorkflow request) {
  if (Result<void> given = check_given(request.id); !given) co_return given;
  bool may_be_gone = false;
  Result<void> removed = co_await try_to_remove(call, request.id, may_be_gone);
  for (int tries = 1; tries < kMostTries; ++tries) {
    if (removed || removed.error().code != ErrorCode::unavailable || !call.node.is_running()) break;
    removed = co_await try_to_remove(call, request.id, may_be_gone);
  }
  call.node.bookmarks().forget_deleted(request.id);
  co_return removed;
}

}  // namespace pawl::operations
