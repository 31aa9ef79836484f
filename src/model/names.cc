#include <array>

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

std::span<const std::string_view> event_names() {
  static constexpr std::array<std::string_view, std::variant_size_v<Event>> kNames = {
      "workflow_created",     "workflow_redefined", "workflow_queued",       "workflow_started",
      "workflow_paused",      "workflow_resumed",   "workflow_stopping",     "workflow_completed",
      "workflow_failed",      "workflow_cancelled", "task_started",          "task_completed",
      "task_retry_scheduled", "task_retry_due",     "task_failed",           "task_skipped",
      "task_cancelled",       "task_interrupted",   "workflow_restored",     "task_held",
      "task_released",        "workflow_revived",   "workflow_compensating", "compensation_registered",
      "dead_letter_discarded"};
  return kNames;
}

std::string_view name_of(const Event& event) { return event_names()[event.index()]; }

}  // namespace pawl
