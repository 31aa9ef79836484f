// pawl doctor DIR: whether a data directory is sound.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/arguments.h"
#include "cli/cli.h"
#include "cli/directory.h"
#include "cli/view.h"

namespace pawl::cli {
namespace {

struct Findings {
  DataReport data;
  std::vector<QuarantinedWorkflow> quarantined;

  [[nodiscard]] bool sound() const { return data.problem_count == 0 && quarantined.empty(); }
};

Result<Findings> examine(const std::string& directory) {
  Result<DataReport> data = check_data_directory(directory);
  if (!data) return std::unexpected(std::move(data.error()));
  Findings findings{.data = *std::move(data), .quarantined = {}};
  // A directory that is damaged is not opened, for that writes to it.
  if (findings.data.problem_count > 0) return findings;
  const Result<std::unique_ptr<Engine>> engine = open_directory(directory, Purpose::to_read);
  if (!engine) return std::unexpected(engine.error());
  Result<std::vector<QuarantinedWorkflow>> quarantined = (*engine)->orchestrator().list_quarantined();
  if (!quarantined) return std::unexpected(std::move(quarantined.error()));
  findings.quarantined = *std::move(quarantined);
  return findings;
}

std::string to_text(const Findings& findings, const std::string& directory) {
  const DataReport& data = findings.data;
  std::string out =
      fmt::format("{} has {} workflows that have not ended, {} that have, {} events, {} snapshots, {} definitions\n",
                  printable(directory), data.live, data.ended, data.events, data.snapshots, data.definitions);
  for (const DataProblem& problem : data.problems)
    out += fmt::format("  {}{}: {}\n",
                       problem.workflow.empty() ? "" : fmt::format("workflow {}: ", in_quotes(problem.workflow)),
                       printable(problem.where), printable(problem.what));
  if (data.problem_count > data.problems.size())
    out += fmt::format("  ... and {} more\n", data.problem_count - data.problems.size());
  for (const QuarantinedWorkflow& each : findings.quarantined)
    out += fmt::format("  workflow {} cannot be run: {}\n", in_quotes(each.id), printable(each.reason));
  const std::size_t problems = data.problem_count + findings.quarantined.size();
  if (problems == 0) return out + "no problems\n";
  return out +
         fmt::format("{} problem{}; a backup can be restored with pawl restore\n", problems, problems == 1 ? "" : "s");
}

std::string to_json(const Findings& findings, const std::string& directory) {
  const DataReport& data = findings.data;
  boost::json::array problems;
  for (const DataProblem& problem : data.problems)
    problems.push_back({{"what", problem.what},
                        {"where", problem.where},
                        {"workflow", problem.workflow.empty() ? Json(nullptr) : Json(problem.workflow)}});
  boost::json::array quarantined;
  for (const QuarantinedWorkflow& each : findings.quarantined)
    quarantined.push_back({{"id", each.id}, {"reason", each.reason}});
  return to_json_text(Json{{"directory", directory},
                           {"sound", findings.sound()},
                           {"live", data.live},
                           {"ended", data.ended},
                           {"events", data.events},
                           {"checkpoints", data.checkpoints},
                           {"snapshots", data.snapshots},
                           {"definitions", data.definitions},
                           {"problem_count", data.problem_count},
                           {"problems", std::move(problems)},
                           {"quarantined", std::move(quarantined)}}) +
         "\n";
}

int doctor(const Target& target) {
  const Result<Findings> findings = examine(target.data_dir);
  if (!findings) return report(findings.error());
  put(stdout, target.json() ? to_json(*findings, target.data_dir) : to_text(*findings, target.data_dir));
  return findings->sound() ? kDone : kWorkflowFailed;
}

}  // namespace

void add_doctor(Verb& program) {
  Verb verb = program.add_verb("doctor", "Check a data directory from end to end");
  const auto target = std::make_shared<Target>();
  verb.add("DIR", target->data_dir, "The data directory, or a backup").environment("PAWL_DATA_DIR").required();
  add_output(verb, target->output, "human: counts and problems; json: one document");
  verb.teaches(
      "Reads everything that is stored and compares all checksums. A damaged directory is not written to.\n"
      "\n"
      "  pawl doctor data\n"
      "  pawl doctor data --output json | jq .problems\n"
      "\n"
      "Exit codes: 0 sound, 1 there are problems, 2 no data directory, 4 another process uses it.");
  verb.on_call([target] { return doctor(*target); });
}

}  // namespace pawl::cli
