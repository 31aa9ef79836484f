#include "cli/arguments.h"

namespace pawl::cli {

void add_output(Verb& verb, std::string& output, const std::string& what) {
  verb.add("--output", output, what).one_of({"human", "json"}).shows_default();
}

void add_done_output(Verb& verb, std::string& output) { add_output(verb, output, "human: a line; json: one document"); }

void add_view(Verb& verb, ViewArguments& arguments) {
  verb.add("--progress", arguments.progress,
           "live: an updating view (default on a terminal); plain: lines; none.\n"
           "Without a terminal live is plain")
      .one_of({"live", "plain", "none"});
  add_quiet(verb, arguments.quiet);
}

void add_quiet(Verb& verb, bool& quiet) {
  verb.add_flag("--quiet,-q", quiet, "Print errors and the result, nothing else");
}

Option add_data_dir(Verb& verb, std::string& data_dir, const std::string& what) {
  return verb.add("--data-dir", data_dir, what).environment(kDataDirVariable).not_empty();
}

void add_directory(Verb& verb, Target& target) { add_data_dir(verb, target.data_dir, "The data directory").required(); }

void add_workflow(Verb& verb, Target& target) {
  verb.add("ID", target.id, "The workflow's id").required();
  add_directory(verb, target);
}

}  // namespace pawl::cli
