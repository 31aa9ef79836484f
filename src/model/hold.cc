#include "model/hold.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"
#include "base/time.h"

namespace pawl {

std::string describe(const Hold& hold) {
  PAWL_ASSERT(hold.reason != nullptr, "a hold without a reason, key {}", in_quotes(hold.key));
  std::string text = fmt::format(fmt::runtime(hold.reason->text), in_quotes(hold.key));
  if (hold.until) return text + fmt::format(" until {}", format_time(*hold.until));
  if (!hold.state.empty()) text += fmt::format(" and is {}", hold.state);
  return text;
}

}  // namespace pawl
