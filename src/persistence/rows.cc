#include "persistence/rows.h"

#include <utility>

namespace pawl {

Result<void> Rows::scan(Space space, const KeyRange& range, Order order,
                        const std::function<bool(std::string_view key, std::string_view value)>& visit) {
  if (!range.to.empty() && range.from >= range.to) return {};
  Result<std::unique_ptr<RowCursor>> made = new_cursor(space, range);
  if (!made) return std::unexpected(std::move(made.error()));
  RowCursor& row = **made;
  const bool ascending = order == Order::ascending;
  for (ascending ? row.first() : row.last(); row.valid(); ascending ? row.next() : row.previous())
    if (!visit(row.key(), row.value())) return {};
  return row.status();
}

}  // namespace pawl
