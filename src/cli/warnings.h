// Warnings about definitions and inputs, as the verbs that read them print them.
#pragma once

#include <string>
#include <vector>

#include "pawl/definition.h"

namespace pawl::cli {

// Prints each on standard error. With `strict` they refuse `file`: says so, and returns false, if there are any.
bool pass_warnings(const std::vector<Warning>& warnings, const std::string& file, bool strict);

}  // namespace pawl::cli
