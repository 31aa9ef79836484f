#include <array>

#include <fmt/format.h>

#include "model/action.h"
#include "model/event.h"

namespace pawl {

std::string_view to_string(StopReason reason) {
  constexpr std::array<std::string_view, 5> kNames = {"none", "task_failed", "failed_by_request", "timed_out",
                                                      "cancelled"};
  return kNames[static_cast<std::size_t>(reason)];
}

std::string_view to_string(SkipReason reason) {
  constexpr std::array<std::string_view, 3> kNames = {"condition", "upstream", "request"};
  return kNames[static_cast<std::size_t>(reason)];
}

std::string to_string(ActionId action) {
  return fmt::format("{} {}", action.undo ? "undo" : "task", TaskIndex{action.task});
}

}  // namespace pawl
