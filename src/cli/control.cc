// pawl pause, cancel and delete ID: what can be done to a stored workflow that nobody runs.
#include <cstdio>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "cli/arguments.h"
#include "cli/cli.h"
#include "cli/directory.h"
#include "cli/documents.h"
#include "cli/go_on.h"
#include "cli/view.h"

namespace pawl::cli {
namespace {

struct ControlArguments {
  Target target;
  std::string reason;
  ViewArguments view = {};  // of cancel --compensate
};

// How the workflow is now: its list item, or "monday: paused".
Result<int> print_state(Engine& engine, const Target& target) {
  const Result<WorkflowStatus> status = engine.orchestrator().get_workflow_status(target.id);
  if (!status) return std::unexpected(status.error());
  put(stdout, target.json() ? to_json_text(*status) + "\n"
                            : fmt::format("{}: {}\n", printable(status->id), to_string(status->state)));
  return kDone;
}

Result<int> pause(Engine& engine, const ControlArguments& arguments) {
  if (Result<void> paused = engine.orchestrator().pause_workflow(arguments.target.id); !paused)
    return std::unexpected(std::move(paused.error()));
  return print_state(engine, arguments.target);
}

// Nothing of it runs, so there is nothing to give time to.
Result<int> cancel(Engine& engine, const ControlArguments& arguments) {
  const CancelOptions options{.reason = arguments.reason, .grace = Duration::zero()};
  if (Result<void> cancelled = engine.orchestrator().cancel_workflow(arguments.target.id, options); !cancelled)
    return std::unexpected(std::move(cancelled.error()));
  return print_state(engine, arguments.target);
}

Result<int> forget(Engine& engine, const ControlArguments& arguments) {
  if (Result<void> deleted = engine.persistence().delete_workflow(arguments.target.id); !deleted)
    return std::unexpected(std::move(deleted.error()));
  print_done(arguments.target.json(), {{"id", arguments.target.id}, {"deleted", true}},
             fmt::format("{}: deleted", printable(arguments.target.id)));
  return kDone;
}

using Control = Result<int> (*)(Engine&, const ControlArguments&);

std::shared_ptr<ControlArguments> add_control(Verb& verb, Control control) {
  const auto arguments = std::make_shared<ControlArguments>();
  add_workflow(verb, arguments->target);
  on_call(verb, arguments, control);
  return arguments;
}

constexpr const char* kState = "human: its id and state; json: as an item of pawl list";

// What has completed is undone before it ends, which somebody has to do.
int cancel_and_compensate(const ControlArguments& arguments) {
  const Target& target = arguments.target;
  const auto cancel = [&](Engine& stored) -> Result<std::string> {
    const CancelOptions options{.reason = arguments.reason, .grace = Duration::zero(), .compensate = true};
    if (Result<void> cancelled = stored.orchestrator().cancel_workflow(target.id, options); !cancelled)
      return std::unexpected(std::move(cancelled.error()));
    return target.id;
  };
  return go_on({.target = target, .engine = {}, .view = arguments.view}, cancel, by_its_compensation);
}

}  // namespace

void add_pause(Verb& program) {
  Verb verb = program.add_verb("pause", "Pause a workflow of a data directory, until it is resumed by its ID");
  const auto arguments = add_control(verb, pause);
  add_output(verb, arguments->target.output, kState);
  verb.teaches(
      "  pawl pause monday --data-dir data\n"
      "\n"
      "pawl resume monday --data-dir data goes on with it; pawl resume without an ID leaves it alone.");
}

void add_cancel(Verb& program) {
  Verb verb = program.add_verb("cancel", "Cancel a workflow of a data directory, for good");
  const auto arguments = add_control(verb, cancel);
  verb.add("--reason", arguments->reason, "Why; it stands in the report and in the history");
  const auto compensate = std::make_shared<bool>(false);
  verb.add_flag("--compensate", *compensate, "What has completed is undone first");
  add_view(verb, arguments->view);
  add_output(verb, arguments->target.output, std::string(kState) + "; --compensate: what pawl run prints");
  verb.teaches(
      "  pawl cancel monday --data-dir data --reason 'the input was wrong'\n"
      "  pawl cancel monday --data-dir data --compensate\n"
      "\n"
      "With --compensate this process undoes completed tasks that have a compensation, the latest first, and ends\n"
      "when the workflow is cancelled, with 1 if something could not be undone. One whose pivot has completed is not\n"
      "cancelled that way.");
  verb.on_call([arguments, compensate] {
    if (*compensate) return cancel_and_compensate(*arguments);
    return in_directory(arguments->target, [&](Engine& engine) { return cancel(engine, *arguments); });
  });
}

void add_delete(Verb& program) {
  Verb verb = program.add_verb("delete", "Forget an ended workflow, with its history and snapshots");
  add_done_output(verb, add_control(verb, forget)->target.output);
  verb.teaches(
      "  pawl delete monday --data-dir data\n"
      "\n"
      "One that has not ended is not deleted: cancel it first. pawl run --retention forgets old ones by itself.");
}

}  // namespace pawl::cli
