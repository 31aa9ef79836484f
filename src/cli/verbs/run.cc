// pawl run FILE: one workflow, here and now; with a data directory, one that outlives this process.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "pawl/engine.h"

#include "base/text.h"
#include "base/time.h"
#include "cli/arguments.h"
#include "cli/cli.h"
#include "cli/definition_file.h"
#include "cli/engine_arguments.h"
#include "cli/find_workflow.h"
#include "cli/input.h"
#include "cli/open_data_dir.h"
#include "cli/warnings.h"
#include "cli/watch.h"

namespace pawl::cli {
namespace {

struct RunOptions {
  std::string file;
  std::optional<std::string> input;
  std::string output = "human";
  EngineArguments engine;
  std::optional<std::string> timeout;
  std::optional<std::string> id;
  bool strict = false;
  ViewArguments view;
};

// All that was asked for, read and understood.
struct Request {
  std::string file;
  CreateOptions create;
  WatchOptions watch;
  EngineChoice engine;
  bool strict = false;
};

// Of the same id in the data directory, if there is any. Error: also `conflict`, `invalid_state`.
Result<std::optional<WorkflowReport>> find_before(const Request& request, const DefinitionPtr& definition) {
  if (!request.create.id || !request.engine.persistence) return std::nullopt;
  Result<std::optional<WorkflowReport>> found = find_stored(request.watch.data_dir, definition, request.create);
  if (!found || !*found) return found;
  if ((*found)->status.state == WorkflowState::paused)
    return fail(ErrorCode::invalid_state,
                fmt::format("workflow {} is paused; {} continues it", in_quotes(*request.create.id),
                            resume_command(*request.create.id, request.watch.data_dir)));
  return found;
}

// A definition that asks for what there is not where it is to run is wrong there, in one of its fields.
int report_refused(Error error, const Request& request, const Definition& definition) {
  const auto reference = std::ranges::find(definition.policies(), error.field, &PolicyReference::field);
  if (reference == definition.policies().end())
    return report(error, error.field.starts_with("tasks.") ? shown_name(request.file) : std::string());
  if (error.code == ErrorCode::not_found)
    error.message += request.engine.persistence
                         ? fmt::format(": pawl policy define {} {} --data-dir {}", to_string(reference->kind),
                                       shell_word(reference->name), shell_word(request.watch.data_dir))
                         : std::string(": policies are stored in a data directory, which --data-dir names");
  return report(error, shown_name(request.file));
}

// Brings the workflow to its end; `found` is what there was of it before.
int run_workflow(Engine& engine, Interruption& interruption, const Request& request, const DefinitionPtr& definition,
                 const std::optional<WorkflowReport>& found) {
  Orchestrator& orchestrator = engine.orchestrator();
  Watch watch(engine, interruption, request.watch);
  if (found) {
    watch.begin(found->status.id, *definition);
  } else {
    watch.listen(*definition);
  }
  Result<void> enabled;
  if (request.engine.persistence)
    enabled = engine.persistence().enable(interruption.attend(*request.engine.persistence));
  if (interruption.leaves()) {
    note(fmt::format("ended by {} before the workflow began", interruption.reason()));
    return kUnavailable;
  }
  if (!enabled) return report(enabled.error());
  const Result<std::string> id = orchestrator.start_workflow(definition, request.create);
  if (!id) return report_refused(id.error(), request, *definition);
  interruption.set_workflow(orchestrator, *id);
  if (!found) watch.begin(*id, *definition);
  return watch.finish();
}

int run_file(const Request& request) {
  // Made before the engine's threads, so that they all inherit its mask.
  Interruption interruption(request.engine.persistence.has_value());
  Engine engine(request.engine.engine);
  std::vector<Warning> warnings;
  const Result<DefinitionPtr> definition =
      read_definition_argument(request.file, {.handlers = &engine.handlers(), .warnings = &warnings});
  const std::string file = shown_name(request.file);
  if (!definition) return report(definition.error(), file);
  const WarningRules rules{.strict = request.strict, .quiet = request.watch.view.quiet};
  if (!pass_warnings(warnings, file, rules) ||
      !pass_warnings(check_input(**definition, request.create.input), "--input", rules))
    return kBadUsage;
  const Result<std::optional<WorkflowReport>> found = find_before(request, *definition);
  if (!found) return report(found.error());
  if (*found && is_terminal((*found)->status.state)) return print_report(**found, request.watch.form());
  return run_workflow(engine, interruption, request, *definition, *found);
}

int run(const RunOptions& options) {
  const Result<std::optional<Duration>> timeout = read_timeout(options.timeout);
  if (!timeout) return report(timeout.error(), "--timeout");
  if (is_standard_input(options.file) && options.input == "@-")
    return report({.code = ErrorCode::invalid_argument,
                   .message = "run: FILE and --input cannot both be standard input; put one of them into a file"});
  const Result<Json> input = options.input ? read_input(*options.input) : boost::json::object();
  if (!input) return report(input.error(), "--input");
  if (options.id)
    if (const Result<void> ok = check_workflow_id(*options.id); !ok) return report(of_option("--id", ok.error()));
  Result<EngineChoice> engine = read_engine_arguments(options.engine);
  if (!engine) return report(engine.error());
  engine->engine.only.emplace();
  if (options.id) engine->engine.only->insert(*options.id);
  return run_file({.file = options.file,
                   .create = {.id = options.id, .if_exists = IfExists::attach, .input = *input},
                   .watch = {.data_dir = options.engine.data_dir,
                             .json = options.output == "json",
                             .view = options.view,
                             .timeout = *timeout},
                   .engine = *engine,
                   .strict = options.strict});
}

constexpr const char* kRunHelp =
    "On a terminal it shows each running task with its last line of output; on a pipe it prints plain lines.\n"
    "Ctrl-C cancels: running tasks get 10 s to stop. A second Ctrl-C stops them immediately.\n"
    "\n"
    "  pawl run flow.yaml --input '{\"source\": \"orders.csv\"}'\n"
    "  pawl run flow.yaml --output json > report.json\n"
    "\n"
    "With --data-dir every step is stored before the next one depends on it. Whatever ends the process, kill -9 and\n"
    "a power failure included, `pawl resume --data-dir DIR` continues it, and no completed task runs again. SIGTERM\n"
    "and SIGHUP end the process and leave the workflow as it is, with exit code 4; Ctrl-C cancels it for good.\n"
    "Other workflows of the directory stay as they are.\n"
    "\n"
    "  pawl run flow.yaml --data-dir data --id monday\n"
    "\n"
    "The same --id again continues that workflow, or prints its result if it has ended: nothing runs twice. If\n"
    "the definition or the input differs, that is a conflict, and nothing happens.\n"
    "\n"
    "Exit codes: 0 completed, 1 failed, or a conflict, 2 bad usage or definition, 3 cancelled or timed out,\n"
    "4 unavailable, ended by SIGTERM, or its output could not be written.";

}  // namespace

void add_run(Verb& program) {
  Verb verb = program.add_verb("run", "Run a workflow in this process, and show its progress");
  const auto options = std::make_shared<RunOptions>();
  verb.add("FILE", options->file, "A definition, YAML or JSON; - for standard input").required();
  verb.add("--input", options->input, "A JSON object merged into the definition's input, or @FILE, or @- for stdin");
  add_output(verb, options->output, "human: a view and a summary; json: one JSON document at the end");
  verb.add("--timeout", options->timeout, "Cancel it after this long, e.g. 90s, 10m");
  verb.add("--id", options->id, "The workflow's id, 1 to 256 bytes of text (default: a new one)");
  verb.add_flag("--strict", options->strict, "Treat warnings about the definition or --input as errors");
  add_view(verb, options->view);
  add_data_dir(verb, options->engine.data_dir, "Store it in this folder, which is created if it does not exist");
  add_engine_arguments(verb, options->engine);
  verb.teaches(kRunHelp);
  verb.on_call([options] { return run(*options); });
}

}  // namespace pawl::cli
