#include "pawl/types.h"

#include <array>
#include <span>

namespace pawl {
namespace {

constexpr std::array<std::string_view, 6> kWorkflowStates = {"pending",   "running", "paused",
                                                             "completed", "failed",  "cancelled"};
constexpr std::array<std::string_view, 6> kPhases = {"none",      "awaiting_approval", "queued",
                                                     "executing", "compensating",      "cancelling"};
constexpr std::array<std::string_view, 7> kTaskStates = {"pending", "running",   "completed",  "failed",
                                                         "skipped", "cancelled", "compensated"};
constexpr std::array<std::string_view, 4> kCompensationStates = {"none", "compensating", "completed", "failed"};
constexpr std::array<std::string_view, 4> kPriorities = {"low", "normal", "high", "critical"};
constexpr std::array<std::string_view, 2> kOnFailure = {"fail", "continue"};

template <class Enum>
std::optional<Enum> parse(std::string_view text, std::span<const std::string_view> names) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == text) return static_cast<Enum>(i);
  return std::nullopt;
}

}  // namespace

std::string_view to_string(WorkflowState state) { return kWorkflowStates[static_cast<std::size_t>(state)]; }
std::string_view to_string(Phase phase) { return kPhases[static_cast<std::size_t>(phase)]; }
std::string_view to_string(TaskState state) { return kTaskStates[static_cast<std::size_t>(state)]; }
std::string_view to_string(CompensationState state) { return kCompensationStates[static_cast<std::size_t>(state)]; }
std::string_view to_string(Priority priority) { return kPriorities[static_cast<std::size_t>(priority)]; }
std::string_view to_string(OnFailure on_failure) { return kOnFailure[static_cast<std::size_t>(on_failure)]; }

std::optional<WorkflowState> parse_workflow_state(std::string_view text) {
  return parse<WorkflowState>(text, kWorkflowStates);
}
std::optional<Priority> parse_priority(std::string_view text) { return parse<Priority>(text, kPriorities); }

}  // namespace pawl
