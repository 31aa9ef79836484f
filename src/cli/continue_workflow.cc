#include "cli/continue_workflow.h"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "cli/cli.h"
#include "cli/find_workflow.h"
#include "cli/open_data_dir.h"

namespace pawl::cli {
namespace {

// Makes a stored workflow one that goes on as soon as an engine takes it up.
Result<void> set_going(Orchestrator& orchestrator, const WorkflowStatus& status) {
  if (status.state == WorkflowState::paused) return orchestrator.resume_workflow(status.id);
  if (status.state == WorkflowState::pending && status.phase != Phase::queued)
    return orchestrator.execute_workflow(status.id);
  return {};
}

// The id of what `change` makes go on. Nobody works on a workflow that has not ended, so that is what there is to do.
Result<std::string> apply(const Change& change, Engine& stored, const WorkflowStatus& before,
                          const std::string& data_dir) {
  Result<std::string> changed = change(stored);
  if (!changed && changed.error().code == ErrorCode::invalid_state && !is_terminal(before.state))
    changed.error().message += fmt::format("; {} continues it", resume_command(before.id, data_dir));
  return changed;
}

// The workflow that is to go on; if it has not ended it is set going.
Result<WorkflowReport> prepare(Engine& stored, const Target& target, const Change& change) {
  Result<WorkflowReport> found = stored.orchestrator().get_workflow(target.id);
  if (!found || (!change && is_terminal(found->status.state))) return found;
  if (Result<void> served = check_served(stored.handlers(), target.id, *found->definition); !served)
    return std::unexpected(std::move(served.error()));
  if (change) {
    const Result<std::string> changed = apply(change, stored, found->status, target.data_dir);
    if (!changed) return std::unexpected(changed.error());
    found = stored.orchestrator().get_workflow(*changed);
    if (!found || is_terminal(found->status.state)) return found;
  }
  if (Result<void> going = set_going(stored.orchestrator(), found->status); !going)
    return std::unexpected(std::move(going.error()));
  return found;
}

constexpr const char* kContinuingExitCodes =
    "\n"
    "Output and signals are those of pawl run. Exit codes: 0 completed, 1 failed, or its state does not allow it,\n"
    "2 bad usage, no such workflow, 3 cancelled or timed out, 4 unavailable, or ended by SIGTERM.";

}  // namespace

void add_workflow_id(Verb& verb, ContinueArguments& arguments) {
  verb.add("ID", arguments.target.id, "The workflow's id").required();
}

void teach_continuing(Verb& verb, const std::string& examples) { verb.teaches(examples + kContinuingExitCodes); }

Change change_of(const std::string& id, std::function<Result<void>(Engine& stored)> change) {
  return [id, change = std::move(change)](Engine& stored) -> Result<std::string> {
    if (Result<void> changed = change(stored); !changed) return std::unexpected(std::move(changed.error()));
    return id;
  };
}

void add_continue_options(Verb& verb, ContinueArguments& arguments, const std::string& output) {
  add_directory(verb, arguments.target);
  add_output(verb, arguments.target.output, output);
  verb.add("--timeout", arguments.timeout, "Cancel what has not ended after this long, e.g. 90s, 10m");
  add_view(verb, arguments.view);
  add_engine_arguments(verb, arguments.engine);
}

Result<EngineChoice> read_continue_options(const ContinueArguments& arguments) {
  EngineArguments engine = arguments.engine;
  engine.data_dir = arguments.target.data_dir;
  Result<EngineChoice> choice = read_engine_arguments(engine);
  if (choice) choice->persistence->must_exist = true;
  return choice;
}

Result<WatchOptions> read_watch_options(const ContinueArguments& arguments) {
  const Result<std::optional<Duration>> timeout = read_timeout(arguments.timeout);
  if (!timeout) return std::unexpected(of_option("--timeout", timeout.error()));
  return WatchOptions{.data_dir = arguments.target.data_dir,
                      .json = arguments.target.json(),
                      .view = arguments.view,
                      .timeout = *timeout};
}

int continue_workflow(const ContinueArguments& arguments, const Change& change, ExitCodeOf exit_code_of) {
  const Target& target = arguments.target;
  Result<EngineChoice> choice = read_continue_options(arguments);
  if (!choice) return report(choice.error());
  Result<WatchOptions> watching = read_watch_options(arguments);
  if (!watching) return report(watching.error());
  watching->exit_code_of = exit_code_of;
  Interruption interruption(true);
  std::optional<WorkflowReport> found;
  const int code = in_directory(target, [&](Engine& stored) -> Result<int> {
    Result<WorkflowReport> prepared = prepare(stored, target, change);
    if (!prepared) return std::unexpected(std::move(prepared.error()));
    found = *std::move(prepared);
    return kDone;
  });
  if (!found) return code;
  if (is_terminal(found->status.state)) return print_report(*found, watching->form(), exit_code_of);
  const std::string& id = found->status.id;
  choice->engine.only = {id};
  Engine engine(choice->engine);
  Watch watch(engine, interruption, *watching);
  watch.begin(id, *found->definition);
  const Result<void> enabled = engine.persistence().enable(interruption.attend(*choice->persistence));
  if (interruption.leaves()) return leave(interruption, resume_command(id, target.data_dir));
  if (!enabled) return report(enabled.error());
  interruption.set_workflow(engine.orchestrator(), id);
  return watch.finish();
}

}  // namespace pawl::cli
