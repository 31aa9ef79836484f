#include "orchestrator/operation.h"

#include <algorithm>

namespace pawl {

std::string_view to_string(HttpMethod method) {
  switch (method) {
    case HttpMethod::get:
      return "GET";
    case HttpMethod::put:
      return "PUT";
    case HttpMethod::post:
      return "POST";
    case HttpMethod::del:
      return "DELETE";
  }
  return "";
}

OperationTable::OperationTable(std::vector<OperationRow> rows) : rows_(std::move(rows)) {
  for (const OperationRow& row : rows_) by_type_.emplace(row.type, &row);
}

const OperationRow* OperationTable::find(const Request& request) const {
  if (const auto found = by_type_.find(&request.type()); found != by_type_.end()) return found->second;
  const auto row = std::ranges::find_if(rows_, [&](const OperationRow& each) { return *each.type == request.type(); });
  return row == rows_.end() ? nullptr : &*row;
}

}  // namespace pawl
