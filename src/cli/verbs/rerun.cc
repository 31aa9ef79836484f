// pawl rerun ID: a task of a stored workflow that has ended is run again, and all that depends on it.
#include <memory>
#include <string>

#include "pawl/engine.h"

#include "cli/cli.h"
#include "cli/continue_workflow.h"

namespace pawl::cli {
namespace {

constexpr const char* kRerunHelp =
    "  pawl rerun monday --from load --data-dir data\n"
    "  pawl rerun monday --from load --undo-first --data-dir data\n"
    "\n"
    "A completed task with a compensation is undone once for each time that it completed. With --undo-first that\n"
    "happens before it runs again (if an undo fails for good, nothing runs again); otherwise when the workflow is\n"
    "compensated, the latest completion first.\n";

}  // namespace

void add_rerun(Verb& program) {
  Verb verb = program.add_verb("rerun", "Run a task of an ended workflow again, and all that depends on it");
  const auto arguments = std::make_shared<ContinueArguments>();
  const auto from = std::make_shared<std::string>();
  const auto options = std::make_shared<RerunOptions>();
  add_workflow_id(verb, *arguments);
  verb.add("--from", *from, "The task, in whatever state it ended").required().not_empty();
  verb.add_flag("--undo-first", options->undo_first, "Undo completed tasks before they run again");
  add_continue_options(verb, *arguments);
  teach_continuing(verb, kRerunHelp);
  verb.on_call([arguments, from, options] {
    const std::string& id = arguments->target.id;
    const auto rerun = [&](Engine& stored) { return stored.orchestrator().rerun_workflow(id, *from, *options); };
    return continue_workflow(*arguments, change_of(id, rerun));
  });
}

}  // namespace pawl::cli
