// pawl backup FOLDER: a copy of a whole data directory.
#include <cstdio>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "cli/arguments.h"
#include "cli/cli.h"
#include "cli/json_output.h"
#include "cli/open_data_dir.h"
#include "cli/view/view.h"

namespace pawl::cli {
namespace {

struct BackupArguments {
  Target target;
  std::string folder;
};

Json backup_document(const BackupArguments& arguments) {
  return {{"directory", arguments.target.data_dir}, {"backup", arguments.folder}};
}

int back_up(const BackupArguments& arguments) {
  return in_directory(arguments.target, [&](Engine& engine) -> Result<int> {
    if (Result<void> copied = engine.persistence().backup(arguments.folder); !copied)
      return std::unexpected(std::move(copied.error()));
    print_done(arguments.target.json(), backup_document(arguments),
               fmt::format("{} is a copy of {}", printable(arguments.folder), printable(arguments.target.data_dir)));
    return kDone;
  });
}

}  // namespace

void add_backup(Verb& program) {
  Verb verb = program.add_verb("backup", "Copy a data directory to a new folder");
  const auto arguments = std::make_shared<BackupArguments>();
  verb.add("FOLDER", arguments->folder, "The copy, which must not exist yet").required();
  add_directory(verb, arguments->target);
  add_done_output(verb, arguments->target.output);
  verb.teaches(
      "  pawl backup /backups/monday --data-dir data\n"
      "\n"
      "The copy is a data directory itself: pawl list, show and doctor read it. A program that uses the directory\n"
      "can make a backup while it runs; see Persistence::backup().");
  verb.on_call([arguments] { return back_up(*arguments); });
}

}  // namespace pawl::cli
