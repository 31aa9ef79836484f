// pawl history ID: what has happened to a stored workflow, event by event.
#include <cstdint>
#include <cstdio>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/time.h"
#include "cli/arguments.h"
#include "cli/cli.h"
#include "cli/open_data_dir.h"
#include "cli/view/event_text.h"
#include "cli/view/view.h"

namespace pawl::cli {
namespace {

constexpr std::size_t kPage = 1000;
// Events are stored by the turn, and a turn is read as a whole: pages that are much smaller would read it many times.
constexpr std::size_t kPageBytes = 16'777'216;
constexpr std::int64_t kMostEvents = 1'000'000'000;

struct HistoryArguments {
  Target target;
  bool follow = false;
  std::uint64_t from = 0;
  std::size_t limit = std::numeric_limits<std::size_t>::max();
};

void print(const HistoryEvent& event, EventFormatter& words, bool json) {
  if (json) {
    put(stdout, to_json_text(event) + "\n");
    return;
  }
  const std::string by = event.event.by.empty() ? "" : fmt::format(" (by {})", printable(event.event.by));
  put(stdout, fmt::format("{:>6} {} {} {}{}\n", event.number, format_time(event.event.at), subject_of(event.event),
                          words.describe(event.event), by));
}

Result<int> history(Engine& engine, const HistoryArguments& arguments) {
  const std::string& id = arguments.target.id;
  EventFormatter words;
  std::uint64_t from = arguments.from;
  for (std::size_t left = arguments.limit; left > 0;) {
    const Result<std::vector<HistoryEvent>> page =
        engine.orchestrator().get_history(id, {.from = from, .limit = std::min(left, kPage), .max_bytes = kPageBytes});
    if (!page) return std::unexpected(page.error());
    if (page->empty() && from == arguments.from && from > 0)
      note(fmt::format("there is no event {} or later; they count from 0", from));
    if (page->empty()) break;
    for (const HistoryEvent& event : *page) print(event, words, arguments.target.json());
    from = page->back().number + 1;
    left -= page->size();
    if (left == 0 || std::ferror(stdout) != 0) return kDone;
  }
  if (!arguments.follow) return kDone;
  const Result<WorkflowStatus> status = engine.orchestrator().get_workflow_status(id);
  if (!status) return std::unexpected(status.error());
  if (is_terminal(status->state)) return kDone;
  return fail(ErrorCode::unavailable, "nothing more will come: " + nothing_runs(*status, arguments.target.data_dir));
}

}  // namespace

void add_history(Verb& program) {
  Verb verb = program.add_verb("history", "Show what happened to a workflow of a data directory");
  const auto arguments = std::make_shared<HistoryArguments>();
  add_workflow(verb, arguments->target);
  verb.add_flag("--follow", arguments->follow, "Until it has ended; exits with 4 if no process works on it");
  verb.add("--from", arguments->from, "Begin with the event of this number; they count from 0")
      .between(0, std::numeric_limits<std::int64_t>::max());
  verb.add("--limit", arguments->limit, "Print at most N events (default: all)").between(1, kMostEvents);
  add_output(verb, arguments->target.output, "human: a line for each event; json: a document on a line for each");
  verb.teaches(
      "  pawl history monday --data-dir data\n"
      "  pawl history monday --data-dir data --output json | jq -c 'select(.type == \"task_failed\")'\n"
      "\n"
      "Lines that tasks wrote, and their progress, are not recorded.");
  on_reading(verb, arguments, history);
}

}  // namespace pawl::cli
