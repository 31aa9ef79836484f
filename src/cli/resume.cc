// pawl resume [ID]: goes on with what a data directory has of workflows that have not ended.
#include <algorithm>
#include <cstdio>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "pawl/engine.h"

#include "cli/arguments.h"
#include "cli/attach.h"
#include "cli/cli.h"
#include "cli/directory.h"
#include "cli/engine_arguments.h"
#include "cli/resume_many.h"
#include "cli/watch.h"

namespace pawl::cli {
namespace {

struct ResumeOptions {
  Target target;
  EngineArguments engine;
};

// Makes a stored workflow one that goes on as soon as an engine takes it up.
Result<void> set_going(Orchestrator& orchestrator, const WorkflowStatus& status) {
  if (status.state == WorkflowState::paused) return orchestrator.resume_workflow(status.id);
  if (status.state == WorkflowState::pending && status.phase != Phase::queued)
    return orchestrator.execute_workflow(status.id);
  return {};
}

// The workflow as it was; if it has not ended it is set going.
Result<WorkflowReport> prepare(Engine& stored, const std::string& id, const Handlers& handlers) {
  Result<WorkflowReport> found = stored.orchestrator().get_workflow(id);
  if (!found || is_terminal(found->status.state)) return found;
  if (Result<void> served = check_served(handlers, id, *found->definition); !served)
    return std::unexpected(std::move(served.error()));
  if (Result<void> going = set_going(stored.orchestrator(), found->status); !going)
    return std::unexpected(std::move(going.error()));
  return found;
}

int resume_one(Engine& engine, Interruption& interruption, const ResumeOptions& options, const EngineChoice& choice) {
  const Target& target = options.target;
  std::optional<WorkflowReport> found;
  const int code = in_directory(target, [&](Engine& stored) -> Result<int> {
    Result<WorkflowReport> prepared = prepare(stored, target.id, engine.handlers());
    if (!prepared) return std::unexpected(std::move(prepared.error()));
    found = *std::move(prepared);
    return kDone;
  });
  if (!found) return code;
  if (is_terminal(found->status.state)) return print_report(*found, target.json());
  Watch watch(engine, interruption, {.data_dir = target.data_dir, .json = target.json(), .timeout = {}});
  watch.begin(target.id, *found->definition);
  if (const Result<void> enabled = engine.persistence().enable(*choice.persistence); !enabled)
    return report(enabled.error());
  interruption.set_workflow(engine.orchestrator(), target.id);
  return watch.finish();
}

int resume(ResumeOptions options) {
  options.engine.data_dir = options.target.data_dir;
  Result<EngineChoice> choice = read_engine_arguments(options.engine);
  if (!choice) return report(choice.error());
  choice->persistence->must_exist = true;
  if (!options.target.id.empty()) choice->engine.only = options.target.id;
  Interruption interruption(true);
  Engine engine(choice->engine);
  if (!options.target.id.empty()) return resume_one(engine, interruption, options, *choice);
  return resume_all(engine, interruption, *choice->persistence, options.target.json());
}

constexpr const char* kHelp =
    "Goes on with all workflows of the directory that have not ended, or with ID, until they have. Completed tasks\n"
    "are not run again; those that ran when the process ended are started again, as new attempts. Relative paths in\n"
    "tasks are seen from the folder you are in, so be in the same one.\n"
    "\n"
    "  pawl resume --data-dir data           after a crash, a reboot, a SIGTERM\n"
    "  pawl resume monday --data-dir data    this one, also if it is paused\n"
    "\n"
    "For one workflow it shows and prints what pawl run does; Ctrl-C cancels the one that was named. For many it\n"
    "prints a line when each ends, or with --output json an array of their reports. Without an ID paused workflows\n"
    "stay paused, and Ctrl-C, as SIGTERM always, ends the process and leaves them all to be resumed again.\n"
    "\n"
    "Exit codes: 0 all completed, 1 one failed or cannot be gone on with, 2 bad usage, 3 one was cancelled or timed\n"
    "out, 4 unavailable, or ended by a signal before they had.";

}  // namespace

void add_resume(Verb& program) {
  Verb verb = program.add_verb("resume", "Go on with the workflows of a data directory");
  const auto options = std::make_shared<ResumeOptions>();
  verb.add("ID", options->target.id, "One of them (default: all)").not_empty();
  add_directory(verb, options->target);
  add_output(verb, options->target.output, "human: a view, or lines, and a summary; json: a document, or an array");
  add_engine_arguments(verb, options->engine);
  verb.teaches(kHelp);
  verb.on_call([options] { return resume(*options); });
}

}  // namespace pawl::cli
