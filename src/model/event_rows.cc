#include "model/event_rows.h"

namespace pawl {

bool is_creation(const Event& event) { return std::holds_alternative<event::WorkflowCreated>(event); }

Timestamp time_of(const Event& event) {
  return std::visit([](const auto& happened) { return happened.at; }, event);
}

std::optional<ActionId> action_of(const Event& event) {
  return std::visit(
      [](const auto& happened) -> std::optional<ActionId> {
        if constexpr (requires { happened.action; }) return happened.action;
        if constexpr (requires { happened.task; }) return happened.task;
        return std::nullopt;
      },
      event);
}

std::optional<ActionId> started_action(const Event& event) {
  const auto* const started = std::get_if<event::TaskStarted>(&event);
  return started == nullptr ? std::nullopt : std::optional(started->action);
}

WorkflowFactsPtr facts_in(const Event& event) {
  return std::visit(
      [](const auto& happened) -> WorkflowFactsPtr {
        if constexpr (requires { happened.facts; }) return happened.facts;
        return nullptr;
      },
      event);
}

std::uint32_t policy_version_of(const Event& event) {
  return std::visit(
      [](const auto& happened) -> std::uint32_t {
        if constexpr (requires { happened.policy_version; }) return happened.policy_version;
        return 0;
      },
      event);
}

}  // namespace pawl
