#include <algorithm>
#include <optional>
#include <ranges>

#include <fmt/format.h>

#include "cli/view/cut_output.h"
#include "cli/view/output_lines.h"
#include "cli/view/terminal.h"
#include "cli/view/view.h"

namespace pawl::cli {
namespace {

constexpr std::size_t kSlowestShown = 5;
constexpr std::size_t kPathShown = 12;
constexpr std::size_t kFailuresShown = 10;
constexpr std::size_t kCutsShown = 5;
constexpr std::size_t kErrorLinesShown = 20;

using std::chrono::microseconds;

microseconds duration_of(const TaskReport& task) {
  if (!task.started_at || !task.completed_at) return microseconds(0);
  return *task.completed_at - *task.started_at;
}

// The one of `tasks` that ended last, among those that an attempt was made at.
std::optional<TaskIndex> ended_last(const WorkflowReport& report, std::ranges::input_range auto&& tasks) {
  std::optional<TaskIndex> last;
  for (const TaskIndex task : tasks) {
    const TaskReport& candidate = report.tasks[task];
    if (!candidate.started_at || !candidate.completed_at) continue;
    if (!last || *candidate.completed_at > *report.tasks[*last].completed_at) last = task;
  }
  return last;
}

// What the end waited for: the task that ended last, of those it depends on the one that ended last, and so on.
std::vector<TaskIndex> critical_path(const WorkflowReport& report) {
  std::vector<TaskIndex> path;
  for (auto task = ended_last(report, std::views::iota(TaskIndex{0}, report.definition->task_count())); task;
       task = ended_last(report, report.definition->dependencies(*task)))
    path.push_back(*task);
  std::ranges::reverse(path);
  return path;
}

std::string member_text(const Json& error, std::string_view member) {
  const Json* const found = error.is_object() ? error.get_object().if_contains(member) : nullptr;
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

// The last lines of what a failed process wrote, indented.
std::string last_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(shorten(printable(text.substr(0, end)), kMessageColumns));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  std::string out;
  const std::size_t first = lines.size() > kErrorLinesShown ? lines.size() - kErrorLinesShown : 0;
  for (std::size_t i = first; i < lines.size(); ++i) out += fmt::format("      {}\n", lines[i]);
  return out;
}

std::string describe_failures(const WorkflowReport& report, const Palette& colours) {
  std::string out;
  std::size_t shown = 0;
  const Definition& definition = *report.definition;
  for (const ActionId action : definition.actions()) {
    const TaskReport& task = report.action(action);
    if (task.state != TaskState::failed || shown++ >= kFailuresShown) continue;
    const Json error = task.error.parse();
    out += fmt::format("  {}{}{}{} failed after {} attempt{}: {}\n", action.undo ? "the compensation of " : "",
                       colours.red, printable(definition.task_id(action.task)), colours.reset, task.attempt,
                       task.attempt == 1 ? "" : "s", message_of(task.error));
    out += last_lines(member_text(error, "stderr"));
  }
  if (shown > kFailuresShown) out += fmt::format("  ... and {} more\n", shown - kFailuresShown);
  return out;
}

// Of whose output something is missing in the report.
std::string describe_cuts(const WorkflowReport& report) {
  std::string out;
  std::size_t count = 0;
  for (const ActionId action : report.definition->actions()) {
    const std::string cut = describe_cut(report.action(action).result);
    if (!cut.empty() && count++ < kCutsShown)
      out += fmt::format("  {}: {}\n", printable(report.definition->task_id(action.task)), cut);
  }
  if (count > kCutsShown) out += fmt::format("  ... and {} more whose output is cut\n", count - kCutsShown);
  return out;
}

std::string describe_slowest(const WorkflowReport& report) {
  std::vector<TaskIndex> tasks;
  for (TaskIndex task = 0; task < report.tasks.size(); ++task)
    if (duration_of(report.tasks[task]) > microseconds(0)) tasks.push_back(task);
  const std::size_t shown = std::min(tasks.size(), kSlowestShown);
  std::ranges::partial_sort(tasks, tasks.begin() + static_cast<std::ptrdiff_t>(shown), std::greater<>(),
                            [&](TaskIndex task) { return duration_of(report.tasks[task]); });
  std::string out;
  for (std::size_t i = 0; i < shown; ++i)
    out += fmt::format("{}{} {}", i == 0 ? "" : ", ", printable(report.definition->task_id(tasks[i])),
                       short_duration(duration_of(report.tasks[tasks[i]])));
  return out;
}

std::string describe_path(const WorkflowReport& report) {
  const std::vector<TaskIndex> path = critical_path(report);
  if (path.empty()) return {};
  std::string out;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (i == kPathShown) return out + fmt::format(" > ... ({} more)", path.size() - i);
    const TaskReport& task = report.tasks[path[i]];
    out += fmt::format("{}{}", i == 0 ? "" : " > ", printable(report.definition->task_id(path[i])));
    if (task.attempt > 1) out += fmt::format(" ({} attempts)", task.attempt);
  }
  return out;
}

// As much of the output as a screen can use.
std::string describe_output(const WorkflowReport& report, std::size_t columns) {
  constexpr std::string_view kTitle = "  output         ";
  const OutputLines shown =
      output_lines(report.output.parse(), columns, columns - std::min(columns - 1, kTitle.size()));
  std::string out(kTitle);
  for (const std::string& line : shown.lines) out += line + "\n";
  if (shown.is_cut)
    out += fmt::format("  ... of {} bytes; --output json prints all that is kept\n", report.output.view().size());
  return out;
}

std::string describe_counts(const WorkflowStatus& status) {
  std::string out = fmt::format("{} of {} tasks completed", status.tasks_completed, status.tasks_total);
  if (status.tasks_failed > 0) out += fmt::format(", {} failed", status.tasks_failed);
  if (status.tasks_skipped > 0) out += fmt::format(", {} skipped", status.tasks_skipped);
  if (status.tasks_cancelled > 0) out += fmt::format(", {} cancelled", status.tasks_cancelled);
  if (status.tasks_compensated > 0) out += fmt::format(", {} compensated", status.tasks_compensated);
  return out;
}

}  // namespace

