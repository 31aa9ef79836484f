#include "cli/cli.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <sys/resource.h>

#include "base/log.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "cli/usage.h"
#include "cli/view/view.h"

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
    "  pawl validate hello.yaml          check it\n"
    "  pawl run hello.yaml               run it in this process\n"
    "  pawl run hello.yaml --output json | jq .tasks.count.result\n"
    "  pawl graph hello.yaml --format mermaid\n"
    "\n"
    "A workflow that survives its process, stored in a folder:\n"
    "\n"
    "  pawl run hello.yaml --data-dir data --id first\n"
    "  pawl list --data-dir data\n"
    "  pawl resume --data-dir data       after a crash, a reboot, a SIGTERM\n"
    "\n"
    "In the environment, PAWL_DATA_DIR replaces --data-dir and PAWL_LOG_LEVEL for --log-level in all verbs. Tasks\n"
    "do not inherit PAWL_DATA_DIR: the directory is in use while they run.\n"
    "\n"
    "Exit codes: 0 done, 1 the workflow failed, 2 bad usage or definition, 3 cancelled or timed out, 4 unavailable, "
    "or\n"
    "its output could not be written.\n"
    "`pawl VERB --help`, or `pawl help VERB`, explains each verb.";

// Without a level people are told what concerns them, in a line like all others; who asks for the log gets lines with
// a time and a severity.
void set_log_level(const std::string& level) {
  if (level.empty()) {
    log().set_pattern("pawl: %v");
    log().set_level(spdlog::level::err);
  } else {
    log().set_level(spdlog::level::from_str(level));
  }
}

// Every verb that has no verbs of its own takes the option.
void add_log_level(CLI::App& app, std::string& level) {
  constexpr std::string_view kLevels[] = {"off", "error", "warn", "info", "debug"};
  const auto verbs = app.get_subcommands({});
  for (CLI::App* const verb : verbs) add_log_level(*verb, level);
  if (!verbs.empty()) return;
  app.add_option("--log-level", level,
                 "Write the log of the engine to standard error, from this severity up (default: only what must\n"
                 "not be missed)")
      ->check(one_of({std::begin(kLevels), std::end(kLevels)}))
      ->envname("PAWL_LOG_LEVEL");
}

// Each running child process takes a few.
void allow_many_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

struct Verbs {
  const char* group;  // in the help
  std::vector<void (*)(Verb& program)> add;
};

void add_verbs(CLI::App& app, Action& action) {
  Verb program(app, action);
  const Verbs all[] = {{"Workflows", {add_run, add_resume, add_validate, add_graph, add_import}},
                       {"Data directories, while no process uses them",
                        {add_list, add_show, add_history, add_wait, add_pause, add_cancel, add_retry, add_rerun,
                         add_compensate, add_fork, add_delete, add_saga, add_dead_letter, add_policy, add_snapshot,
                         add_backup, add_restore, add_doctor}},
                       {"Pawl itself", {add_bench, add_version, add_completion}}};
  for (const Verbs& verbs : all) {
    for (const auto add : verbs.add) {
      add(program);
      app.get_subcommands({}).back()->group(verbs.group);
    }
  }
}

// CLI11 would answer `pawl runn --help` with the help of pawl.
void drop_behind_unknown_verb(const CLI::App& app, std::vector<std::string>& words) {
  const CLI::App* place = &app;
  for (std::size_t i = 0; i < words.size() && !words[i].starts_with('-'); ++i) {
    const auto verbs = place->get_subcommands({});
    if (verbs.empty()) return;
    const auto verb = std::ranges::find(verbs, words[i], [](const CLI::App* each) { return each->get_name(); });
    if (verb == verbs.end()) return words.resize(i + 1);
    place = *verb;
  }
}

}  // namespace

void note(const std::string& text) { put(stderr, fmt::format("pawl: {}\n", printable(text))); }

int report(const Error& error, const std::string& file) {
  note(describe(error, file));
  return exit_code(error.code);
}

void add_program(CLI::App& app, Action& action, std::string& log_level) {
  app.description(kAbout);
  app.footer(kExamples);
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "Help for all verbs");
  add_verbs(app, action);
  add_log_level(app, log_level);
}

int run(int argc, char** argv) {
  // A reader that went away (`pawl ... | head`) is seen as a failed write, not as a signal that would orphan child
  // processes.
  std::signal(SIGPIPE, SIG_IGN);
  // A limit of file sizes (ulimit -f) is a failed write, too, with an error that says so.
  std::signal(SIGXFSZ, SIG_IGN);
  take_standard_descriptors();
  allow_many_descriptors();
  Action action;
  CLI::App app("", "pawl");
  std::string log_level;
  add_program(app, action, log_level);
  if (argc < 2) {
    put(stderr, app.help());
    return kBadUsage;
  }
  std::vector<std::string> words(argv + 1, argv + argc);
  // `pawl help run` is `pawl run --help`.
  if (words.front() == "help") {
    words.erase(words.begin());
    words.emplace_back("--help");
  }
  drop_behind_unknown_verb(app, words);
  if (std::optional<std::string> missing = explain_missing_value(app, words))
    return report({.code = ErrorCode::invalid_argument, .message = *std::move(missing)});
  try {
    std::vector<std::string> taken = with_empty_values(app, words);
    std::ranges::reverse(taken);
    app.parse(std::move(taken));
  } catch (const CLI::Success& help) {
    return flush_output(app.exit(help));
  } catch (const CLI::ParseError& wrong) {
    return report({.code = ErrorCode::invalid_argument, .message = explain_usage(app, words, wrong)});
  } catch (const std::exception& thrown) {
    return report({.code = ErrorCode::internal, .message = thrown.what()});
  }
  set_log_level(log_level);
  // It has been read. A pawl that is run by a task would find the directory in use by this one.
  ::unsetenv(kDataDirVariable);
  return flush_output(action());
}

}  // namespace pawl::cli
