#include "monitor/workflow_event.h"

#include <optional>
#include <variant>

#include <fmt/format.h>

#include "model/event_rows.h"

namespace pawl {
namespace {

// Of a definition that has been exchanged since, not all tasks may be known any more.
std::string id_of(const Definition& definition, TaskIndex task) {
  if (task < definition.task_count()) return std::string(definition.task_id(task));
  return fmt::format("task number {}", task);
}

// The parts of an event that WorkflowEvent has a place for; each alternative has some of them.
void fill(WorkflowEvent& out, const Definition& definition, const auto& happened) {
  if constexpr (requires { happened.at; }) out.at = happened.at;
  if constexpr (requires { happened.action; }) out.task = id_of(definition, happened.action.task);
  if constexpr (requires { happened.task; }) out.task = id_of(definition, happened.task);
  if constexpr (requires { happened.attempt; }) out.attempt = happened.attempt;
  if constexpr (requires { happened.error; }) out.error = happened.error;
  if constexpr (requires { happened.result; }) out.result = happened.result;
  if constexpr (requires { happened.output; }) out.result = happened.output;
  if constexpr (requires { to_string(happened.reason); }) {
    out.text = to_string(happened.reason);
  } else if constexpr (requires { happened.reason; }) {
    out.text = happened.reason;
  }
  if constexpr (requires { happened.snapshot; }) out.text = happened.snapshot;
  if constexpr (requires { happened.crashed; }) out.text = happened.crashed ? "crashed" : "stopped";
  if constexpr (requires { happened.due; }) out.due = happened.due;
  if constexpr (requires { happened.policy_version; }) out.policy_version = happened.policy_version;
  if constexpr (requires { happened.end; }) out.text = to_string(happened.end);
  if constexpr (requires { happened.start; })
    if (happened.start) out.task = id_of(definition, *happened.start);
  if constexpr (requires { happened.start; }) out.text = happened.rerun ? "rerun" : "retry";
  // Undone first, it is rerun from this task; what it had ended as is no news then.
  if constexpr (requires { *happened.rerun; }) {
    if (!happened.rerun) return;
    out.task = id_of(definition, *happened.rerun);
    out.text = "rerun";
  }
}

}  // namespace

bool is_of_compensation(const Event& event) {
  const std::optional<ActionId> action = action_of(event);
  return action && action->undo;
}

WorkflowEvent to_workflow_event(const WorkflowFacts& facts, const Event& event, Timestamp otherwise) {
  WorkflowEvent told{.type = name_of(event), .at = otherwise, .workflow = facts.id.text()};
  std::visit([&](const auto& happened) { fill(told, *facts.definition, happened); }, event);
  told.compensation = is_of_compensation(event);
  if (told.compensation && !row_of(event).compensation.empty()) told.type = row_of(event).compensation;
  return told;
}

}  // namespace pawl
