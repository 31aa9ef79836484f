#include "cli/view/event_text.h"

#include <optional>

#include <fmt/format.h>

#include "cli/view/cut_output.h"
#include "cli/view/view.h"

namespace pawl::cli {
namespace {

std::string describe_workflow(const WorkflowEvent& event) {
  if (event.type == "workflow_stopping")
    return fmt::format("stopping ({}): {}", printable(event.text), message_of(event.error));
  if (event.type == "workflow_compensating" && event.text == "rerun")
    return "compensating: what is run again is undone first";
  if (event.type == "workflow_compensating")
    return fmt::format("compensating: what has completed is undone, then it is {}", printable(event.text));
  if (event.type == "workflow_revived")
    return event.text == "rerun" ? "reopened: it runs again from a task" : "reopened: what did not complete runs again";
  if (event.type == "compensation_registered") return "a compensation was registered";
  if (event.type == "workflow_restored") return fmt::format("restored: it is as {} has it", printable(event.text));
  return std::string(event.type.substr(std::string_view("workflow_").size()));
}

}  // namespace

std::string EventFormatter::describe(const WorkflowEvent& event) {
  constexpr std::string_view kTask = "task_";
  constexpr std::string_view kCompensation = "compensation_";
  if (event.task.empty() || event.type.starts_with("workflow_")) return describe_workflow(event);
  if (event.type.starts_with(kTask)) return describe_attempt(event.type.substr(kTask.size()), event.task, event);
  if (event.type.starts_with(kCompensation))
    return "compensation " + describe_attempt(event.type.substr(kCompensation.size()), "undo " + event.task, event);
  return fmt::format("dead letter{} discarded: {}", event.compensation ? " of its compensation" : "",
                     printable(event.text));
}

std::string EventFormatter::describe_attempt(std::string_view what, const std::string& whose,
                                             const WorkflowEvent& event) {
  if (what == "started") {
    started_[whose] = event.at;
    return fmt::format("started{}", event.attempt > 1 ? fmt::format(" (attempt {})", event.attempt) : "");
  }
  if (what == "completed") {
    const auto started = started_.find(whose);
    const std::string cut = describe_cut(event.result);
    return fmt::format(
        "completed{}{}{}",
        started == started_.end() ? "" : fmt::format(" in {}", short_duration(event.at - started->second)),
        cut.empty() ? "" : "; ", cut);
  }
  if (what == "failed") return fmt::format("failed: {}", message_of(event.error));
  if (what == "retry_scheduled")
    return fmt::format("attempt {} failed: {}; next one in {}", event.attempt, message_of(event.error),
                       short_duration(event.due - event.at));
  if (what == "retry_due") return "next attempt due";
  if (what == "skipped") return fmt::format("skipped ({})", printable(event.text));
  if (what == "held")
    return event.due > event.at
               ? fmt::format("held: its circuit breaker is open for another {}", short_duration(event.due - event.at))
               : std::string("held: its circuit breaker is open");
  if (what == "released") return "released: its circuit breaker may let it through";
  if (what == "interrupted")
    return fmt::format("attempt {} was interrupted: the process {}; it is made again", event.attempt,
                       printable(event.text));
  if (what == "output") return fmt::format("{} {}", event.is_stderr ? "!" : "|", printable(event.text));
  if (what == "progress") return fmt::format("{:.0f} % {}", event.progress * 100, printable(event.text));
  return std::string(what);
}

bool waits_for_process(const Definition& definition, const WorkflowEvent& event) {
  const bool is_task = event.type == "task_retry_scheduled";
  if (!is_task && event.type != "compensation_retry_scheduled") return false;
  const std::optional<TaskIndex> task = definition.find_task(event.task);
  if (!task) return false;
  const std::optional<ActionId> action = is_task ? ActionId(*task) : definition.compensation_of(*task);
  if (!action || definition.handler(*action).module != "exec") return false;
  const Json error = event.error.parse();
  const Json* const code = error.is_object() ? error.get_object().if_contains("code") : nullptr;
  return code != nullptr && *code == "timeout";
}

std::string subject_of(const WorkflowEvent& event) { return event.task.empty() ? "workflow" : printable(event.task); }

}  // namespace pawl::cli
