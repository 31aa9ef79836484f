// pawl version
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/cli.h"
#include "cli/view.h"

namespace pawl::cli {

void add_version(CLI::App& app, Action& action) {
  app.set_version_flag("--version", "pawl " PAWL_VERSION);
  auto* const verb = app.add_subcommand("version", "Print the version");
  verb->callback([&action] {
    action = [] {
      put(stdout, fmt::format("pawl {}\n", PAWL_VERSION));
      return static_cast<int>(kDone);
    };
  });
}

}  // namespace pawl::cli
