#include "cli/cli.h"

#include <csignal>
#include <cstdio>
#include <exception>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <sys/resource.h>

#include "cli/output.h"
#include "cli/usage.h"
#include "cli/view.h"

namespace pawl::cli {
namespace {

constexpr const char* kAbout =
    "Pawl runs workflows: graphs of tasks, described in YAML or JSON, that it brings to their end through failures,\n"
    "retries and timeouts.\n";

constexpr const char* kExamples =
    "A first workflow, hello.yaml:\n"
    "\n"
    "  name: hello\n"
    "  tasks:\n"
    "    greet:\n"
    "      run: echo Hello\n"
    "    count:\n"
    "      run: [sh, -c, 'wc -c']\n"
    "      stdin: ${{ tasks.greet.result.stdout }}\n"
    "      dependencies: [greet]\n"
    "\n"
    "  pawl validate hello.yaml          is it right?\n"
    "  pawl run hello.yaml               run it here and now\n"
    "  pawl run hello.yaml --output json | jq .tasks.count.result\n"
    "  pawl graph hello.yaml --format mermaid\n"
    "\n"
    "Exit codes: 0 done, 1 the workflow failed, 2 bad usage or definition, 3 cancelled or timed out, 4 unavailable, "
    "or\n"
    "its output could not be written.\n"
    "`pawl VERB --help` tells more about each verb.";

// Each running child process takes a few.
void allow_many_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int report(const Error& error, const std::string& file) {
  put(stderr, fmt::format("pawl: {}\n", printable(describe(error, file))));
  return exit_code(error.code);
}

int run(int argc, char** argv) {
  // A reader that went away (`pawl ... | head`) is seen as a failed write, not as a signal that would orphan child
  // processes.
  std::signal(SIGPIPE, SIG_IGN);
  take_standard_descriptors();
  allow_many_descriptors();
  Action action;
  CLI::App app(kAbout, "pawl");
  app.footer(kExamples);
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "Help for all verbs");
  add_run(app, action);
  add_validate(app, action);
  add_graph(app, action);
  add_import(app, action);
  add_version(app, action);
  add_completion(app, action);
  if (argc < 2) {
    put(stderr, app.help());
    return kBadUsage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return flush_output(app.exit(help));
  } catch (const CLI::ParseError& wrong) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    return report({.code = ErrorCode::invalid_argument, .message = explain_usage(app, words, wrong)});
  } catch (const std::exception& thrown) {
    return report({.code = ErrorCode::internal, .message = thrown.what()});
  }
  return flush_output(action());
}

}  // namespace pawl::cli
