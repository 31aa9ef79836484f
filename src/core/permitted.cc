#include "core/permitted.h"

#include <fmt/format.h>

namespace pawl::core {

std::unexpected<Error> refuse(const CommandRow& row, const Workflow& workflow) {
  return fail(row.refusal,
              fmt::format("cannot {}: workflow {} is {}", row.verb, workflow.id(), to_string(workflow.state)));
}

}  // namespace pawl::core
