#include "persistence/volatile_store.h"

#include <fmt/format.h>

#include "base/text.h"

namespace pawl {
namespace {

std::unexpected<Error> nothing_kept(std::string_view what, std::string_view id) {
  return fail(ErrorCode::not_found, fmt::format("there is no {} {}: persistence is off", what, in_quotes(id)));
}

}  // namespace

Result<StoredWorkflow> VolatileStore::read_workflow(std::string_view id) { return nothing_kept("workflow", id); }

Result<StoredSummary> VolatileStore::read_summary(std::string_view id) { return nothing_kept("workflow", id); }

Result<void> VolatileStore::scan_history(std::string_view id, std::uint64_t, std::size_t,
                                         const std::function<bool(const StoredRun&)>&) {
  return nothing_kept("history of", id);
}

Result<std::unique_ptr<Removal>> VolatileStore::plan_removal(std::string_view id) {
  return nothing_kept("workflow", id);
}

Result<void> VolatileStore::backup(const std::string&) {
  return fail(ErrorCode::invalid_state, "there is nothing to back up: persistence is off");
}

}  // namespace pawl
