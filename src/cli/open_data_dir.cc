#include "cli/open_data_dir.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/user.h"

namespace pawl::cli {
namespace {

// So many ids are compared with one that is not known.
constexpr std::size_t kCompared = 1000;

std::string suggestion(Engine& engine, const Target& target) {
  const auto newest = engine.orchestrator().list_workflows({.limit = kCompared});
  if (!newest) return {};
  std::vector<std::string_view> ids;
  for (const WorkflowStatus& status : *newest) ids.push_back(status.id);
  const std::string meant = did_you_mean(target.id, ids);
  return meant.empty() ? fmt::format("; pawl list --data-dir {} lists them", shell_word(target.data_dir)) : meant;
}

// As open_directory, but it is made if there is none, which standby does not do. No workflow has an empty id.
Result<std::unique_ptr<Engine>> open_or_make(const std::string& data_dir) {
  return Engine::open(
      {.shards = 1, .data_dir = data_dir, .only = std::set<std::string, std::less<>>(), .actor = this_user()});
}

// What was not found may be something in a workflow that there is.
bool is_unknown(Engine& engine, const std::string& id) {
  const auto status = engine.orchestrator().get_workflow_status(id);
  return !status && status.error().code == ErrorCode::not_found;
}

}  // namespace

Result<std::unique_ptr<Engine>> open_directory(const std::string& data_dir, Purpose purpose) {
  return Engine::open({.shards = 1,
                       .data_dir = data_dir,
                       .standby = true,
                       .read_only = purpose == Purpose::to_read,
                       .actor = this_user()});
}

int in_directory(const Target& target, const DirectoryWork& work) {
  const Result<std::unique_ptr<Engine>> engine =
      target.make ? open_or_make(target.data_dir)
                  : open_directory(target.data_dir, target.reads ? Purpose::to_read : Purpose::to_change);
  if (!engine) return report(engine.error());
  Result<int> code = work(**engine);
  if (code) return *code;
  if (code.error().code == ErrorCode::not_found && !target.id.empty() && is_unknown(**engine, target.id))
    code.error().message += suggestion(**engine, target);
  return report(code.error());
}

std::string shell_word(const std::string& text) {
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@%+=:,./_-";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string resume_command(const std::string& id, const std::string& data_dir) {
  return fmt::format("pawl resume {}--data-dir {}", id.empty() ? "" : shell_word(id) + " ", shell_word(data_dir));
}

std::string nothing_runs(const WorkflowStatus& status, const std::string& data_dir) {
  return fmt::format("workflow {} is {}, and no process works on it now: {} continues it", in_quotes(status.id),
                     to_string(status.state), resume_command(status.id, data_dir));
}

}  // namespace pawl::cli
