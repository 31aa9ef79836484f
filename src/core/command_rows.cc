#include "core/command_rows.h"

#include <fmt/format.h>

namespace pawl::core {

std::unexpected<Error> refuse(const CommandRow& row, const Workflow& workflow) {
  if (workflow.event_count == 0) return fail(row.refusal, fmt::format("cannot {}: it was never created", row.verb));
  return fail(row.refusal,
              fmt::format("cannot {}: workflow {} is {}", row.verb, workflow.id(), to_string(workflow.state)));
}

}  // namespace pawl::core
