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
};

constexpr Meaning kVerbs[] = {
    {"start exec execute up trigger submit apply launch make create call enqueue invoke play begin build", "pawl run"},
    {"ls ps workflow workflows runs jobs dags all", "pawl list"},
    {"describe inspect view info status get explain result results output report why tasks task", "pawl show"},
    {"events event audit trace timeline", "pawl history"},
    {"rm remove del purge prune clean clear forget", "pawl delete"},
    {"stop kill abort terminate down signal halt", "pawl cancel"},
    {"suspend hold freeze", "pawl pause"},
    {"continue unpause recover attach unsuspend release proceed", "pawl resume"},
    {"restart redo rebuild replay again", "pawl rerun"},
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
     "Pawl needs no server: `pawl run FILE --data-dir DIR` runs a workflow, `pawl resume --data-dir DIR` goes on with "
     "it"},
    {"logs log tail stdout",
     "what a task wrote: pawl show ID --data-dir DIR --output json | jq -r .tasks.TASK.result.stdout; what happened: "
     "pawl "
     "history ID"},
    {"init new edit", "a definition is a file that you write; `pawl --help` shows a first one"},
    {"schedule cron", "Pawl starts nothing by the clock; let cron or a systemd timer call `pawl run FILE`"},
    {"login logout auth user users secret secrets env variables connections",
     "Pawl has no accounts and keeps no secrets"},
};

constexpr Meaning kOptions[] = {
    {"-o --format --out --json --as", "--output"},
    {"--param --params --parameter --parameters --var --vars --inputs --arg --args --conf --extra-vars --set -p -e -i",
     "--input"},
    {"-d --dir --state-dir --data --datadir --db --database --store --state --directory --home", "--data-dir"},
    {"-j --jobs --parallel --max-parallel --workers --parallelism --max-workers --threads", "--concurrency"},
    {"--name --run-id --workflow-id --dag-run-id --uuid", "--id"},
    {"--silent -s --no-output", "--quiet"},
    {"--no-progress --plain --ansi --live", "--progress"},
    {"-v --verbose --debug --trace --loglevel", "--log-level"},
    {"-t --deadline --time-limit --max-time", "--timeout"},
    {"-w --watch --tail", "--follow"},
    {"--since --offset --start", "--from"},
    {"-n --max --count --head --lines --page-size", "--limit"},
    {"--message --note --comment --why -m", "--reason"},
    {"-V", "--version"},
    {"-?", "--help"},
};

constexpr Meaning kNoSuchOptions[] = {
    {"-f --file --filename --workflow-file", "FILE stands by itself: pawl run flow.yaml"},
    {"--dry-run --dryrun --check --just-print", "pawl validate FILE checks without running"},
    {"--detach --background --daemon", "pawl works in the foreground; write & behind it, or let systemd run it"},
    {"-y --yes --force --assume-yes --no-confirm --noinput", "nothing asks; leave it out"},
    {"--no-color --no-colour --nocolor --color --colour",
     "colours follow NO_COLOR=1 and FORCE_COLOR=1 in the environment"},
    {"-C --chdir --cwd --workdir --working-dir --working-directory",
     "tasks run in the folder that you are in: (cd DIR && pawl run flow.yaml)"},
    {"-k --keep-going --continue-on-error", "a definition says that: on_failure: continue"},
    {"--env --env-file --set-env", "tasks see the environment of pawl: KEY=value pawl run flow.yaml"},
    {"--retries --retry --max-retries --max-attempts", "a task says that: retry_policy: {max_attempts: 3}"},
};

std::string_view find(std::span<const Meaning> table, std::string_view word) {
  for (const Meaning& row : table) {
    for (std::string_view words = row.words; !words.empty();) {
      const std::size_t end = std::min(words.find(' '), words.size());
      if (words.substr(0, end) == word) return row.ours;
      words.remove_prefix(std::min(end + 1, words.size()));
    }
  }
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

std::string foreign_option(std::string_view word, std::span<const std::string> known) {
  const std::string_view ours = find(kOptions, word);
  if (std::ranges::find(known, ours) != known.end()) return meant(ours);
  return instead(find(kNoSuchOptions, word));
}

}  // namespace pawl::cli
