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
    "Failed, cancelled and compensated tasks, and what was skipped for their sake, get another go, with fresh "
    "attempts;\n"
    "completed ones are not run again, and a failure that was allowed (allow_failure) stands. If only the output "
    "could\n"
    "not be evaluated, that is done again. A workflow that has completed is not retried: rerun it from a task.\n";

}  // namespace

void add_retry(Verb& program) {
  Verb verb = program.add_verb("retry", "Make an ended workflow go on: all that did not complete is run again");
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
