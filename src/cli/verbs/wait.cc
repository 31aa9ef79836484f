// pawl wait ID: what became of a stored workflow.
#include <memory>

#include "pawl/engine.h"

#include "cli/arguments.h"
#include "cli/cli.h"
#include "cli/open_data_dir.h"
#include "cli/watch.h"

namespace pawl::cli {
namespace {

struct WaitArguments {
  Target target;
  ViewArguments view;  // `progress` is taken as by run; nothing runs that would be shown
};

Result<int> wait(Engine& engine, const WaitArguments& arguments) {
  const Target& target = arguments.target;
  const Result<WorkflowStatus> status = engine.orchestrator().get_workflow_status(target.id);
  if (!status) return std::unexpected(status.error());
  if (!is_terminal(status->state)) return fail(ErrorCode::unavailable, nothing_runs(*status, target.data_dir));
  const Result<WorkflowReport> found = engine.orchestrator().get_workflow(target.id);
  if (!found) return std::unexpected(found.error());
  return print_report(*found, {.json = target.json(), .quiet = arguments.view.quiet});
}

}  // namespace

void add_wait(Verb& program) {
  Verb verb = program.add_verb("wait", "Print the outcome of a workflow of a data directory");
  const auto arguments = std::make_shared<WaitArguments>();
  add_workflow(verb, arguments->target);
  add_view(verb, arguments->view);
  add_output(verb, arguments->target.output, "human: a summary; json: the document that pawl run prints");
  verb.teaches(
      "Prints the summary of a workflow that has ended, and exits as pawl run does. It runs nothing: if the workflow\n"
      "has not ended, it says so and exits with 4; pawl resume continues the workflow.\n"
      "\n"
      "  pawl wait monday --data-dir data --output json\n"
      "\n"
      "Exit codes: 0 completed, 1 failed, 2 bad usage or no such workflow, 3 cancelled or timed out, 4 not ended.");
  on_reading(verb, arguments, wait);
}

}  // namespace pawl::cli
