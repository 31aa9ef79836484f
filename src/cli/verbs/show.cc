// pawl show ID: a stored workflow as it is.
#include <cstdio>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/arguments.h"
#include "cli/cli.h"
#include "cli/open_data_dir.h"
#include "cli/view/view.h"
#include "cli/watch.h"

namespace pawl::cli {
namespace {

constexpr std::size_t kExplained = 20;

// Why it, and its tasks, wait, as far as that can be told of something that nobody runs.
std::string explain(Engine& engine, const WorkflowStatus& status, const std::string& data_dir) {
  std::string out = fmt::format("  {}\n", printable(nothing_runs(status, data_dir)));
  const auto reasons = engine.orchestrator().explain_workflow(status.id, kExplained);
  if (!reasons) return out;
  for (const Explanation& reason : *reasons) {
    // That a workflow runs is not what is wanted to know of one that nobody runs.
    if (reason.task.empty() && reason.code == "running") continue;
    out += fmt::format("  {}{}: {}\n", reason.compensation ? "the compensation of " : "",
                       reason.task.empty() ? "workflow" : printable(reason.task), printable(reason.text));
  }
  if (const std::size_t open = status.tasks_total - ended_tasks(status); open > kExplained)
    out += fmt::format("  ... and {} more tasks\n", open - kExplained);
  return out;
}

Result<int> show(Engine& engine, const Target& target) {
  const Result<WorkflowReport> found = engine.orchestrator().get_workflow(target.id);
  if (!found) return std::unexpected(found.error());
  print_report(*found, {.json = target.json()});
  if (!target.json() && !is_terminal(found->status.state)) put(stdout, explain(engine, found->status, target.data_dir));
  return kDone;
}

}  // namespace

void add_show(Verb& program) {
  Verb verb = program.add_verb("show", "Show one workflow of a data directory");
  const auto target = std::make_shared<Target>();
  add_workflow(verb, *target);
  add_output(verb, target->output, "human: a summary, and why it waits; json: the document that pawl run prints");
  verb.teaches(
      "  pawl show monday --data-dir data\n"
      "  pawl show monday --data-dir data --output json | jq .tasks");
  target->reads = true;
  verb.on_call([target] { return in_directory(*target, [&](Engine& engine) { return show(engine, *target); }); });
}

}  // namespace pawl::cli
