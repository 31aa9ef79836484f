// pawl dead-letter redrive: a task that failed for good gets fresh attempts, or all that a filter finds do.
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/continue_workflow.h"
#include "cli/find_workflow.h"
#include "cli/interruption.h"
#include "cli/open_data_dir.h"
#include "cli/verbs/dead_letter.h"
#include "cli/verbs/resume_many.h"
#include "cli/view/view.h"

namespace pawl::cli {
namespace {

struct RedriveArguments {
  ContinueArguments continued;
  DeadLetterId letter;
  bool all = false;
  LetterFilter filter;
};

// What was asked for is one letter, or all that there are of a kind.
Result<void> check(const RedriveArguments& arguments) {
  const auto refused = [](std::string_view what) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("dead-letter redrive: {}; see pawl dead-letter redrive --help", what));
  };
  const DeadLetterId& letter = arguments.letter;
  const bool one = !letter.workflow.empty() || letter.compensation;
  if (arguments.all)
    return one ? refused("--all redrives what the options select; leave WORKFLOW, TASK and --compensation out")
               : Result<void>();
  if (arguments.filter.is_given() || arguments.filter.limit > 0)
    return refused("options that select dead letters need --all");
  if (letter.workflow.empty()) return refused("WORKFLOW and TASK are missing, or --all");
  return letter.task.empty() ? refused("TASK is missing") : Result<void>();
}

int redrive_one(const RedriveArguments& arguments) {
  const auto redrive = [&](Engine& stored) -> Result<std::string> {
    if (Result<void> redriven = stored.policy().redrive_dead_letter(arguments.letter); !redriven)
      return std::unexpected(std::move(redriven.error()));
    return arguments.letter.workflow;
  };
  return continue_workflow(arguments.continued, redrive,
                           arguments.letter.compensation ? exit_code_of_compensation : exit_code_of_outcome);
}

using Ids = std::set<std::string, std::less<>>;

// The workflows whose letters these were.
Result<Ids> redrive_stored(Engine& stored, const DeadLetterFilter& filter) {
  const Result<std::vector<DeadLetter>> letters = stored.policy().list_dead_letters(filter);
  if (!letters) return std::unexpected(letters.error());
  Ids concerned;
  for (const DeadLetter& letter : *letters) concerned.insert(letter.id.workflow);
  for (const std::string& id : concerned) {
    const Result<WorkflowReport> workflow = stored.orchestrator().get_workflow(id);
    if (!workflow) return std::unexpected(workflow.error());
    if (Result<void> served = check_served(stored.handlers(), id, *workflow->definition); !served)
      return std::unexpected(std::move(served.error()));
  }
  if (letters->empty()) return concerned;
  const Result<std::size_t> redriven = stored.policy().redrive_dead_letters(filter);
  if (!redriven) return std::unexpected(redriven.error());
  note(fmt::format("{} of {} dead letter{} of {} workflow{} redriven", *redriven, letters->size(),
                   letters->size() == 1 ? "" : "s", concerned.size(), concerned.size() == 1 ? "" : "s"));
  return concerned;
}

int redrive_all(const RedriveArguments& arguments) {
  const Target& target = arguments.continued.target;
  const Result<DeadLetterFilter> filter = read_filter(arguments.filter, std::numeric_limits<std::size_t>::max());
  if (!filter) return report(filter.error());
  Result<EngineChoice> choice = read_continue_options(arguments.continued);
  if (!choice) return report(choice.error());
  const Result<WatchOptions> watching = read_watch_options(arguments.continued);
  if (!watching) return report(watching.error());
  Interruption interruption(true);
  const int code = in_directory(target, [&](Engine& stored) -> Result<int> {
    Result<Ids> concerned = redrive_stored(stored, *filter);
    if (!concerned) return std::unexpected(std::move(concerned.error()));
    choice->engine.only = *std::move(concerned);
    return kDone;
  });
  if (code != kDone) return code;
  if (choice->engine.only->empty()) {
    note("there are no such dead letters in " + target.data_dir);
    if (target.json()) put(stdout, "[]\n");
    return kDone;
  }
  return resume_many(*choice, interruption, *watching);
}

int redrive(RedriveArguments& arguments) {
  if (const Result<void> ok = check(arguments); !ok) return report(ok.error());
  arguments.continued.target.id = arguments.letter.workflow;
  return arguments.all ? redrive_all(arguments) : redrive_one(arguments);
}

}  // namespace

void add_redrive(Verb& dead_letter) {
  Verb verb = dead_letter.add_verb("redrive", "Run a task that failed for good again, and what waited for it");
  const auto arguments = std::make_shared<RedriveArguments>();
  add_letter(verb, arguments->letter, false);
  verb.add_flag("--all", arguments->all, "All that the options below select, instead of one");
  add_filter(verb, arguments->filter, "At most N (default: all)");
  add_continue_options(verb, arguments->continued,
                       "human: a view, or lines, and a summary; json: a document; --all: an array");
  verb.teaches(
      "  pawl dead-letter redrive monday load --data-dir data\n"
      "  pawl dead-letter redrive --all --name nightly --code timeout --data-dir data\n"
      "\n"
      "The task gets fresh attempts, its workflow continues from there, and this process runs it to its end as pawl\n"
      "resume ID does. A letter that was redriven already is not redriven again; the outcome is printed instead. With\n"
      "--compensation the exit code says whether all is undone now, not how the workflow ended. --all runs all\n"
      "workflows concerned to their ends and prints what pawl resume does; other workflows stay as they are.");
  verb.on_call([arguments] { return redrive(*arguments); });
}

}  // namespace pawl::cli
