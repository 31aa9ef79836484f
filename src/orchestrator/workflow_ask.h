// How the steps of an operation ask for a workflow that is in memory or in the store: what is stored is read by the
// steps and handed over, so no shard waits for a read.
// Errors: as those of shard_ask.h and of the store; `unavailable` if the workflow came and went each time while it was
// read.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/engine_thread.h"
#include "orchestrator/shard/store_lookup.h"
#include "orchestrator/shard_ask.h"

namespace pawl {

[[nodiscard]] std::unexpected<Error> outdated_each_time(const std::string& id);

// What the first ask needs to know of the store: nothing, or whether the workflow is stored.
enum class FirstLook : std::uint8_t { none, whether_stored };

// `ask` is a Result<T>(Shard&, StoreLookup*, bool& is_outdated). If it finds the lookup outdated, or that more must be
// read, it says so, fails, and is asked again with what was read since.
template <class T, class Ask>
Steps<T> ask_with_lookup(const Call& call, const std::string& id, FirstLook first, Then then, Ask ask) {
  constexpr int kMostTries = 20;
  if (Result<void> given = check_given(id); !given) co_return std::unexpected(std::move(given.error()));
  if (Result<void> may_wait = check_caller(call); !may_wait) co_return std::unexpected(std::move(may_wait.error()));
  if (first != FirstLook::none && EngineThread::is_this()) co_await InSteps(call);
  Shard& shard = call.node.shard_of(id);
  // What is outdated is an error, after which the steps go on off the shard.
  const Then on_answer = then == Then::answer ? Then::answer_if_done : then;
  std::shared_ptr<Store> store;
  std::optional<StoreLookup> lookup;
  for (int tries = 0; tries < kMostTries; ++tries) {
    if (tries > 0 || first != FirstLook::none) {
      const bool reads = tries > 0 && (!lookup || lookup->is_stored());
      lookup.reset();
      store = call.node.store();
      lookup.emplace(shard.workflows(), shard.commits(), *store, id);
      Result<void> done = reads ? lookup->read(call.node.definitions()) : lookup->look();
      if (!done) co_return std::unexpected(std::move(done.error()));
    }
    bool is_outdated = false;
    const auto on_shard = [&](Shard& there) { return ask(there, lookup ? &*lookup : nullptr, is_outdated); };
    Result<T> answer = co_await ShardAsk<T, decltype(on_shard)>(call, shard, on_shard, on_answer);
    if (!is_outdated) co_return answer;
  }
  co_return outdated_each_time(id);
}

// `ask` is a Result<T>(Shard&, LiveWorkflow&), done once. Error: `not_found`; why the workflow cannot be run.
template <class T, class Ask>
Steps<T> ask_workflow(const Call& call, const std::string& id, Ask ask, Then then = Then::go_on) {
  return ask_with_lookup<T>(
      call, id, FirstLook::none, then,
      [&id, ask = std::move(ask)](Shard& shard, StoreLookup* lookup, bool& is_outdated) mutable -> Result<T> {
        const Result<LiveWorkflow*> workflow =
            lookup == nullptr ? shard.recovery().find(id) : shard.recovery().find_or_take_up(*lookup, is_outdated);
        if (!workflow) return std::unexpected(workflow.error());
        if (*workflow == nullptr) {
          is_outdated |= lookup == nullptr && shard.commits().store().is_durable();
          return no_such_workflow(id);
        }
        return shard.decider().guard(**workflow, [&] { return ask(shard, **workflow); });
      });
}
// Where nothing but the answer follows.
template <class T, class Ask>
Steps<T> ask_workflow_last(const Call& call, const std::string& id, Ask ask) {
  return ask_workflow<T>(call, id, std::move(ask), Then::answer);
}

}  // namespace pawl
