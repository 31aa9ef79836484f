// What to say of a command's result in which only the end of its output is kept.
#pragma once

#include <string>

#include "pawl/json_text.h"

namespace pawl::cli {

// "stdout cut: the last 131072 of 2000000 bytes are kept", the same of stderr behind "; ", or nothing.
[[nodiscard]] std::string describe_cut(const JsonText& result);

}  // namespace pawl::cli
