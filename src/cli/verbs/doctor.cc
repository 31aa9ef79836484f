// pawl doctor DIR: whether a data directory is sound.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "pawl/salvage.h"

#include "base/text.h"
#include "cli/arguments.h"
#include "cli/cli.h"
#include "cli/open_data_dir.h"
#include "cli/view/view.h"

namespace pawl::cli {
namespace {

struct DoctorArguments {
  Target target;
  std::optional<std::string> directory;  // given without --data-dir
  std::optional<std::string> variable;   // what stands for --data-dir in the environment
  std::string salvage;                   // a new directory; empty: it is only checked
};

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
         fmt::format("{} problem{}; restore a backup with pawl restore, or copy what can be read with --salvage\n",
                     problems, problems == 1 ? "" : "s");
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

std::string to_text(const SalvageReport& report, const DoctorArguments& arguments) {
  std::string out;
  for (const std::string& damage : report.damage) out += fmt::format("  damaged: {}\n", printable(damage));
  for (const SalvagedWorkflow& each : report.workflows) {
    const std::string id = in_quotes(each.id);
    if (!each.kept) {
      out += fmt::format("  workflow {} is lost: not even its beginning can be read\n", id);
      continue;
    }
    out += fmt::format("  workflow {}: events from {} on {}{}", id, each.lost_from,
                       each.certain ? "are lost" : "may be lost", each.had_ended ? ", its end among them" : "");
    out += each.paused ? fmt::format("; it is paused as it was before them: {}\n",
                                     printable(resume_command(each.id, arguments.salvage)))
                       : std::string("\n");
  }
  for (const std::string& each : report.lost) out += fmt::format("  lost: {}\n", printable(each));
  out += fmt::format("{} has {} workflows that have not ended, {} that have{}\n", printable(arguments.salvage),
                     report.live, report.ended, report.lost_nothing() ? "; nothing is lost" : "");
  return out;
}

std::string to_json(const SalvageReport& report, const DoctorArguments& arguments) {
  boost::json::array workflows;
  for (const SalvagedWorkflow& each : report.workflows)
    workflows.push_back({{"id", each.id},
                         {"kept", each.kept},
                         {"certain", each.certain},
                         {"had_ended", each.had_ended},
                         {"paused", each.paused},
                         {"lost_from", each.kept ? Json(each.lost_from) : Json(nullptr)}});
  return to_json_text(Json{{"directory", arguments.target.data_dir},
                           {"salvaged", arguments.salvage},
                           {"lost_nothing", report.lost_nothing()},
                           {"live", report.live},
                           {"ended", report.ended},
                           {"damage", boost::json::array(report.damage.begin(), report.damage.end())},
                           {"workflows", std::move(workflows)},
                           {"lost", boost::json::array(report.lost.begin(), report.lost.end())}}) +
         "\n";
}

int salvage(const DoctorArguments& arguments) {
  const Result<SalvageReport> salvaged = salvage_data_directory(arguments.target.data_dir, arguments.salvage);
  if (!salvaged) return report(salvaged.error());
  put(stdout, arguments.target.json() ? to_json(*salvaged, arguments) : to_text(*salvaged, arguments));
  return salvaged->lost_nothing() ? kDone : kWorkflowFailed;
}

// What is given by itself stands before the environment, but not against --data-dir.
Result<void> choose_directory(DoctorArguments& arguments) {
  std::string& chosen = arguments.target.data_dir;
  if (arguments.directory && arguments.directory->empty()) return fail(ErrorCode::invalid_argument, "DIR: is empty");
  if (!arguments.directory && chosen.empty())
    return fail(ErrorCode::invalid_argument, "doctor: --data-dir is missing; see pawl doctor --help");
  if (!arguments.directory) return {};
  const bool from_environment = chosen == arguments.variable;
  if (!chosen.empty() && !from_environment && chosen != *arguments.directory)
    return fail(ErrorCode::invalid_argument,
                fmt::format("doctor: DIR and --data-dir are two directories, {} and {}; leave one out",
                            in_quotes(*arguments.directory), in_quotes(chosen)));
  chosen = *arguments.directory;
  return {};
}

int doctor(const DoctorArguments& arguments) {
  const Target& target = arguments.target;
  if (!arguments.salvage.empty()) return salvage(arguments);
  const Result<Findings> findings = examine(target.data_dir);
  if (!findings) return report(findings.error());
  put(stdout, target.json() ? to_json(*findings, target.data_dir) : to_text(*findings, target.data_dir));
  return findings->sound() ? kDone : kWorkflowFailed;
}

}  // namespace

void add_doctor(Verb& program) {
  Verb verb = program.add_verb("doctor", "Check a data directory from end to end");
  const auto arguments = std::make_shared<DoctorArguments>();
  if (const char* const variable = std::getenv(kDataDirVariable)) arguments->variable = variable;
  Target* const target = &arguments->target;
  verb.add("DIR", arguments->directory, "The data directory, or a backup; the same as --data-dir");
  add_data_dir(verb, target->data_dir, "The data directory, or a backup");
  verb.add("--salvage", arguments->salvage, "Copy all that can be read to this new directory, and say what is lost")
      .not_empty();
  add_output(verb, target->output, "human: counts and problems; json: one document");
  verb.teaches(
      "Reads everything that is stored and compares all checksums. A damaged directory is not written to.\n"
      "\n"
      "  pawl doctor data\n"
      "  pawl doctor data --output json | jq .problems\n"
      "  pawl doctor data --salvage data.salvaged\n"
      "\n"
      "Salvage leaves DIR as it is. A workflow of which later events are lost, or may be, is restored to its state\n"
      "before them, paused: look at it, then pawl resume, cancel or delete it. One whose beginning cannot be read is\n"
      "left out.\n"
      "\n"
      "Exit codes: 0 sound, or nothing is lost, 1 there are problems, 2 no data directory, 4 another process uses it.");
  verb.on_call([arguments] {
    if (const Result<void> ok = choose_directory(*arguments); !ok) return report(ok.error());
    return doctor(*arguments);
  });
}

}  // namespace pawl::cli
