// pawl validate FILE...
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fnmatch.h>

#include "pawl/engine.h"

#include "cli/arguments.h"
#include "cli/cli.h"
#include "cli/definition_file.h"
#include "cli/view/view.h"
#include "cli/warnings.h"

namespace pawl::cli {
namespace {

struct ValidateArguments {
  std::vector<std::string> files;
  std::vector<std::string> handlers;  // patterns of `module.function`
  bool allow_unknown = false;
  bool strict = false;
  std::string output = "human";
};

// The built-in handlers, and those that the program which is to run a definition has by what its user says.
class DeclaredHandlers final : public Handlers {
 public:
  DeclaredHandlers(const Handlers& built_in, const ValidateArguments& arguments)
      : built_in_(built_in), arguments_(arguments) {}

  Result<void> add(std::string, std::string, HandlerFunction, HandlerOptions) override {
    return fail(ErrorCode::invalid_state, "nothing is run here");
  }

  [[nodiscard]] Result<void> check(std::string_view module, std::string_view function,
                                   const Json* args) const override {
    Result<void> known = built_in_.check(module, function, args);
    if (known) return known;
    const std::string name = fmt::format("{}.{}", module, function);
    const auto matches = [&](const std::string& pattern) { return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0; };
    const bool is_unknown = known.error().field == "module";  // a built-in module has no other functions
    if (is_unknown && (arguments_.allow_unknown || std::ranges::any_of(arguments_.handlers, matches))) return {};
    if (is_unknown && !arguments_.handlers.empty())
      known.error().message += fmt::format(", and no --handlers matches {}", name);
    return known;
  }

 private:
  const Handlers& built_in_;
  const ValidateArguments& arguments_;
};

Json validation_document(const Error& problem) {
  return {{"message", problem.message}, {"field", problem.field}, {"line", problem.line}, {"column", problem.column}};
}

// What reading one file has come to.
struct Verdict {
  Result<DefinitionPtr> definition;
  std::vector<Error> more_errors{};
  std::vector<Warning> warnings{};
};

// What there is to say of one file. It is `ok` if it would run, with --strict only without a warning.
Json validation_document(const std::string& file, const Verdict& verdict, bool strict) {
  const auto& [definition, more_errors, warnings] = verdict;
  boost::json::object document = {{"file", file}, {"ok", definition && (warnings.empty() || !strict)}};
  boost::json::array all;
  for (const Warning& each : warnings)
    all.push_back({{"message", each.message}, {"field", each.field}, {"line", each.line}, {"column", each.column}});
  document["warnings"] = std::move(all);
  if (!definition) {
    document["error"] = validation_document(definition.error());
    boost::json::array& more = document["more_errors"].emplace_array();
    for (const Error& each : more_errors) more.push_back(validation_document(each));
    return document;
  }
  document["name"] = (*definition)->name();
  document["tasks"] = (*definition)->task_count();
  document["dependencies"] = (*definition)->dependency_count();
  document["hash"] = (*definition)->hash();
  return document;
}

// Says what is wrong with one file, or that nothing is; returns the exit code.
int tell(const std::string& file, const Verdict& verdict, const ValidateArguments& arguments) {
  const auto& [definition, more_errors, warnings] = verdict;
  if (!definition) {
    const int code = report(definition.error(), file);
    for (const Error& each : more_errors) (void)report(each, file);
    return code;
  }
  if (!pass_warnings(warnings, file, {.strict = arguments.strict})) return kBadUsage;
  if (arguments.output == "human")
    put(stdout,
        fmt::format("{}: ok: {} ({} tasks, {} dependencies) {}\n", printable(file), printable((*definition)->name()),
                    (*definition)->task_count(), (*definition)->dependency_count(), (*definition)->hash()));
  return kDone;
}

int validate(const ValidateArguments& arguments) {
  if (std::ranges::count_if(arguments.files, is_standard_input) > 1)
    return report({.code = ErrorCode::invalid_argument,
                   .message = "validate: standard input, -, is given more than once, and can be read once"});
  Engine engine({.shards = 1});
  const DeclaredHandlers handlers(engine.handlers(), arguments);
  int worst = kDone;
  std::string separator = "[";
  for (const std::string& each : arguments.files) {
    const std::string file = shown_name(each);
    Verdict verdict;
    verdict.definition = read_definition_argument(
        each, {.handlers = &handlers, .warnings = &verdict.warnings, .more_errors = &verdict.more_errors});
    worst = std::max(worst, tell(file, verdict, arguments));
    if (arguments.output == "human") continue;
    put(stdout, separator + to_json_text(validation_document(file, verdict, arguments.strict)));
    separator = ",\n";
  }
  if (arguments.output == "json") put(stdout, "]\n");
  return worst;
}

}  // namespace

void add_validate(Verb& program) {
  Verb verb = program.add_verb("validate", "Check definitions without running them");
  const auto arguments = std::make_shared<ValidateArguments>();
  verb.add("FILE", arguments->files, "Definitions, YAML or JSON; - for standard input").required();
  verb.add("--handlers", arguments->handlers,
           "Handlers that the program registers, as MODULE.FUNCTION with * and ?; may be repeated")
      .not_empty();
  verb.add_flag("--allow-unknown", arguments->allow_unknown, "Accept every module that is not built in");
  verb.add_flag("--strict", arguments->strict, "Treat warnings as errors");
  add_output(verb, arguments->output, "human: a line for each; json: an array with a document for each");
  verb.teaches(
      "Prints one line for each file: its name, size and content hash, or a line for each thing that is wrong with\n"
      "it, up to 20, as FILE:LINE:COLUMN: FIELD: MESSAGE. Exits with 2 if any is wrong.\n"
      "\n"
      "What is valid but probably a mistake, such as a member of the input that is not declared, or a condition that\n"
      "can never hold, is a warning: FILE:LINE:COLUMN: warning: FIELD: MESSAGE. With --strict warnings are refused.\n"
      "\n"
      "  pawl validate flows/*.yaml --strict\n"
      "  pawl validate flows/*.yaml --handlers 'billing.*' --handlers mail.send");
  verb.on_call([arguments] { return validate(*arguments); });
}

}  // namespace pawl::cli
