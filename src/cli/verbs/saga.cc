// pawl saga list|show|log|register: workflows that can be undone, what was done and undone in them, and what is to undo
// a task.
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/time.h"
#include "cli/arguments.h"
#include "cli/cli.h"
#include "cli/input.h"
#include "cli/json_output.h"
#include "cli/open_data_dir.h"
#include "cli/view/table.h"
#include "cli/view/view.h"

namespace pawl::cli {
namespace {

struct SagaArguments {
  Target target;
  std::size_t limit = kListed;
};

struct RegisterArguments {
  Target target;
  std::string task;
  std::string text;
};

std::string table_of(const std::vector<SagaStatus>& sagas) {
  Table table({"ID", "NAME", "STATE", "STEPS", "COMPLETED", "UNDONE", "COMPENSATION"});
  for (const SagaStatus& saga : sagas)
    table.add({saga.id, saga.name, std::string(to_string(saga.state)), fmt::to_string(saga.steps),
               fmt::to_string(saga.steps_completed), fmt::to_string(saga.steps_compensated),
               std::string(to_string(saga.compensation))});
  return table.text();
}

Result<int> list(Engine& engine, const SagaArguments& arguments) {
  Result<std::vector<SagaStatus>> found = engine.compensation().list_sagas(arguments.limit + 1);
  if (!found) return std::unexpected(std::move(found.error()));
  print_page(*std::move(found),
             {.limit = arguments.limit,
              .json = arguments.target.json(),
              .none = "there are no sagas in " + arguments.target.data_dir,
              .how = "--limit"},
             table_of);
  return kDone;
}

Result<int> show(Engine& engine, const SagaArguments& arguments) {
  const Result<SagaStatus> saga = engine.compensation().get_saga(arguments.target.id);
  if (!saga) return std::unexpected(saga.error());
  put(stdout, arguments.target.json() ? to_json_text(document_of(*saga)) + "\n" : table_of({*saga}));
  return kDone;
}

Result<int> print_log(Engine& engine, const SagaArguments& arguments) {
  const Result<std::vector<CompensationLogEntry>> entries = engine.compensation().get_log(arguments.target.id);
  if (!entries) return std::unexpected(entries.error());
  if (arguments.target.json()) {
    print_array(*entries);
    return kDone;
  }
  if (entries->empty()) note("nothing was done yet");
  Table table({"STARTED", "STEP", "WHAT", "ACTION", "ATTEMPTS", "STATE", "ERROR"});
  for (const CompensationLogEntry& entry : *entries)
    table.add({entry.started_at ? format_time(*entry.started_at) : std::string(), entry.task,
               entry.compensation ? "undo" : "do", entry.action, fmt::to_string(entry.attempts),
               std::string(to_string(entry.state)), message_of(entry.error)});
  if (!entries->empty()) put(stdout, table.text());
  return kDone;
}

int register_compensation(const RegisterArguments& arguments) {
  const Result<Json> text = read_input(arguments.text);
  const Result<Compensation> action = text ? parse_compensation(*text) : std::unexpected(text.error());
  if (!action) return report({.code = action.error().code, .message = describe(action.error(), "COMPENSATION")});
  return in_directory(arguments.target, [&](Engine& engine) -> Result<int> {
    const std::string& id = arguments.target.id;
    if (Result<void> registered = engine.compensation().register_compensation(id, arguments.task, *action); !registered)
      return std::unexpected(std::move(registered.error()));
    print_done(arguments.target.json(),
               {{"workflow", id}, {"task", arguments.task}, {"module", action->module}, {"function", action->function}},
               fmt::format("{} of {}: undone by {}.{}", printable(arguments.task), printable(id),
                           printable(action->module), printable(action->function)));
    return kDone;
  });
}

void add_registering(Verb& saga) {
  Verb verb = saga.add_verb("register", "Set what undoes a task of a workflow, in place of what its definition says");
  const auto arguments = std::make_shared<RegisterArguments>();
  add_workflow(verb, arguments->target);
  verb.add("TASK", arguments->task, "The task's id").required().not_empty();
  verb.add("COMPENSATION", arguments->text, "JSON, as a definition has it, or @FILE, or @- for stdin").required();
  add_done_output(verb, arguments->target.output);
  verb.teaches("  pawl saga register monday load '{\"run\": \"rm -r out\"}' --data-dir data");
  verb.on_call([arguments] { return register_compensation(*arguments); });
}

}  // namespace

void add_saga(Verb& program) {
  Verb verb = program.add_verb("saga", "Workflows that can be undone, and what was undone");
  verb.needs_verb();
  const auto arguments = std::make_shared<SagaArguments>();

  Verb listing = verb.add_verb("list", "List the workflows with a compensation, the newest first");
  add_directory(listing, arguments->target);
  listing.add("--limit", arguments->limit, "At most N").between(1, kMostListed).shows_default();
  add_output(listing, arguments->target.output, "human: a table; json: an array");
  on_reading(listing, arguments, list);

  Verb showing = verb.add_verb("show", "Show the progress of one, done or undone");
  add_workflow(showing, arguments->target);
  add_output(showing, arguments->target.output, "human: a table; json: a document");
  on_reading(showing, arguments, show);

  Verb logging = verb.add_verb("log", "Show what was done and undone, by time");
  add_workflow(logging, arguments->target);
  add_output(logging, arguments->target.output, "human: a table; json: an array");
  on_reading(logging, arguments, print_log);

  add_registering(verb);

  verb.teaches(
      "  pawl saga list --data-dir data\n"
      "  pawl saga log monday --data-dir data\n"
      "\n"
      "A workflow that fails undoes its completed tasks that have a compensation, the latest first. pawl compensate\n"
      "undoes one that has ended, pawl cancel --compensate one that has not.");
}

}  // namespace pawl::cli
