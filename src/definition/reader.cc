// The doors by which definitions come in: a text, a file, a spec made in code.
#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "pawl/definition.h"

#include "base/file.h"
#include "definition/builder.h"
#include "definition/checks.h"
#include "definition/document.h"
#include "definition/doubtful_numbers.h"
#include "definition/fields.h"
#include "definition/task_reader.h"
#include "definition/task_sugar.h"
#include "definition/warnings.h"

namespace pawl {
namespace definition {
namespace {

struct Header {
  WorkflowSpec spec;
  bool has_name = false;
  std::optional<Json> shell;
  std::optional<Node> input;
  std::optional<Node> output;
  std::optional<Node> tasks;
};

using HeaderField = Field<Header>;

Checked<void> read_name(Header& header, Node value, const Path& path) {
  Checked<std::string> name = read_string(value, path);
  if (!name) return std::unexpected(std::move(name.error()));
  header.spec.name = *std::move(name);
  header.has_name = true;
  return {};
}

Checked<void> read_description(Header& header, Node value, const Path& path) {
  Checked<std::string> text = read_string(value, path);
  if (!text) return std::unexpected(std::move(text.error()));
  header.spec.description = *std::move(text);
  return {};
}

Checked<void> read_priority(Header& header, Node value, const Path& path) {
  const Checked<std::string> text = read_string(value, path);
  if (!text) return std::unexpected(text.error());
  const auto priority = parse_priority(*text);
  if (!priority)
    return wrong(path, fmt::format("{} is not a priority; it is low, normal, high or critical", in_quotes(*text)));
  header.spec.priority = *priority;
  return {};
}

Checked<void> read_on_failure(Header& header, Node value, const Path& path) {
  const Checked<std::string> text = read_string(value, path);
  if (!text) return std::unexpected(text.error());
  if (*text != "fail" && *text != "continue")
    return wrong(path, fmt::format("{} is unknown; on_failure is fail or continue", in_quotes(*text)));
  header.spec.on_failure = *text == "fail" ? OnFailure::fail : OnFailure::continue_;
  return {};
}

Checked<void> read_input(Header& header, Node value, const Path& path) {
  if (value.kind() != NodeKind::object) return wrong_type(value, path, "an object of default values");
  header.input = value;
  return assign(header.spec.input, read_json(value, path));
}

Checked<void> read_output(Header& header, Node value, const Path& path) {
  header.output = value;
  return assign(header.spec.output, read_json(value, path));
}

Checked<void> read_timeout(Header& header, Node value, const Path& path) {
  const Checked<Duration> timeout = read_duration(value, path);
  if (!timeout) return std::unexpected(timeout.error());
  header.spec.timeout = *timeout;
  return {};
}

Checked<void> read_timeout_policy(Header& header, Node value, const Path& path) {
  Checked<std::string> name = read_string(value, path);
  if (!name) return std::unexpected(std::move(name.error()));
  if (name->empty()) return wrong(path, "must not be empty");
  header.spec.timeout_policy = *std::move(name);
  return {};
}

Checked<void> read_saga(Header& header, Node value, const Path& path) {
  const Checked<bool> saga = read_boolean(value, path);
  if (!saga) return std::unexpected(saga.error());
  header.spec.saga = *saga;
  return {};
}

Checked<void> read_default_shell(Header& header, Node value, const Path& path) {
  return assign(header.shell, read_shell(value, path));
}

Checked<void> read_tasks(Header& header, Node value, const Path& path) {
  if (value.kind() != NodeKind::object) return wrong_type(value, path, "an object from task ids to tasks");
  header.tasks = value;
  return {};
}

// `$schema` is for editors.
Checked<void> read_schema(Header&, Node value, const Path& path) {
  if (const Checked<std::string> schema = read_string(value, path); !schema) return std::unexpected(schema.error());
  return {};
}

constexpr HeaderField kHeaderFields[] = {
    {"$schema", read_schema},
    {"name", read_name},
    {"description", read_description},
    {"priority", read_priority},
    {"input", read_input},
    {"on_failure", read_on_failure},
    {"timeout", read_timeout},
    {"timeout_policy", read_timeout_policy},
    {"saga", read_saga},
    {"output", read_output},
    {"shell", read_default_shell},
    {"tasks", read_tasks},
};

Checked<DefinitionPtr> read_root(Node root, const DefinitionChecks& checks, std::vector<Problem>& warnings) {
  Header header;
  std::optional<Problem> found;
  if (Checked<void> ok =
          read_fields<Header>(root, kHeaderFields, header, {}, "an object with `name` and `tasks`", KeyOf::workflow);
      !ok && !collect(found, std::move(ok.error())))
    return std::unexpected(*std::move(found));
  if (!found && !header.has_name) return wrong({"name"}, "is missing; every definition has a name");
  if (!found && !header.tasks) return wrong({"tasks"}, "is missing; a workflow needs at least one task");

  std::vector<Problem> durations;
  const bool doubts = checks.warnings != nullptr && !checks.stored;
  if (doubts) doubt_durations(root, {}, durations);
  Builder builder(checks);
  if (!found)
    if (Checked<void> ok = builder.set_header(header.spec); !ok) found = std::move(ok.error());
  const Json* const shell = header.shell ? &*header.shell : nullptr;
  TaskSpec task;
  Path path{"tasks", ""};
  if (header.tasks) {
    for (const auto& [key, value] : header.tasks->members()) {
      task.id = key.string();
      path.back() = task.id;
      Checked<void> ok = read_task(task, value, path, shell);
      if (ok && !found) ok = builder.add_task(task);
      if (!ok && !collect(found, std::move(ok.error()))) break;
      if (doubts) doubt_durations(value, path, durations);
    }
  }
  if (found) return std::unexpected(*std::move(found));
  Checked<DefinitionPtr> made = builder.finish();
  if (!made || checks.warnings == nullptr) return made;
  warnings = builder.warnings();
  std::ranges::move(durations, std::back_inserter(warnings));
  if (header.input) std::ranges::move(doubt_numbers(*header.input, "input"), std::back_inserter(warnings));
  if (header.output) std::ranges::move(doubt_numbers(*header.output, "output"), std::back_inserter(warnings));
  return made;
}

// The problem where the document has it: sugar under the name that was written.
Problem placed_as_written(Problem problem, Node root) {
  if (root.kind() != NodeKind::object || problem.path.size() < 2 || problem.path[0] != Path::value_type("tasks"))
    return problem;
  const auto member = [&](std::optional<Node> object, std::size_t depth) -> std::optional<Node> {
    if (!object || object->kind() != NodeKind::object) return std::nullopt;
    for (const auto& [key, value] : object->members())
      if (Path::value_type(std::string(key.string())) == problem.path[depth]) return value;
    return std::nullopt;
  };
  std::optional<Node> node = member(member(root, 0), 1);
  std::size_t depth = 2;
  if (problem.path.size() > depth && problem.path[depth] == Path::value_type("compensation"))
    node = member(node, depth++);
  if (node) problem.path = as_written(problem.path, *node, depth);
  return problem;
}

void add_warning(const DefinitionChecks& checks, Error problem) {
  checks.warnings->push_back({.message = std::move(problem.message),
                              .field = std::move(problem.field),
                              .line = problem.line,
                              .column = problem.column});
}

}  // namespace
}  // namespace definition

Result<DefinitionPtr> make_definition(const WorkflowSpec& spec, const DefinitionChecks& checks) {
  definition::Builder builder(checks);
  if (auto ok = builder.set_header(spec); !ok) return std::unexpected(definition::to_error(std::move(ok.error())));
  for (const TaskSpec& task : spec.tasks)
    if (auto ok = builder.add_task(task); !ok) return std::unexpected(definition::to_error(std::move(ok.error())));
  auto made = builder.finish();
  if (!made) return std::unexpected(definition::to_error(std::move(made.error())));
  for (definition::Problem& warning : builder.warnings())
    definition::add_warning(checks, definition::to_error(std::move(warning)));
  return *std::move(made);
}

Result<DefinitionPtr> read_definition(std::string_view text, std::string_view file_name,
                                      const DefinitionChecks& checks) {
  const definition::DocumentLimits document_limits{.max_bytes = checks.limits.file_bytes};
  Result<definition::Document> document =
      definition::Document::parse(text, definition::guess_format(file_name, text), document_limits);
  if (!document) return std::unexpected(std::move(document.error()));
  if (checks.stored) document->mark_stored();
  const definition::Node root = document->root();
  std::vector<definition::Problem> warnings;
  auto made = definition::read_root(root, checks, warnings);
  const auto placed = [root](definition::Problem problem) {
    return definition::to_error(definition::placed_as_written(std::move(problem), root), root);
  };
  if (!made) {
    if (checks.more_errors != nullptr)
      for (definition::Problem& each : made.error().more) checks.more_errors->push_back(placed(std::move(each)));
    return std::unexpected(placed(std::move(made.error())));
  }
  for (definition::Problem& warning : warnings) definition::add_warning(checks, placed(std::move(warning)));
  return *std::move(made);
}

Result<DefinitionPtr> read_definition_file(const std::string& path, const DefinitionChecks& checks) {
  Result<std::string> text = read_file(path, checks.limits.file_bytes, "a definition");
  if (!text) return std::unexpected(std::move(text.error()));
  return read_definition(*text, path, checks);
}

}  // namespace pawl
