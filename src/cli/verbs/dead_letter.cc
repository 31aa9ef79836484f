// pawl dead-letter list|get|discard: tasks, and what was to undo them, that failed for good.
#include "cli/verbs/dead_letter.h"

#include <cstdio>
#include <limits>
#include <memory>
#include <vector>

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"
#include "cli/arguments.h"
#include "cli/cli.h"
#include "cli/engine_arguments.h"
#include "cli/input.h"
#include "cli/json_output.h"
#include "cli/open_data_dir.h"
#include "cli/view/table.h"
#include "cli/view/view.h"

namespace pawl::cli {
namespace {

struct LetterListArguments {
  Target target;
  LetterFilter filter;
  std::optional<std::string> after;
};

struct OneLetter {
  Target target;  // its id is the workflow's
  DeadLetterId letter;
  std::string reason;
};

// A time, or how long ago it was.
Result<Timestamp> read_moment(const std::string& text) {
  if (const Result<Timestamp> time = parse_time(text)) return *time;
  const Result<Duration> age = parse_age(text);
  if (age) return SystemClock().now() - *age;
  const bool is_age = !text.empty() && text.front() >= '0' && text.front() <= '9' && !text.contains('-');
  if (is_age) return std::unexpected(age.error());
  return fail(ErrorCode::invalid_argument,
              fmt::format("{} is not a time; write e.g. 2026-11-23T08:30:00Z, or how long ago: 7d", in_quotes(text)));
}

// Which letter a document is of, as a list prints it.
Result<DeadLetterId> read_letter(const std::string& text) {
  const Result<Json> document = read_input(text);
  if (!document) return std::unexpected(document.error());
  const boost::json::object& members = document->get_object();
  const auto text_of = [&](const char* member) {
    const Json* const found = members.if_contains(member);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
  };
  const Json* const compensation = members.if_contains("compensation");
  DeadLetterId id{.workflow = text_of("workflow"),
                  .task = text_of("task"),
                  .compensation = compensation != nullptr && *compensation == Json(true)};
  if (id.workflow.empty() || id.task.empty())
    return fail(ErrorCode::invalid_argument,
                "is not a dead letter as --output json prints it: workflow or task is missing");
  return id;
}

std::string task_of(const DeadLetterId& id) {
  return id.compensation ? fmt::format("{} (compensation)", id.task) : id.task;
}

std::string table_of(const std::vector<DeadLetter>& letters) {
  Table table({"WORKFLOW", "TASK", "NAME", "FAILED", "ATTEMPTS", "ERROR"});
  for (const DeadLetter& letter : letters)
    table.add({letter.id.workflow, task_of(letter.id), letter.name, format_time(letter.failed_at),
               fmt::to_string(letter.attempts), message_of(letter.error)});
  return table.text();
}

Result<int> list(Engine& engine, const Target& target, DeadLetterFilter filter) {
  const std::size_t limit = filter.limit++;
  Result<std::vector<DeadLetter>> found = engine.policy().list_dead_letters(filter);
  if (!found) return std::unexpected(std::move(found.error()));
  print_page(*std::move(found),
             {.limit = limit,
              .json = target.json(),
              .none = "there are no such dead letters in " + target.data_dir,
              .how = "--limit and --after"},
             table_of);
  return kDone;
}

int list(const LetterListArguments& arguments) {
  Result<DeadLetterFilter> filter = read_filter(arguments.filter, kListed);
  if (!filter) return report(filter.error());
  if (arguments.after) {
    const Result<DeadLetterId> after = read_letter(*arguments.after);
    if (!after) return report(after.error(), "--after");
    filter->after = *after;
  }
  return in_directory(arguments.target, [&](Engine& engine) { return list(engine, arguments.target, *filter); });
}

Result<int> get(Engine& engine, const OneLetter& arguments) {
  const Result<DeadLetter> letter = engine.policy().get_dead_letter(arguments.letter);
  if (!letter) return std::unexpected(letter.error());
  if (arguments.target.json()) {
    put(stdout, to_json_text(*letter) + "\n");
    return kDone;
  }
  std::string out = fmt::format("{} of {} ({}) failed at {}, after {} attempt{}\n", printable(task_of(letter->id)),
                                printable(letter->id.workflow), printable(letter->name), format_time(letter->failed_at),
                                letter->attempts, letter->attempts == 1 ? "" : "s");
  if (!letter->args.is_null()) out += fmt::format("  args    {}\n", printable(letter->args.view()));
  for (const JsonText& error : letter->errors) out += fmt::format("  failed  {}\n", message_of(error));
  put(stdout, out);
  return kDone;
}

Result<int> discard(Engine& engine, const OneLetter& arguments) {
  if (Result<void> discarded = engine.policy().discard_dead_letter(arguments.letter, arguments.reason); !discarded)
    return std::unexpected(std::move(discarded.error()));
  const DeadLetterId& id = arguments.letter;
  print_done(arguments.target.json(),
             {{"workflow", id.workflow}, {"task", id.task}, {"compensation", id.compensation}, {"discarded", true}},
             fmt::format("{} of {}: discarded", printable(task_of(id)), printable(id.workflow)));
  return kDone;
}

using LetterWork = Result<int> (*)(Engine&, const OneLetter&);

std::shared_ptr<OneLetter> add_one(Verb& verb, LetterWork work) {
  const auto arguments = std::make_shared<OneLetter>();
  add_letter(verb, arguments->letter, true);
  add_directory(verb, arguments->target);
  verb.on_call([arguments, work] {
    arguments->target.id = arguments->letter.workflow;
    return in_directory(arguments->target, [&](Engine& engine) { return work(engine, *arguments); });
  });
  return arguments;
}

void add_listing(Verb& dead_letter) {
  Verb verb = dead_letter.add_verb("list", "List dead letters, by workflow and task");
  const auto arguments = std::make_shared<LetterListArguments>();
  arguments->target.reads = true;
  add_directory(verb, arguments->target);
  add_filter(verb, arguments->filter, fmt::format("At most N (default {})", kListed));
  verb.add("--after", arguments->after, "The last letter of the page before, as --output json prints it, or @FILE");
  add_output(verb, arguments->target.output, "human: a table; json: an array");
  verb.teaches(
      "  pawl dead-letter list --code timeout --failed-before 7d --data-dir data\n"
      "  pawl dead-letter list --data-dir data --output json > page.json\n"
      "  jq '.[-1]' page.json | pawl dead-letter list --after @- --data-dir data --output json");
  verb.on_call([arguments] { return list(*arguments); });
}

}  // namespace

void add_letter(Verb& verb, DeadLetterId& id, bool required) {
  Option workflow = verb.add("WORKFLOW", id.workflow, "The workflow's id").not_empty();
  Option task = verb.add("TASK", id.task, "The task's id").not_empty();
  if (required) {
    workflow.required();
    task.required();
  }
  verb.add_flag("--compensation", id.compensation, "The dead letter is the compensation of the task");
}

bool LetterFilter::is_given() const {
  return !workflow.empty() || !name.empty() || !task.empty() || !code.empty() || failed_before.has_value();
}

void add_filter(Verb& verb, LetterFilter& filter, const std::string& limit) {
  verb.add("--workflow", filter.workflow, "Only those of this workflow").not_empty();
  verb.add("--name", filter.name, "Only those of definitions with this name").not_empty();
  verb.add("--task", filter.task, "Only those of this task").not_empty();
  verb.add("--code", filter.code, "Only those whose last error has this code").not_empty();
  verb.add("--failed-before", filter.failed_before, "Only those that failed before this time, or so long ago: 7d");
  verb.add("--limit", filter.limit, limit).between(1, kMostListed);
}

Result<DeadLetterFilter> read_filter(const LetterFilter& filter, std::size_t default_limit) {
  DeadLetterFilter read{.workflow = filter.workflow,
                        .name = filter.name,
                        .task = filter.task,
                        .code = filter.code,
                        .failed_before = {},
                        .limit = filter.limit == 0 ? default_limit : filter.limit,
                        .after = {}};
  if (!filter.failed_before) return read;
  const Result<Timestamp> before = read_moment(*filter.failed_before);
  if (!before) return std::unexpected(of_option("--failed-before", before.error()));
  read.failed_before = *before;
  return read;
}

void add_dead_letter(Verb& program) {
  Verb verb = program.add_verb("dead-letter", "Tasks that failed for good: look at them, run them again");
  verb.needs_verb();
  add_listing(verb);

  Verb getting = verb.add_verb("get", "Show a dead letter, with all its errors");
  Target& target = add_one(getting, get)->target;
  target.reads = true;
  add_output(getting, target.output, "human: some lines; json: a document");

  add_redrive(verb);

  Verb discarding = verb.add_verb("discard", "Take a dead letter off the list; its task stays failed");
  verb.teaches(
      "  pawl dead-letter list --data-dir data\n"
      "  pawl dead-letter get monday load --data-dir data\n"
      "  pawl dead-letter redrive monday load --data-dir data\n"
      "  pawl dead-letter redrive --all --code timeout --data-dir data\n"
      "  pawl dead-letter discard monday load --reason 'done by hand' --data-dir data");
  OneLetter& letter = *add_one(discarding, discard);
  add_done_output(discarding, letter.target.output);
  discarding.add("--reason", letter.reason, "The reason, for the history").required().not_empty();
}

}  // namespace pawl::cli
