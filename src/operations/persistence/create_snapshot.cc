#include <fmt/format.h>

#include "base/text.h"
#include "core/stored_state.h"
#include "definition/checks.h"
#include "operations/persistence/operations.h"
#include "operations/persistence/snapshot_names.h"
#include "operations/reads.h"

namespace pawl::operations {

Steps<std::string> create_snapshot(Call call, request::CreateSnapshot request) {
  if (auto ok = definition::check_text(request.label, {"label"}); !ok)
    co_return std::unexpected(definition::to_error(std::move(ok.error())));
  StoredSnapshot snapshot{.id = call.node.new_id(),
                          .workflow = request.workflow,
                          .created_at = call.node.clock().wall(),
                          .label = request.label,
                          .state = {}};
  const Result<core::Workflow> state = co_await state_of(call, request.workflow);
  if (!state) co_return std::unexpected(state.error());
  snapshot.state = core::encode_state(*state);
  if (snapshot.state.empty() || snapshot.state.size() > core::kMostStateBytes)
    co_return fail(ErrorCode::limit_exceeded,
                   fmt::format("the state of workflow {} takes more than {} bytes, the limit",
                               in_quotes(request.workflow), core::kMostStateBytes));
  if (Result<void> kept = call.node.store()->put_snapshot(snapshot); !kept)
    co_return std::unexpected(std::move(kept.error()));
  co_return name_of(snapshot);
}

}  // namespace pawl::operations
