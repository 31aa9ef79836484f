// A walk through the workflows of a shard, so many a turn, so that its work goes on in between.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "orchestrator/shard_ask.h"

namespace pawl::operations {

// At 0.1 us each a turn is not noticed.
inline constexpr std::size_t kWorkflowsATurn = 4096;

// From the newest to the oldest that are sound and were created before `from`. `visit`, a bool(const core::Workflow&),
// is called on the shard's thread, with what it is at that moment, and returns false to stop. What is found may not be
// durable: until_durable() is to follow. What is created meanwhile is not visited, unless the wall clock was set back.
// Error: `unavailable` if the shard went down meanwhile.
template <class Visit>
Steps<void> walk(const Call& call, Shard& shard, CreationIndex::Entry from, Visit visit) {
  std::optional<CreationIndex::Entry> next = from;
  std::optional<std::uint64_t> life;  // in another one its workflows have other places
  while (next) {
    Result<void> looked = co_await ask_at_once<void>(call, shard, [&](Shard& there) -> Result<void> {
      if (life.value_or(there.commits().life()) != there.commits().life())
        return fail(ErrorCode::unavailable, "a part of the engine was restarted meanwhile; try again");
      life = there.commits().life();
      next = there.workflows().visit_newest(*next, kWorkflowsATurn, [&](const LiveWorkflow& workflow) {
        return workflow.broken || visit(workflow.state);
      });
      return {};
    });
    if (!looked) co_return std::unexpected(std::move(looked.error()));
  }
  co_return Result<void>();
}

template <class Visit>
Steps<void> walk(const Call& call, Shard& shard, Visit visit) {
  return walk(call, shard, CreationIndex::end_of(Timestamp::max()), std::move(visit));
}

}  // namespace pawl::operations
