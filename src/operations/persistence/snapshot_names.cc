#include "operations/persistence/snapshot_names.h"

#include <fmt/format.h>

#include "base/text.h"
#include "persistence/records.h"

namespace pawl::operations {
namespace {

struct SnapshotName {
  std::string workflow;
  std::string id;
};

Result<SnapshotName> parse_snapshot(const std::string& name) {
  const std::size_t at = name.rfind('@');
  if (at == std::string::npos || at == 0 || at + 1 == name.size())
    return fail(ErrorCode::not_found,
                fmt::format("{} is not a snapshot: its name is <workflow>@<number>", in_quotes(name)));
  return SnapshotName{.workflow = name.substr(0, at), .id = name.substr(at + 1)};
}

}  // namespace

std::string name_of(const StoredSnapshot& snapshot) { return snapshot.workflow + "@" + snapshot.id; }

Result<StoredSnapshot> read_snapshot(Node& node, const std::string& snapshot) {
  const Result<SnapshotName> name = parse_snapshot(snapshot);
  if (!name) return std::unexpected(name.error());
  Result<StoredSnapshot> stored = stored_snapshot(*node.store(), name->workflow, name->id);
  if (!stored && stored.error().code == ErrorCode::not_found)
    return fail(ErrorCode::not_found, fmt::format("there is no snapshot {}", in_quotes(snapshot)));
  return stored;
}

}  // namespace pawl::operations
