// pawl list: the workflows of a data directory.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/time.h"
#include "cli/arguments.h"
#include "cli/cli.h"
#include "cli/json_output.h"
#include "cli/open_data_dir.h"
#include "cli/view/table.h"
#include "cli/view/view.h"

namespace pawl::cli {
namespace {

struct ListArguments {
  Target target;
  std::string state;
  std::string name;
  std::size_t limit = kListed;
};

std::string state_of(const WorkflowStatus& status) {
  const bool says_more = status.phase != Phase::none && status.phase != Phase::executing;
  return says_more ? fmt::format("{} ({})", to_string(status.state), to_string(status.phase))
                   : std::string(to_string(status.state));
}

std::string table_of(const std::vector<WorkflowStatus>& found) {
  Table table({"ID", "NAME", "STATE", "ENDED TASKS", "CREATED"});
  for (const WorkflowStatus& status : found) {
    table.add({status.id, status.name, state_of(status),
               fmt::format("{} of {}", ended_tasks(status), status.tasks_total), format_time(status.created_at)});
  }
  return table.text();
}

Result<int> list(Engine& engine, const ListArguments& arguments) {
  ListOptions options{.state = {}, .name = arguments.name, .limit = arguments.limit + 1};
  if (!arguments.state.empty()) options.state = parse_workflow_state(arguments.state);
  Result<std::vector<WorkflowStatus>> found = engine.orchestrator().list_workflows(options);
  if (!found) return std::unexpected(std::move(found.error()));
  print_page(*std::move(found),
             {.limit = arguments.limit,
              .json = arguments.target.json(),
              .none = "there are no such workflows in " + arguments.target.data_dir,
              .how = "--limit"},
             table_of);
  return kDone;
}

}  // namespace

void add_list(Verb& program) {
  Verb verb = program.add_verb("list", "List the workflows of a data directory, the newest first");
  const auto arguments = std::make_shared<ListArguments>();
  add_directory(verb, arguments->target);
  verb.add("--state", arguments->state, "Only those in this state")
      .one_of({"pending", "running", "paused", "completed", "failed", "cancelled"});
  verb.add("--name", arguments->name, "Only those of definitions with this name").not_empty();
  verb.add("--limit", arguments->limit, "At most N").between(1, kMostListed).shows_default();
  add_output(verb, arguments->target.output, "human: a table; json: an array");
  verb.teaches(
      "  pawl list --data-dir data --state failed\n"
      "  pawl list --data-dir data --output json | jq -r '.[].id'\n"
      "\n"
      "A workflow that is listed as running is one that has not ended: pawl resume continues it.");
  on_reading(verb, arguments, list);
}

}  // namespace pawl::cli
