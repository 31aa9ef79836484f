// pawl resume [ID]: goes on with what a data directory has of workflows that have not ended.
#include <memory>
#include <string>

#include "cli/cli.h"
#include "cli/continue_workflow.h"
#include "cli/interruption.h"
#include "cli/verbs/resume_many.h"

namespace pawl::cli {
namespace {

int resume(const ContinueArguments& arguments) {
  if (!arguments.target.id.empty()) return continue_workflow(arguments);
  const Result<EngineChoice> choice = read_continue_options(arguments);
  if (!choice) return report(choice.error());
  const Result<WatchOptions> watching = read_watch_options(arguments);
  if (!watching) return report(watching.error());
  Interruption interruption(true);
  return resume_many(*choice, interruption, *watching);
}

constexpr const char* kResumeHelp =
    "Continues all workflows of the directory that have not ended, or ID, until they have. Completed tasks\n"
    "are not run again; those that ran when the process ended are started again, as new attempts. Relative paths in\n"
    "tasks are relative to the current folder: resume in the same one.\n"
    "\n"
    "  pawl resume --data-dir data           after a crash, a reboot, a SIGTERM\n"
    "  pawl resume monday --data-dir data    this one, also if it is paused\n"
    "\n"
    "For one workflow it shows and prints what pawl run does; Ctrl-C cancels the one that was named. For many it\n"
    "prints a line when each ends, or with --output json an array of their reports. Without an ID paused workflows\n"
    "stay paused, and Ctrl-C, as SIGTERM always, ends the process and leaves them all to be resumed again.\n"
    "\n"
    "Exit codes: 0 all completed, 1 one failed or cannot be continued, 2 bad usage, 3 one was cancelled or timed\n"
    "out, 4 unavailable, or ended by a signal before they had.";

}  // namespace

void add_resume(Verb& program) {
  Verb verb = program.add_verb("resume", "Continue the workflows of a data directory");
  const auto arguments = std::make_shared<ContinueArguments>();
  verb.add("ID", arguments->target.id, "One of them (default: all)").not_empty();
  add_continue_options(verb, *arguments, "human: a view, or lines, and a summary; json: a document, or an array");
  verb.teaches(kResumeHelp);
  verb.on_call([arguments] { return resume(*arguments); });
}

}  // namespace pawl::cli
