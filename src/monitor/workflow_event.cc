#include "monitor/workflow_event.h"

#include <variant>

namespace pawl {
namespace {

// The parts of an event that WorkflowEvent has a place for; each alternative has some of them.
void fill(WorkflowEvent& out, const Definition& definition, const auto& happened) {
  if constexpr (requires { happened.at; }) out.at = happened.at;
  if constexpr (requires { happened.task; }) out.task = definition.task_id(happened.task);
  if constexpr (requires { happened.attempt; }) out.attempt = happened.attempt;
  if constexpr (requires { happened.error; }) out.error = happened.error;
  if constexpr (requires { happened.result; }) out.result = happened.result;
  if constexpr (requires { happened.output; }) out.result = happened.output;
  if constexpr (requires { happened.reason; }) out.text = to_string(happened.reason);
  if constexpr (requires { happened.snapshot; }) out.text = happened.snapshot;
  if constexpr (requires { happened.crashed; }) out.text = happened.crashed ? "crashed" : "stopped";
  if constexpr (requires { happened.due; }) out.due = happened.due;
}

}  // namespace

WorkflowEvent to_workflow_event(const WorkflowFacts& facts, const Event& event, Timestamp otherwise) {
  WorkflowEvent told{.type = name_of(event), .at = otherwise, .workflow = facts.id.text()};
  std::visit([&](const auto& happened) { fill(told, *facts.definition, happened); }, event);
  return told;
}

}  // namespace pawl
