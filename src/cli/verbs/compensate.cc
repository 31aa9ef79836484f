// pawl compensate ID: what a stored workflow that has ended has done is undone.
#include <memory>
#include <string>
#include <vector>

#include "pawl/engine.h"

#include "cli/cli.h"
#include "cli/continue_workflow.h"

namespace pawl::cli {
namespace {

constexpr const char* kCompensateHelp =
    "  pawl compensate monday --data-dir data\n"
    "  pawl compensate monday book-hotel book-flight --data-dir data\n"
    "\n"
    "Tasks that have completed and have a compensation are undone, the latest first, one after another. One that\n"
    "cannot be undone is a dead letter and stops none of the others. The workflow ends in the state it had before.\n"
    "\n"
    "Its output is that of pawl run. Exit codes: 0 all is undone, 1 something could not be, or its state does\n"
    "not allow it, 2 bad usage, no such workflow or task, 4 unavailable, or ended by SIGTERM.";

}  // namespace

void add_compensate(Verb& program) {
  Verb verb = program.add_verb("compensate", "Undo what an ended workflow has done");
  const auto arguments = std::make_shared<ContinueArguments>();
  const auto tasks = std::make_shared<std::vector<std::string>>();
  add_workflow_id(verb, *arguments);
  verb.add("TASK", *tasks, "Completed tasks to undo (default: all that can be undone)");
  add_continue_options(verb, *arguments);
  verb.teaches(kCompensateHelp);
  verb.on_call([arguments, tasks] {
    const std::string& id = arguments->target.id;
    const auto compensate = [&](Engine& stored) { return stored.compensation().compensate_workflow(id, *tasks); };
    return continue_workflow(*arguments, change_of(id, compensate), exit_code_of_compensation);
  });
}

}  // namespace pawl::cli
