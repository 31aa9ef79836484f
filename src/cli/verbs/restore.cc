// pawl restore FOLDER: a data directory is made of a backup.
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

struct RestoreArguments {
  Target target;
  std::string folder;
};

Json restored_document(const RestoreArguments& arguments) {
  return {{"directory", arguments.target.data_dir}, {"backup", arguments.folder}};
}

int restore(const RestoreArguments& arguments) {
  if (const Result<void> restored = restore_backup(arguments.folder, arguments.target.data_dir); !restored)
    return report(restored.error());
  print_done(arguments.target.json(), restored_document(arguments),
             fmt::format("{} is restored; {} continues what has not ended", printable(arguments.target.data_dir),
                         printable(resume_command({}, arguments.target.data_dir))));
  return kDone;
}

}  // namespace

void add_restore(Verb& program) {
  Verb verb = program.add_verb("restore", "Make a data directory of a backup");
  const auto arguments = std::make_shared<RestoreArguments>();
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
