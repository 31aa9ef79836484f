#include "orchestrator/shard_ask.h"

#include <fmt/format.h>

#include "base/text.h"

namespace pawl {

std::unexpected<Error> no_such_workflow(const std::string& id) {
  return fail(ErrorCode::not_found, fmt::format("there is no workflow {}", in_quotes(id)));
}

std::unexpected<Error> no_such_task(const std::string& workflow, const std::string& task) {
  return fail(ErrorCode::not_found, fmt::format("workflow {} has no task {}", in_quotes(workflow), in_quotes(task)));
}

Result<void> check_given(const std::string& id, const char* field) {
  if (!id.empty()) return {};
  return fail(ErrorCode::invalid_argument, "it is empty", field);
}

Result<void> check_caller(const Call& call) {
  if (call.may_wait) [[likely]]
    return {};
  return fail(ErrorCode::invalid_state,
              "the engine must not be called from a non-blocking handler or an event's callback: it would wait for "
              "itself; register the handler as blocking, or call with a callback");
}

std::unexpected<Error> outdated_each_time(const std::string& id) {
  return fail(ErrorCode::unavailable,
              fmt::format("workflow {} came and went each time while it was read; try again", in_quotes(id)));
}

Steps<void> until_all_durable(const Call& call) {
  for (const auto& shard : call.node.shards()) {
    Result<void> durable = co_await until_durable(call, *shard);
    if (!durable) co_return durable;
  }
  co_return Result<void>();
}

bool concerns_it_alone(const Error& error) {
  return error.code == ErrorCode::not_found || error.code == ErrorCode::invalid_state ||
         error.code == ErrorCode::corruption;
}

}  // namespace pawl
