// pawl pause ID: a stored workflow is paused until somebody resumes it by its id.
#include <memory>
#include <string>

#include "pawl/engine.h"

#include "cli/arguments.h"
#include "cli/cli.h"
#include "cli/json_output.h"
#include "cli/open_data_dir.h"

namespace pawl::cli {
namespace {

Result<int> pause(Engine& engine, const Target& target) {
  if (Result<void> paused = engine.orchestrator().pause_workflow(target.id); !paused)
    return std::unexpected(std::move(paused.error()));
  return print_status(engine, target);
}

}  // namespace

void add_pause(Verb& program) {
  Verb verb = program.add_verb("pause", "Pause a workflow of a data directory, until it is resumed by its ID");
  const auto target = std::make_shared<Target>();
  add_workflow(verb, *target);
  add_output(verb, target->output, kStatusOutput);
  verb.teaches(
      "  pawl pause monday --data-dir data\n"
      "\n"
      "pawl resume monday --data-dir data continues it; pawl resume without an ID leaves it alone.");
  verb.on_call([target] { return in_directory(*target, [&](Engine& engine) { return pause(engine, *target); }); });
}

}  // namespace pawl::cli
