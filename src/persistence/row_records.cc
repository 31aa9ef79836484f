// The records in a RowStore: rows as their owners have encoded them (model/records/).
#include <optional>
#include <string>

#include "persistence/keys.h"
#include "persistence/record_rows.h"
#include "persistence/row_store.h"

namespace pawl {

RowPlace place_of(RecordKind kind) {
  switch (kind) {
    case RecordKind::definition:
      return {.space = Space::definitions, .prefix = {}};
    case RecordKind::snapshot:
      return {.space = Space::snapshots, .prefix = {}};
    case RecordKind::policy:
      return {.space = Space::policies, .prefix = {}};
    case RecordKind::breaker:
    case RecordKind::audit:
      break;
  }
  return {.space = Space::policies, .prefix = keys::records(kind)};
}

std::optional<RecordKind> kind_of_row(Space space, std::string_view key) {
  switch (space) {
    case Space::definitions:
      return RecordKind::definition;
    case Space::snapshots:
      return RecordKind::snapshot;
    case Space::policies:
      break;
    default:
      return std::nullopt;
  }
  if (key.empty() || key.front() != '\0') return RecordKind::policy;
  for (const RecordKind kind : {RecordKind::breaker, RecordKind::audit})
    if (const std::string prefix = keys::records(kind); key.starts_with(prefix) && key.size() > prefix.size())
      return kind;
  return std::nullopt;
}

void RowStore::add_record(const RecordChange& change, RowBatch& rows) {
  const RowPlace place = place_of(change.kind);
  const std::string key = place.prefix + change.key;
  if (change.value) {
    rows.put(place.space, key, *change.value);
  } else {
    rows.remove(place.space, key);
  }
}

Result<std::optional<std::string>> RowStore::read_record(RecordKind kind, std::string_view key) {
  const RowPlace place = place_of(kind);
  return rows_->get(place.space, place.prefix + std::string(key));
}

Result<void> RowStore::scan_records(RecordKind kind, std::string_view prefix,
                                    const std::function<bool(std::string_view key, std::string_view value)>& visit) {
  const RowPlace place = place_of(kind);
  const std::string begin = place.prefix + std::string(prefix);
  return rows_->scan(place.space, {.from = begin, .to = {}}, Order::ascending,
                     [&](std::string_view key, std::string_view value) {
                       if (!key.starts_with(begin)) return false;
                       // Policies have no prefix of their own, and others lie beside them.
                       if (kind_of_row(place.space, key) != kind) return true;
                       return visit(key.substr(place.prefix.size()), value);
                     });
}

}  // namespace pawl
