// pawl validate FILE...
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "pawl/engine.h"

#include "cli/cli.h"
#include "cli/view.h"

namespace pawl::cli {
namespace {

int validate(const std::vector<std::string>& files) {
  Engine engine({.shards = 1});
  int worst = kDone;
  for (const std::string& file : files) {
    const Result<DefinitionPtr> definition = read_definition_file(file, {.handlers = &engine.handlers()});
    if (!definition) {
      worst = std::max(worst, report(definition.error(), file));
      continue;
    }
    put(stdout,
        fmt::format("{}: ok: {} ({} tasks, {} dependencies) {}\n", printable(file), printable((*definition)->name()),
                    (*definition)->task_count(), (*definition)->dependency_count(), (*definition)->hash()));
  }
  return worst;
}

}  // namespace

void add_validate(Verb& program) {
  Verb verb = program.add_verb("validate", "Check definitions without running them");
  const auto files = std::make_shared<std::vector<std::string>>();
  verb.add("FILE", *files, "Definitions, YAML or JSON").required();
  verb.teaches(
      "Prints one line for each file: its name, size and content hash, or the first thing that is wrong with it, as\n"
      "FILE:LINE:COLUMN: FIELD: MESSAGE. Exits with 2 if any is wrong.");
  verb.on_call([files] { return validate(*files); });
}

}  // namespace pawl::cli