std::uint32_t ended_tasks(const WorkflowStatus& status) {
  return status.tasks_completed + status.tasks_failed + status.tasks_skipped + status.tasks_cancelled +
         status.tasks_compensated;
}

std::string headline(const WorkflowStatus& status, bool colour) {
  const Palette colours = palette(colour);
  const std::string_view state_colour = status.state == WorkflowState::completed ? colours.green
                                        : status.state == WorkflowState::failed  ? colours.red
                                                                                 : colours.yellow;
  std::string out = fmt::format("{}{}{} {}{}{}", colours.bold, printable(status.name), colours.reset, state_colour,
                                to_string(status.state), colours.reset);
  if (status.started_at && status.completed_at)
    out += fmt::format(" in {}", short_duration(*status.completed_at - *status.started_at));
  return out + fmt::format(": {} ({})\n", describe_counts(status), printable(status.id));
}

SummaryStyle summary_style(std::FILE* out) { return {.colour = takes_colours(out), .columns = line_columns(out)}; }

std::string summarise(const WorkflowReport& report, SummaryStyle style) {
  const WorkflowStatus& status = report.status;
  std::string out = headline(status, style.colour);
  // A task's failure is told below, with what it wrote.
  if (status.tasks_failed == 0 && !report.error.is_null()) out += fmt::format("  {}\n", message_of(report.error));
  out += describe_failures(report, palette(style.colour));
  out += describe_cuts(report);
  if (const std::string slowest = describe_slowest(report); !slowest.empty())
    out += fmt::format("  slowest        {}\n", slowest);
  if (const std::string path = describe_path(report); !path.empty()) out += fmt::format("  critical path  {}\n", path);
  if (status.state == WorkflowState::completed) out += describe_output(report, style.columns);
  return out;
}

}  // namespace pawl::cli
