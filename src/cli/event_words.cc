#include "cli/event_words.h"

#include <fmt/format.h>

#include "cli/view.h"

namespace pawl::cli {
namespace {

std::string describe_workflow(const WorkflowEvent& event) {
  if (event.type == "workflow_stopping")
    return fmt::format("stopping ({}): {}", printable(event.text), message_of(event.error));
  if (event.type == "workflow_restored") return fmt::format("restored: it is as {} has it", printable(event.text));
  return std::string(event.type.substr(std::string_view("workflow_").size()));
}

}  // namespace

std::string EventWords::describe(const WorkflowEvent& event) {
  return event.task.empty() ? describe_workflow(event) : describe_task(event);
}

std::string EventWords::describe_task(const WorkflowEvent& event) {
  if (event.type == "task_started") {
    started_[event.task] = event.at;
    return fmt::format("started{}", event.attempt > 1 ? fmt::format(" (attempt {})", event.attempt) : "");
  }
  if (event.type == "task_completed") {
    const auto started = started_.find(event.task);
    return started == started_.end() ? "completed"
                                     : fmt::format("completed in {}", short_duration(event.at - started->second));
  }
  if (event.type == "task_failed") return fmt::format("failed: {}", message_of(event.error));
  if (event.type == "task_retry_scheduled")
    return fmt::format("attempt {} failed: {}; next one in {}", event.attempt, message_of(event.error),
                       short_duration(event.due - event.at));
  if (event.type == "task_retry_due") return "next attempt due";
  if (event.type == "task_skipped") return fmt::format("skipped ({})", printable(event.text));
  if (event.type == "task_cancelled") return "cancelled";
  if (event.type == "task_interrupted")
    return fmt::format("attempt {} was interrupted: the process {}; it is made again", event.attempt,
                       printable(event.text));
  if (event.type == "task_output") return fmt::format("{} {}", event.is_stderr ? "!" : "|", printable(event.text));
  if (event.type == "task_progress") return fmt::format("{:.0f} % {}", event.progress * 100, printable(event.text));
  return std::string(event.type);
}

std::string subject_of(const WorkflowEvent& event) { return event.task.empty() ? "workflow" : printable(event.task); }

}  // namespace pawl::cli
