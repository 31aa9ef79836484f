// How the orchestrator's operations reach a shard; shared by the files that implement them.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"
#include "orchestrator/ask.h"
#include "orchestrator/local_orchestrator.h"
#include "orchestrator/shard_decide.h"

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
    std::optional<Result<T>> answer;
    try {
      answer.emplace(call(there));
    } catch (const InvariantBroken& broken) {  // the shard goes down, and has no reply of this call to send
      reply.set(fail(ErrorCode::internal, broken.what()));
      throw;
    }
    there.reply_when_durable([&reply, answer = *std::move(answer)](const Error* failure) mutable {
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
    if (workflow == nullptr) return no_such_workflow(id);
    return shard.guard(*workflow, [&] { return call(shard, *workflow); });
  });
}

template <class T>
Result<T> LocalOrchestrator::ask_workflow(const std::string& id,
                                          std::move_only_function<Result<T>(Shard&, LiveWorkflow&)> call) {
  return ask<T>(shard_of(id), [&](Shard& shard) -> Result<T> {
    const Result<LiveWorkflow*> workflow = shard.load_one(id);
    if (!workflow) return std::unexpected(workflow.error());
    if (*workflow == nullptr) return no_such_workflow(id);
    return shard.guard(**workflow, [&] { return call(shard, **workflow); });
  });
}

}  // namespace pawl
