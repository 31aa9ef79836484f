// pawl fork ID: a new workflow starts from a moment in the past of a stored one.
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "pawl/engine.h"

#include "cli/cli.h"
#include "cli/continue_workflow.h"

namespace pawl::cli {
namespace {

struct ForkArguments {
  ContinueArguments continued;
  std::optional<std::string> task;
  std::int64_t event = -1;  // none
  std::optional<std::string> id;
};

std::unexpected<Error> refuse_place(const std::string& message) {
  return fail(ErrorCode::invalid_argument, "fork: " + message + "; see pawl fork --help");
}

Result<ForkOptions> read_fork(const ForkArguments& arguments) {
  const bool has_event = arguments.event >= 0;
  if (has_event && arguments.task) return refuse_place("--at and --at-task exclude each other; leave one out");
  if (!has_event && !arguments.task) return refuse_place("the point to fork from is missing: --at or --at-task");
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
  const std::string& id = arguments.continued.target.id;
  return continue_workflow(arguments.continued, [&](Engine& stored) {
    Result<std::string> forked = stored.orchestrator().fork_workflow(id, *options);
    if (!forked && forked.error().field == "event") forked.error().field = "--at";
    return forked;
  });
}

constexpr const char* kForkHelp =
    "  pawl history monday --data-dir data                 which events there are\n"
    "  pawl fork monday --at 12 --data-dir data            before the event of this number\n"
    "  pawl fork monday --at-task load --data-dir data     before the first attempt at this task\n"
    "\n"
    "The new workflow has the definition, the input and the results that the old one had at that moment, and\n"
    "continues from there; tasks that were running then start again. The old workflow stays as it is.\n";

}  // namespace

void add_fork(Verb& program) {
  Verb verb = program.add_verb("fork", "Start a new workflow from a moment in the past of another one");
  const auto arguments = std::make_shared<ForkArguments>();
  add_workflow_id(verb, arguments->continued);
  verb.add("--at", arguments->event, "Before the event of this number, see pawl history")
      .between(0, std::numeric_limits<std::int64_t>::max());
  verb.add("--at-task", arguments->task, "Before the first attempt at this task").not_empty();
  verb.add("--new-id", arguments->id, "The new workflow's id (default: a new one)");
  add_continue_options(verb, arguments->continued);
  teach_continuing(verb, kForkHelp);
  verb.on_call([arguments] { return fork_stored(*arguments); });
}

}  // namespace pawl::cli
