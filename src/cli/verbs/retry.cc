// pawl retry ID: a stored workflow that has ended gets another go at what did not complete.
#include <memory>
#include <string>

#include "pawl/engine.h"

#include "cli/cli.h"
#include "cli/continue_workflow.h"

namespace pawl::cli {
namespace {

constexpr const char* kRetryHelp =
    "  pawl retry monday --data-dir data\n"
    "\n"
    "Failed, cancelled and compensated tasks, and the tasks skipped because of them, run again with fresh attempts.\n"
    "Completed tasks do not run again, and a failure that was allowed (allow_failure) stands. If only the output\n"
    "could not be evaluated, it is evaluated again. A completed workflow cannot be retried: rerun it from a task.\n";

}  // namespace

void add_retry(Verb& program) {
  Verb verb = program.add_verb("retry", "Reopen an ended workflow, and run again what did not complete");
  const auto arguments = std::make_shared<ContinueArguments>();
  add_workflow_id(verb, *arguments);
  add_continue_options(verb, *arguments);
  teach_continuing(verb, kRetryHelp);
  verb.on_call([arguments] {
    const std::string& id = arguments->target.id;
    return continue_workflow(*arguments,
                             change_of(id, [&](Engine& stored) { return stored.orchestrator().retry_workflow(id); }));
  });
}

}  // namespace pawl::cli
