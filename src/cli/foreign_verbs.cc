#include "cli/foreign_verbs.h"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "base/text.h"

namespace pawl::cli {
namespace {

struct Meaning {
  std::string_view words;  // separated by spaces
  std::string_view ours;   // "pawl list", or what to do where there is no such thing
  std::string_view of{};   // the verbs whose option it is; empty: all
};

constexpr Meaning kVerbs[] = {
    {"start exec execute up trigger submit apply launch make create call enqueue invoke play begin build", "pawl run"},
    {"ls ps workflow workflows runs run-list job jobs dag dags flow flows all", "pawl list"},
    {"describe inspect view info status get explain result results output report why tasks task", "pawl show"},
    {"events event audit trace timeline", "pawl history"},
    {"rm remove del purge prune clean clear forget gc", "pawl delete"},
    {"stop kill abort terminate down halt", "pawl cancel"},
    {"suspend hold freeze", "pawl pause"},
    {"continue unpause recover attach unsuspend release proceed", "pawl resume"},
    {"restart redo rebuild replay again reset", "pawl rerun"},
    {"reattempt retrigger", "pawl retry"},
    {"lint check verify test parse compile config plan dry-run dryrun", "pawl validate"},
    {"plot dot draw render tree viz visualize diagram show-graph", "pawl graph"},
    {"undo rollback revert", "pawl compensate"},
    {"convert migrate translate", "pawl import"},
    {"policies retry-policy breaker", "pawl policy"},
    {"dlq dead-letters deadletter deadletters failed", "pawl dead-letter"},
    {"copy clone branch", "pawl fork"},
    {"fsck health repair salvage", "pawl doctor"},
    {"save dump", "pawl backup"},
    {"benchmark perf", "pawl bench"},
    {"completions autocomplete", "pawl completion"},
};

constexpr Meaning kNoSuchVerbs[] = {
    {"serve server daemon agent worker scheduler web webserver ui start-all standalone",
     "Pawl needs no server: `pawl run FILE --data-dir DIR` runs a workflow, `pawl resume --data-dir DIR` continues "
     "it"},
    {"logs log tail stdout",
     "what a task wrote: pawl show ID --data-dir DIR --output json | jq -r .tasks.TASK.result.stdout; what happened: "
     "pawl "
     "history ID"},
    {"init new edit", "a definition is a file that you write; `pawl --help` shows a first one"},
    {"schedule cron", "Pawl starts nothing by the clock; let cron or a systemd timer call `pawl run FILE`"},
    {"signal send-signal event-send",
     "workflows take no signals; a person stops one by `pawl pause ID` and continues it by `pawl resume ID`"},
    {"approve reject confirm", "nothing waits for an approval; a paused workflow continues by `pawl resume ID`"},
    {"skip mark-success", "a task that is not to run says so in the definition: when: false"},
    {"backfill catchup",
     "Pawl knows no past dates; in a shell: for d in 01 02; do pawl run FILE --input \"{\\\"day\\\": \\\"$d\\\"}\"; "
     "done"},
    {"login logout auth user users secret secrets env variables connections",
     "Pawl has no accounts and keeps no secrets"},
};

// Of verbs that have verbs, such as `pawl dead-letter`: the first that there is.
constexpr Meaning kInnerVerbs[] = {
    {"ls all ps", "list"},
    {"show describe inspect view info cat", "get"},
    {"show describe inspect view info status", "show"},
    {"rm remove del drop", "delete"},
    {"rm remove del drop delete purge ack clear", "discard"},
    {"create add new set make put apply", "define"},
    {"add new make save take", "create"},
    {"retry rerun replay redo resubmit requeue resume", "redrive"},
    {"edit change set", "update"},
    {"rollback load revert", "restore"},
};

// Of `list --state` and its kin.
constexpr Meaning kStates[] = {
    {"success succeeded successful done ok finished complete", "completed"},
    {"error errored failure broken dead", "failed"},
    {"canceled stopped killed aborted terminated", "cancelled"},
    {"active started in_progress open", "running"},
    {"queued waiting scheduled new", "pending"},
    {"suspended held", "paused"},
};

constexpr Meaning kOptions[] = {
    {"--json", "--output json"},
    {"-o --format --out --as", "--output"},
    {"-o --output --out --as", "--format"},
    {"--param --params --parameter --parameters --var --vars --inputs --arg --args --conf --extra-vars --set -p -e -i",
     "--input"},
    {"-d --dir --state-dir --data --datadir --db --database --store --state --directory --home", "--data-dir"},
    {"-j --jobs --parallel --max-parallel --workers --parallelism --max-workers --threads", "--concurrency"},
    {"--name --run-id --workflow-id --dag-run-id --uuid", "--id"},
    {"--silent -s --no-output", "--quiet"},
    {"--no-progress", "--progress none"},
    {"--plain", "--progress plain"},
    {"--live", "--progress live"},
    {"--ansi", "--progress"},
    {"-v --verbose --debug --trace --loglevel", "--log-level"},
    {"-f -w --watch", "--follow"},
    {"-t --deadline --time-limit --max-time", "--timeout"},
    {"--since --offset --start", "--from"},
    {"-n --max --count --head --lines --page-size", "--limit"},
    {"--message --note --comment --why -m", "--reason"},
    {"-V -v", "--version"},
    {"-?", "--help"},
};

constexpr Meaning kNoSuchOptions[] = {
    {"-d", "--data-dir names a folder; pawl works in the foreground: write & behind it", "run"},
    {"--detach --background --daemon -d", "pawl works in the foreground; write & behind it, or let systemd run it"},
    {"-o --output-file --out", "it is printed: pawl graph FILE --format svg > flow.svg", "graph"},
    {"-n --dry-run --dryrun --check --just-print", "pawl validate FILE checks without running"},
    {"--tail --last", "to see its end: pawl history ID --data-dir DIR | tail -n 5", "history"},
    {"-w --watch -f --follow", "it shows its progress until the end; leave it out", "resume wait retry rerun fork"},
    {"-w --watch", "it shows its progress until the end; leave it out", "run"},
    {"-f --file --filename --workflow-file", "FILE stands by itself: pawl run flow.yaml", "run"},
    {"-f --file --filename --workflow-file", "FILE stands by itself: pawl validate flow.yaml", "validate"},
    {"-f --file --filename --workflow-file", "FILE stands by itself: pawl graph flow.yaml", "graph"},
    {"--file --filename --workflow-file", "FILE stands by itself: pawl run flow.yaml"},
    {"--only --task --tasks --from --target --start-at",
     "a run executes the whole definition; a task to leave out has when: false, and `pawl rerun ID --from TASK` "
     "runs "
     "a part of one again",
     "run"},
    {"--from --task --only", "pawl rerun ID --from TASK runs a task again, and all that depends on it", "retry"},
    {"-t --timeout --max-time", "it looks once, and does not wait for another process; leave it out", "wait"},
    {"--all -a", "without an ID it is all of them: pawl resume --data-dir DIR", "resume"},
    {"--id --run-id --workflow-id -i --name", "the id stands by itself, behind the verb",
     "show wait history pause cancel retry rerun compensate fork delete resume"},
    {"-y --yes --force -f --assume-yes --no-confirm --noinput", "Pawl asks no questions; leave it out"},
    {"--no-color --no-colour --nocolor --color --colour",
     "colours follow NO_COLOR=1 and FORCE_COLOR=1 in the environment"},
    {"-C --chdir --cwd --workdir --working-dir --working-directory",
     "tasks run in the folder that you are in: (cd DIR && pawl run flow.yaml)"},
    {"-k --keep-going --continue-on-error", "a definition says that: on_failure: continue"},
    {"--env --env-file --set-env", "tasks see the environment of pawl: KEY=value pawl run flow.yaml"},
    {"--retries --retry --max-retries --max-attempts", "a task says that: retry_policy: {max_attempts: 3}"},
};

bool has(std::string_view words, std::string_view wanted) {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    if (words.substr(0, end) == wanted) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

std::string_view find(std::span<const Meaning> table, std::string_view word) {
  const auto row = std::ranges::find_if(table, [&](const Meaning& each) { return has(each.words, word); });
  return row == table.end() ? std::string_view() : row->ours;
}

// The first meaning that is among what there is.
std::string_view find(std::span<const Meaning> table, std::string_view word, std::span<const std::string> known) {
  for (const Meaning& row : table)
    if (has(row.words, word) && std::ranges::find(known, row.ours.substr(0, row.ours.find(' '))) != known.end())
      return row.ours;
  return {};
}

std::string instead(std::string_view text) { return text.empty() ? std::string() : fmt::format(" ({})", text); }

std::string meant(std::string_view ours) { return fmt::format(" (did you mean {}?)", in_quotes(ours)); }

}  // namespace

std::string foreign_verb(std::string_view word) {
  if (word.ends_with(".yaml") || word.ends_with(".yml") || word.ends_with(".json"))
    return meant(fmt::format("pawl run {}", word));
  const std::string_view ours = find(kVerbs, word);
  return ours.empty() ? instead(find(kNoSuchVerbs, word)) : meant(ours);
}

std::string foreign_inner_verb(std::string_view word, std::span<const std::string> known) {
  const std::string_view ours = find(kInnerVerbs, word, known);
  return ours.empty() ? std::string() : meant(ours);
}

std::string foreign_state(std::string_view word, std::span<const std::string_view> known) {
  if (word.contains(',')) return " (one of them)";
  const std::string_view ours = find(kStates, word);
  return std::ranges::find(known, ours) == known.end() ? std::string() : meant(ours);
}

std::string foreign_option(std::string_view word, std::string_view verb, std::span<const std::string> known) {
  for (const Meaning& row : kNoSuchOptions)
    if (has(row.of, verb) && has(row.words, word)) return instead(row.ours);
  if (const std::string_view ours = find(kOptions, word, known); !ours.empty()) return meant(ours);
  for (const Meaning& row : kNoSuchOptions)
    if (row.of.empty() && has(row.words, word)) return instead(row.ours);
  return {};
}

}  // namespace pawl::cli
