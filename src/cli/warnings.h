// Warnings about definitions and inputs, as the verbs that read them print them.
#pragma once

#include <string>
#include <vector>

#include "pawl/definition.h"

namespace pawl::cli {

struct WarningRules {
  bool strict = false;  // they refuse the file
  bool quiet = false;   // they are not printed, unless they refuse it
};

// Prints each on standard error. If they refuse `file`, says so and returns false.
bool pass_warnings(const std::vector<Warning>& warnings, const std::string& file, WarningRules rules);

}  // namespace pawl::cli
