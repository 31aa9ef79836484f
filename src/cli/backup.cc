// pawl backup and pawl restore: whole data directories.
#include <cstdio>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "cli/arguments.h"
#include "cli/cli.h"
#include "cli/directory.h"
#include "cli/documents.h"
#include "cli/view.h"

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

int restore(const BackupArguments& arguments) {
  if (const Result<void> restored = restore_backup(arguments.folder, arguments.target.data_dir); !restored)
    return report(restored.error());
  print_done(arguments.target.json(), backup_document(arguments),
             fmt::format("{} is restored; {} goes on with what has not ended", printable(arguments.target.data_dir),
                         printable(resume_command({}, arguments.target.data_dir))));
  return kDone;
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

void add_restore(Verb& program) {
  Verb verb = program.add_verb("restore", "Make a data directory of a backup");
  const auto arguments = std::make_shared<BackupArguments>();
  verb.add("FOLDER", arguments->folder, "The backup, which stays as it is").required();
  add_data_dir(verb, arguments->target.data_dir, "The new data directory, which must not exist or be empty").required();
  add_done_output(verb, arguments->target.output);
  verb.teaches(
      "  pawl restore /backups/monday --data-dir data && pawl resume --data-dir data\n"
      "\n"
      "Tasks that had completed after the backup was made run again.");
  verb.on_call([arguments] { return restore(*arguments); });
}

}  // namespace pawl::cli
