// pawl cancel ID: a stored workflow is cancelled, and what it has done is undone if that is asked for.
#include <memory>
#include <string>

#include "pawl/engine.h"

#include "cli/arguments.h"
#include "cli/cli.h"
#include "cli/continue_workflow.h"
#include "cli/json_output.h"
#include "cli/open_data_dir.h"

namespace pawl::cli {
namespace {

struct CancelArguments {
  Target target;
  std::string reason;
  ViewArguments view = {};  // of --compensate
};

// Nothing of it runs, so there is nothing to give time to.
Result<int> cancel(Engine& engine, const CancelArguments& arguments) {
  const CancelOptions options{.reason = arguments.reason, .grace = Duration::zero()};
  if (Result<void> cancelled = engine.orchestrator().cancel_workflow(arguments.target.id, options); !cancelled)
    return std::unexpected(std::move(cancelled.error()));
  return print_status(engine, arguments.target);
}

// What has completed is undone before it ends, which somebody has to do.
int cancel_and_compensate(const CancelArguments& arguments) {
  const Target& target = arguments.target;
  const auto cancel = [&](Engine& stored) -> Result<std::string> {
    const CancelOptions options{.reason = arguments.reason, .grace = Duration::zero(), .compensate = true};
    if (Result<void> cancelled = stored.orchestrator().cancel_workflow(target.id, options); !cancelled)
      return std::unexpected(std::move(cancelled.error()));
    return target.id;
  };
  return continue_workflow({.target = target, .engine = {}, .view = arguments.view}, cancel, exit_code_of_compensation);
}

}  // namespace

void add_cancel(Verb& program) {
  Verb verb = program.add_verb("cancel", "Cancel a workflow of a data directory, for good");
  const auto arguments = std::make_shared<CancelArguments>();
  add_workflow(verb, arguments->target);
  verb.add("--reason", arguments->reason, "The reason, for the report and the history");
  const auto compensate = std::make_shared<bool>(false);
  verb.add_flag("--compensate", *compensate, "Undo completed tasks first");
  add_view(verb, arguments->view);
  add_output(verb, arguments->target.output, std::string(kStatusOutput) + "; --compensate: what pawl run prints");
  verb.teaches(
      "  pawl cancel monday --data-dir data --reason 'the input was wrong'\n"
      "  pawl cancel monday --data-dir data --compensate\n"
      "\n"
      "With --compensate this process undoes completed tasks that have a compensation, the latest first, and ends\n"
      "when the workflow is cancelled, with 1 if something could not be undone. A workflow whose pivot has completed\n"
      "cannot be cancelled that way.");
  verb.on_call([arguments, compensate] {
    if (*compensate) return cancel_and_compensate(*arguments);
    return in_directory(arguments->target, [&](Engine& engine) { return cancel(engine, *arguments); });
  });
}

}  // namespace pawl::cli
