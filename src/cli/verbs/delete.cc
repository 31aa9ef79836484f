// pawl delete ID: an ended workflow is forgotten.
#include <memory>
#include <string>

#include <fmt/format.h>

#include "pawl/engine.h"

#include "cli/arguments.h"
#include "cli/cli.h"
#include "cli/json_output.h"
#include "cli/open_data_dir.h"
#include "cli/view/view.h"

namespace pawl::cli {
namespace {

Result<int> forget(Engine& engine, const Target& target) {
  if (Result<void> deleted = engine.persistence().delete_workflow(target.id); !deleted)
    return std::unexpected(std::move(deleted.error()));
  print_done(target.json(), {{"id", target.id}, {"deleted", true}}, fmt::format("{}: deleted", printable(target.id)));
  return kDone;
}

}  // namespace

void add_delete(Verb& program) {
  Verb verb = program.add_verb("delete", "Delete an ended workflow, with its history and snapshots");
  const auto target = std::make_shared<Target>();
  add_workflow(verb, *target);
  add_done_output(verb, target->output);
  verb.teaches(
      "  pawl delete monday --data-dir data\n"
      "\n"
      "One that has not ended is not deleted: cancel it first. pawl run --retention deletes old ones by itself.");
  verb.on_call([target] { return in_directory(*target, [&](Engine& engine) { return forget(engine, *target); }); });
}

}  // namespace pawl::cli
