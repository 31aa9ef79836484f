#include "cli/warnings.h"

#include <fmt/format.h>

#include "base/text.h"
#include "cli/cli.h"

namespace pawl::cli {

bool pass_warnings(const std::vector<Warning>& warnings, const std::string& file, WarningRules rules) {
  if (rules.quiet && !rules.strict) return true;
  for (const Warning& warning : warnings) note(describe_warning(warning, file));
  if (!rules.strict || warnings.empty()) return true;
  note(fmt::format("{}: refused: --strict treats warnings as errors", file));
  return false;
}

}  // namespace pawl::cli
