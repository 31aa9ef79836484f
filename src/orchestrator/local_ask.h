// How the orchestrator's operations reach a shard; shared by the files that implement them.
#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"
#include "orchestrator/ask.h"
#include "orchestrator/local_orchestrator.h"
#include "orchestrator/shard/shard.h"

namespace pawl {

inline std::unexpected<Error> no_such_workflow(const std::string& id) {
  return fail(ErrorCode::not_found, fmt::format("there is no workflow {}", in_quotes(id)));
}

inline Result<void> check_given(const std::string& id, const char* field = "id") {
  if (!id.empty()) return {};
  return fail(ErrorCode::invalid_argument, "it is empty", field);
}

inline Result<void> check_caller() {
  if (!Mailbox::is_any_here()) return {};
  return fail(ErrorCode::invalid_state,
              "the engine must not be called from a non-blocking handler or an event's callback: it would wait for "
              "itself; register the handler as blocking");
}

// Of what is done to many workflows: what does not keep it from being done to the others. One may live again, be gone
// already, be busy, or be damaged.
inline bool concerns_it_alone(const Error& error) {
  return error.code == ErrorCode::not_found || error.code == ErrorCode::invalid_state ||
         error.code == ErrorCode::corruption;
}

inline Error inbox_is_full() {
  return {.code = ErrorCode::unavailable, .message = "the request queue is full; try again"};
}

template <class T>
Result<T> LocalOrchestrator::ask(Shard& shard, std::move_only_function<Result<T>(Shard&)> call) {
  if (Result<void> open = check_open(); !open) return std::unexpected(std::move(open.error()));
  if (Result<void> ok = check_caller(); !ok) return std::unexpected(std::move(ok.error()));
  Reply<T> reply;
  ShardCall asked = [&call, completion = Completion<T>(reply, running_)](Shard& there) mutable {
    if (there.down()) return completion.answer(std::unexpected(*there.down()));
    std::optional<Result<T>> answer;
    try {
      answer = call(there);
    } catch (const std::exception& broken) {
      completion.answer(fail(ErrorCode::internal, broken.what()));
      throw;  // to the supervisor
    }
    there.commits().reply_when_durable(
        [completion = std::move(completion), answer = *std::move(answer)](const Error* failure) mutable {
          completion.answer(failure == nullptr ? std::move(answer) : std::unexpected(*failure));
        });
  };
  if (!shard.mailbox().post(std::move(asked))) return std::unexpected(running_ ? inbox_is_full() : engine_stopping());
  return *reply.wait();
}

template <class T>
Result<T> LocalOrchestrator::ask_live(const std::string& id,
                                      std::move_only_function<Result<T>(Shard&, LiveWorkflow&)> call) {
  if (Result<void> given = check_given(id); !given) return std::unexpected(std::move(given.error()));
  return ask<T>(shard_of(id), [&](Shard& shard) -> Result<T> {
    LiveWorkflow* const workflow = shard.workflows().find(id);
    if (workflow == nullptr) return no_such_workflow(id);
    return shard.decider().guard(*workflow, [&] { return call(shard, *workflow); });
  });
}

template <class T>
Result<T> LocalOrchestrator::ask_workflow(const std::string& id,
                                          std::move_only_function<Result<T>(Shard&, LiveWorkflow&)> call) {
  if (Result<void> given = check_given(id); !given) return std::unexpected(std::move(given.error()));
  return ask<T>(shard_of(id), [&](Shard& shard) -> Result<T> {
    const Result<LiveWorkflow*> workflow = shard.recovery().load_one(id);
    if (!workflow) return std::unexpected(workflow.error());
    if (*workflow == nullptr) return no_such_workflow(id);
    return shard.decider().guard(**workflow, [&] { return call(shard, **workflow); });
  });
}

}  // namespace pawl
