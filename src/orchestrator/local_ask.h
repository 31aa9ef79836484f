// How the orchestrator's operations reach a shard; shared by the files that implement them.
#pragma once

#include <memory>
#include <string>

#include <fmt/format.h>

#include "base/text.h"
#include "orchestrator/ask.h"
#include "orchestrator/local_orchestrator.h"

namespace pawl {

inline std::unexpected<Error> no_such_workflow(const std::string& id) {
  return fail(ErrorCode::not_found, fmt::format("there is no workflow {}", in_quotes(id)));
}

inline Result<void> check_caller() {
  if (Shard::of_this_thread() == nullptr) return {};
  return fail(ErrorCode::invalid_state,
              "the engine must not be called from a non-blocking handler or an event's callback: it would wait for "
              "itself; register the handler as blocking");
}

template <class T>
Result<T> LocalOrchestrator::ask(Shard& shard, std::move_only_function<Result<T>(Shard&)> call) {
  if (Result<void> ok = check_caller(); !ok) return std::unexpected(std::move(ok.error()));
  if (!running_) return fail(ErrorCode::unavailable, "the engine is stopping");
  Reply<T> reply;
  const bool posted = shard.post([&](Shard& there) {
    if (there.down()) {
      reply.set(std::unexpected(*there.down()));
      return;
    }
    there.reply_when_durable([&reply, answer = call(there)](const Error* failure) mutable {
      reply.set(failure == nullptr ? std::move(answer) : std::unexpected(*failure));
    });
  });
  if (!posted) return fail(ErrorCode::unavailable, "the engine has more requests waiting than it takes; try again");
  return *reply.wait();
}

template <class T>
Result<T> LocalOrchestrator::ask_live(const std::string& id,
                                      std::move_only_function<Result<T>(Shard&, LiveWorkflow&)> call) {
  return ask<T>(shard_of(id), [&](Shard& shard) -> Result<T> {
    LiveWorkflow* const workflow = shard.find(id);
    return workflow == nullptr ? no_such_workflow(id) : call(shard, *workflow);
  });
}

template <class T>
Result<T> LocalOrchestrator::ask_workflow(const std::string& id,
                                          std::move_only_function<Result<T>(Shard&, LiveWorkflow&)> call) {
  return ask<T>(shard_of(id), [&](Shard& shard) -> Result<T> {
    const Result<LiveWorkflow*> workflow = shard.load_one(id);
    if (!workflow) return std::unexpected(workflow.error());
    return *workflow == nullptr ? no_such_workflow(id) : call(shard, **workflow);
  });
}

}  // namespace pawl
