// pawl import wfformat FILE: a WfCommons WfFormat 1.5 execution as a Pawl definition, in which each task sleeps as long
// as it once ran, times a factor.
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <fmt/format.h>

#include "pawl/definition.h"
#include "pawl/json.h"

#include "base/text.h"
#include "base/time.h"
#include "cli/cli.h"
#include "cli/definition_file.h"
#include "cli/view/view.h"

namespace pawl::cli {
namespace {

constexpr std::size_t kMaxTraceBytes = std::size_t{1} << 30U;
constexpr double kMaxTimeScale = 1e6;
constexpr double kMaxRuntimeSeconds = 100.0 * 366 * 86'400;  // as long as anything may take

struct ImportOptions {
  std::string file;
  double time_scale = 1.0;
  std::string handlers = "test";
};

struct ImportedTask {
  std::string id;
  std::string name;
  std::vector<std::string> parents;
  double runtime_seconds = 0;
};

struct ImportedWorkflow {
  std::string name;
  std::vector<ImportedTask> tasks;
};

std::unexpected<Error> no_wfformat(std::string_view field, std::string_view what) {
  return fail(ErrorCode::invalid_argument, fmt::format("is not WfFormat 1.5: {}", what), std::string(field));
}

const Json* member(const Json& value, std::string_view name) {
  return value.is_object() ? value.get_object().if_contains(name) : nullptr;
}

// A string member, or empty.
std::string text_of(const Json& value, std::string_view name) {
  const Json* const found = member(value, name);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

Result<std::unordered_map<std::string, double>> read_runtimes(const Json& execution) {
  std::unordered_map<std::string, double> runtimes;
  const Json* const tasks = member(execution, "tasks");
  if (tasks == nullptr || !tasks->is_array()) return no_wfformat("workflow.execution.tasks", "an array is missing");
  for (const Json& task : tasks->get_array()) {
    const Json* const runtime = member(task, "runtimeInSeconds");
    if (runtime == nullptr || !runtime->is_number() || !(runtime->to_number<double>() >= 0) ||
        runtime->to_number<double>() > kMaxRuntimeSeconds)
      return no_wfformat(
          "workflow.execution.tasks",
          fmt::format("task {} has no runtimeInSeconds between 0 and 100 years", in_quotes(text_of(task, "id"))));
    runtimes[text_of(task, "id")] = runtime->to_number<double>();
  }
  return runtimes;
}

Result<ImportedWorkflow> read_wfformat(const Json& document) {
  const std::string version = text_of(document, "schemaVersion");
  if (version != "1.5")
    return no_wfformat("schemaVersion",
                       version.empty() ? "it is missing" : fmt::format("it is {}", in_quotes(version)));
  const Json* const workflow = member(document, "workflow");
  const Json* const specification = workflow == nullptr ? nullptr : member(*workflow, "specification");
  const Json* const execution = workflow == nullptr ? nullptr : member(*workflow, "execution");
  if (specification == nullptr) return no_wfformat("workflow.specification", "it is missing");
  if (execution == nullptr)
    return no_wfformat("workflow.execution", "it is missing, and with it the measured runtimes");
  auto runtimes = read_runtimes(*execution);
  if (!runtimes) return std::unexpected(std::move(runtimes.error()));
  const Json* const tasks = member(*specification, "tasks");
  if (tasks == nullptr || !tasks->is_array()) return no_wfformat("workflow.specification.tasks", "an array is missing");

  if (tasks->get_array().empty()) return no_wfformat("workflow.specification.tasks", "there are none");
  std::unordered_set<std::string> ids;
  ImportedWorkflow imported{.name = text_of(document, "name"), .tasks = {}};
  for (const Json& task : tasks->get_array()) {
    ImportedTask one{.id = text_of(task, "id"), .name = text_of(task, "name"), .parents = {}, .runtime_seconds = 0};
    if (one.id.empty()) return no_wfformat("workflow.specification.tasks", "a task has no id");
    if (!ids.insert(one.id).second)
      return no_wfformat("workflow.specification.tasks", fmt::format("two tasks have the id {}", in_quotes(one.id)));
    const Json* const parents = member(task, "parents");
    if (parents == nullptr || !parents->is_array())
      return no_wfformat("workflow.specification.tasks",
                         fmt::format("task {} has no array of parents", in_quotes(one.id)));
    for (const Json& parent : parents->get_array()) {
      if (!parent.is_string())
        return no_wfformat("workflow.specification.tasks",
                           fmt::format("a parent of task {} is not an id", in_quotes(one.id)));
      one.parents.emplace_back(parent.get_string());
    }
    const auto runtime = runtimes->find(one.id);
    if (runtime == runtimes->end())
      return no_wfformat("workflow.execution.tasks", fmt::format("task {} was not executed", in_quotes(one.id)));
    one.runtime_seconds = runtime->second;
    imported.tasks.push_back(std::move(one));
  }
  return imported;
}

// JSON strings are YAML strings too.
std::string yaml_string(std::string_view text) {
  return to_json_text(Json(boost::json::string_view(text.data(), text.size())));
}

std::string to_yaml(const ImportedWorkflow& workflow, const ImportOptions& options) {
  std::string out =
      fmt::format("# Imported from WfFormat: each task sleeps its measured runtime times {}.\nname: {}\ntasks:\n",
                  options.time_scale, yaml_string(workflow.name));
  for (const ImportedTask& task : workflow.tasks) {
    out += fmt::format("  {}:\n", yaml_string(task.id));
    if (!task.name.empty() && task.name != task.id) out += fmt::format("    name: {}\n", yaml_string(task.name));
    const double seconds = task.runtime_seconds * options.time_scale;
    if (options.handlers == "exec") {
      out += fmt::format("    run: [sleep, \"{:.3f}\"]\n", seconds);
    } else {
      out += fmt::format("    module: test\n    function: sleep\n    args: [{}]\n",
                         format_duration(Duration(std::llround(seconds * 1e3))));
    }
    if (task.parents.empty()) continue;
    out += "    dependencies: [";
    for (const std::string& parent : task.parents)
      out += (&parent == task.parents.data() ? "" : ", ") + yaml_string(parent);
    out += "]\n";
  }
  return out;
}

int import_wfformat(const ImportOptions& options) {
  const Result<std::string> text = read_argument(options.file, kMaxTraceBytes, "a WfFormat");
  if (!text) return report(text.error(), shown_name(options.file));
  const Result<Json> document = parse_json(*text);
  if (!document) return report(document.error(), shown_name(options.file));
  const Result<ImportedWorkflow> workflow = read_wfformat(*document);
  if (!workflow) return report(workflow.error(), shown_name(options.file));
  const std::string yaml = to_yaml(*workflow, options);
  // What is written must be a definition: a graph that Pawl refuses is refused here, not later.
  if (const Result<DefinitionPtr> definition = read_definition(yaml, "imported.yaml"); !definition) {
    Error error = definition.error();
    error.line = error.column = 0;  // positions in what was not written help nobody
    return report(error, shown_name(options.file));
  }
  put(stdout, yaml);
  return kDone;
}

}  // namespace

void add_import(Verb& program) {
  Verb verb = program.add_verb("import", "Translate workflows of other systems into definitions");
  verb.needs_verb();
  Verb wfformat = verb.add_verb("wfformat", "WfCommons WfFormat 1.5, an execution trace; YAML on stdout");
  const auto options = std::make_shared<ImportOptions>();
  wfformat.add("FILE", options->file, "A WfFormat 1.5 JSON file; - for standard input").required();
  wfformat.add("--time-scale", options->time_scale, "Each task sleeps its measured runtime times this")
      .number_between(0, kMaxTimeScale)
      .shows_default();
  wfformat.add("--handlers", options->handlers, "test: timers, cheap; exec: real `sleep` processes")
      .one_of({"test", "exec"})
      .shows_default();
  wfformat.teaches("  pawl import wfformat trace.json --time-scale 0.001 > flow.yaml && pawl run flow.yaml");
  wfformat.on_call([options] { return import_wfformat(*options); });
}

}  // namespace pawl::cli
