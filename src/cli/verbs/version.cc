// pawl version
#include <fmt/format.h>

#include "cli/cli.h"
#include "cli/view/view.h"

namespace pawl::cli {

void add_version(Verb& program) {
  program.set_version("pawl " PAWL_VERSION);
  Verb verb = program.add_verb("version", "Print the version");
  verb.on_call([] {
    put(stdout, fmt::format("pawl {}\n", PAWL_VERSION));
    return static_cast<int>(kDone);
  });
}

}  // namespace pawl::cli
