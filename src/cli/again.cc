// pawl retry, rerun, compensate and fork ID: what can be done with a stored workflow that has ended, or with its past.
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pawl/engine.h"

#include "cli/cli.h"
#include "cli/go_on.h"

namespace pawl::cli {
namespace {

constexpr const char* kExitCodes =
    "\n"
    "It shows and prints what pawl run does, and signals do what they do there. Exit codes: 0 completed, 1 failed, or\n"
    "its state does not allow it, 2 bad usage, no such workflow, 3 cancelled or timed out, 4 unavailable, or ended by\n"
    "SIGTERM.";

void add_id(Verb& verb, GoOnArguments& arguments) {
  verb.add("ID", arguments.target.id, "The workflow's id").required();
}

// What these verbs have in common stands below what is theirs.
void teach(Verb& verb, const std::string& help) { verb.teaches(help + kExitCodes); }

// The workflow itself goes on after what was done to it.
Change change_of(const std::string& id, std::function<Result<void>(Engine& stored)> change) {
  return [id, change = std::move(change)](Engine& stored) -> Result<std::string> {
    if (Result<void> changed = change(stored); !changed) return std::unexpected(std::move(changed.error()));
    return id;
  };
}

struct ForkArguments {
  GoOnArguments go_on;
  std::optional<std::string> task;
  std::int64_t event = -1;  // none
  std::optional<std::string> id;
};

std::unexpected<Error> refuse_place(const std::string& message) {
  return fail(ErrorCode::invalid_argument, "fork: " + message + "; see pawl fork --help");
}

Result<ForkOptions> read_fork(const ForkArguments& arguments) {
  const bool has_event = arguments.event >= 0;
  if (has_event && arguments.task) return refuse_place("--at and --at-task are two places; leave one out");
  if (!has_event && !arguments.task) return refuse_place("where the past ends is missing: --at or --at-task");
  if (arguments.id)
    if (const Result<void> ok = check_workflow_id(*arguments.id); !ok)
      return std::unexpected(of_option("--new-id", ok.error()));
  ForkOptions options{.id = arguments.id, .event = {}, .task = arguments.task.value_or("")};
  if (has_event) options.event = static_cast<std::uint64_t>(arguments.event);
  return options;
}

int fork_stored(const ForkArguments& arguments) {
  const Result<ForkOptions> options = read_fork(arguments);
  if (!options) return report(options.error());
  const std::string& id = arguments.go_on.target.id;
  return go_on(arguments.go_on, [&](Engine& stored) {
    Result<std::string> forked = stored.orchestrator().fork_workflow(id, *options);
    if (!forked && forked.error().field == "event") forked.error().field = "--at";
    return forked;
  });
}

constexpr const char* kRetryHelp =
    "  pawl retry monday --data-dir data\n"
    "\n"
    "Failed, cancelled and compensated tasks, and what was skipped for their sake, get another go, with fresh "
    "attempts;\n"
    "completed ones are not run again, and a failure that was allowed (allow_failure) stands. If only the output "
    "could\n"
    "not be evaluated, that is done again. A workflow that has completed is not retried: rerun it from a task.\n";

constexpr const char* kRerunHelp =
    "  pawl rerun monday --from load --data-dir data\n"
    "  pawl rerun monday --from load --undo-first --data-dir data\n"
    "\n"
    "What had completed and has a compensation is undone once for each time it completed: before it is run again, "
    "with\n"
    "--undo-first (if that fails for good, nothing is run again); otherwise when the workflow is compensated, "
    "together\n"
    "with what it did since, the latest first.\n";

constexpr const char* kCompensateHelp =
    "  pawl compensate monday --data-dir data\n"
    "  pawl compensate monday book-hotel book-flight --data-dir data\n"
    "\n"
    "Tasks that have completed and have a compensation are undone, the latest first, one after another. One that\n"
    "cannot be undone is a dead letter and stops none of the others. The workflow ends as what it had been.\n"
    "\n"
    "It shows and prints what pawl run does. Exit codes: 0 all is undone, 1 something could not be, or its state does\n"
    "not allow it, 2 bad usage, no such workflow or task, 4 unavailable, or ended by SIGTERM.";

constexpr const char* kForkHelp =
    "  pawl history monday --data-dir data                 which events there are\n"
    "  pawl fork monday --at 12 --data-dir data            before the event of this number\n"
    "  pawl fork monday --at-task load --data-dir data     before the first attempt at this task\n"
    "\n"
    "The new workflow has the definition, the input and the results that the old one had at that moment, and goes on\n"
    "from there; what was running then starts again. The old one stays as it is.\n";

}  // namespace

void add_retry(Verb& program) {
  Verb verb = program.add_verb("retry", "Make an ended workflow go on: all that did not complete is run again");
  const auto arguments = std::make_shared<GoOnArguments>();
  add_id(verb, *arguments);
  add_going_on(verb, *arguments);
  teach(verb, kRetryHelp);
  verb.on_call([arguments] {
    const std::string& id = arguments->target.id;
    return go_on(*arguments, change_of(id, [&](Engine& stored) { return stored.orchestrator().retry_workflow(id); }));
  });
}

void add_rerun(Verb& program) {
  Verb verb = program.add_verb("rerun", "Run a task of an ended workflow again, and all that depends on it");
  const auto arguments = std::make_shared<GoOnArguments>();
  const auto from = std::make_shared<std::string>();
  const auto options = std::make_shared<RerunOptions>();
  add_id(verb, *arguments);
  verb.add("--from", *from, "The task, whatever had become of it").required().not_empty();
  verb.add_flag("--undo-first", options->undo_first, "Undo what it has done before it is run again");
  add_going_on(verb, *arguments);
  teach(verb, kRerunHelp);
  verb.on_call([arguments, from, options] {
    const std::string& id = arguments->target.id;
    const auto rerun = [&](Engine& stored) { return stored.orchestrator().rerun_workflow(id, *from, *options); };
    return go_on(*arguments, change_of(id, rerun));
  });
}

void add_compensate(Verb& program) {
  Verb verb = program.add_verb("compensate", "Undo what an ended workflow has done");
  const auto arguments = std::make_shared<GoOnArguments>();
  const auto tasks = std::make_shared<std::vector<std::string>>();
  add_id(verb, *arguments);
  verb.add("TASK", *tasks, "Completed tasks to undo (default: all that can be undone)");
  add_going_on(verb, *arguments);
  verb.teaches(kCompensateHelp);
  verb.on_call([arguments, tasks] {
    const std::string& id = arguments->target.id;
    const auto compensate = [&](Engine& stored) { return stored.compensation().compensate_workflow(id, *tasks); };
    return go_on(*arguments, change_of(id, compensate), by_its_compensation);
  });
}

void add_fork(Verb& program) {
  Verb verb = program.add_verb("fork", "Start a new workflow from a moment in the past of another one");
  const auto arguments = std::make_shared<ForkArguments>();
  add_id(verb, arguments->go_on);
  verb.add("--at", arguments->event, "Before the event of this number, see pawl history")
      .between(0, std::numeric_limits<std::int64_t>::max());
  verb.add("--at-task", arguments->task, "Before the first attempt at this task").not_empty();
  verb.add("--new-id", arguments->id, "The new workflow's id (default: a new one)");
  add_going_on(verb, arguments->go_on);
  teach(verb, kForkHelp);
  verb.on_call([arguments] { return fork_stored(*arguments); });
}

}  // namespace pawl::cli
