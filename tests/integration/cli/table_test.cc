// The table of verbs and options in docs/reference/cli.md is what the verbs have, and an option is the same in all of
// them.
#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "cli/cli.h"

namespace pawl::testing {
namespace {

using Visit = std::function<void(const std::string& name, const CLI::App& verb)>;

class CliTable : public ::testing::Test {
 protected:
  CliTable() { cli::add_program(app_, action_, log_level_); }

  // All verbs that have none of their own, in their order.
  void each_verb(const Visit& visit) const { each_verb(app_, "", visit); }

  static void each_verb(const CLI::App& app, const std::string& name, const Visit& visit) {
    const auto verbs = app.get_subcommands({});
    for (const CLI::App* const verb : verbs)
      each_verb(*verb, name.empty() ? verb->get_name() : name + " " + verb->get_name(), visit);
    if (verbs.empty()) visit(name, app);
  }

  CLI::App app_{"", "pawl"};
  cli::Action action_;
  std::string log_level_;
};

std::string long_name(const CLI::Option& option) {
  return option.get_lnames().empty() ? std::string() : "--" + option.get_lnames().front();
}

std::string row_of(const std::string& name, const CLI::App& verb) {
  std::string arguments;
  std::set<std::string> options;
  for (const CLI::Option* const option : verb.get_options()) {
    const std::string as_option = long_name(*option);
    if (as_option.starts_with("--help") || as_option == "--log-level") continue;  // all have them
    if (!as_option.empty()) {
      options.insert("`" + as_option + "`");
      continue;
    }
    const std::string argument = option->get_name(true) + (option->get_items_expected_max() > 1 ? "..." : "");
    arguments += (arguments.empty() ? "" : " ") + (option->get_required() ? argument : "[" + argument + "]");
  }
  return fmt::format("| `{}{}{}` | {} |\n", name, arguments.empty() ? "" : " ", arguments, fmt::join(options, ", "));
}

std::string reference() {
  std::ifstream in(PAWL_SOURCE "/docs/reference/cli.md");
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST_F(CliTable, of_the_reference_is_what_the_verbs_have) {
  std::string table = "| verb and arguments | options |\n|---|---|\n";
  each_verb([&](const std::string& name, const CLI::App& verb) { table += row_of(name, verb); });
  const std::string text = reference();
  EXPECT_TRUE(text.contains("\n" + table + "\n")) << "docs/reference/cli.md has to have\n" << table;
}

// What is about a data directory says so in one way.
TEST_F(CliTable, every_verb_about_a_data_directory_takes_it_as_an_option) {
  const std::set<std::string> without = {"validate", "graph", "import wfformat", "bench", "version", "completion"};
  each_verb([&](const std::string& name, const CLI::App& verb) {
    const auto options = verb.get_options([](const CLI::Option* option) { return long_name(*option) == "--data-dir"; });
    EXPECT_EQ(options.empty(), without.contains(name)) << name;
    for (const CLI::Option* const option : options) EXPECT_EQ(option->get_envname(), "PAWL_DATA_DIR") << name;
  });
}

// Whatever prints something prints it for programs as well. A graph, a definition and a script are in formats of their
// own.
TEST_F(CliTable, every_verb_prints_for_programs_too) {
  const std::set<std::string> without = {"graph", "import wfformat", "version", "completion"};
  each_verb([&](const std::string& name, const CLI::App& verb) {
    const auto options = verb.get_options([](const CLI::Option* option) { return long_name(*option) == "--output"; });
    EXPECT_EQ(options.empty(), without.contains(name)) << name;
  });
}

// The same name takes the same values: words are the same words, flags are flags.
TEST_F(CliTable, an_option_takes_the_same_values_in_every_verb) {
  // What they say of a list, of a history and of a rerun, of a program and of a trace, are different things.
  const std::set<std::string> different = {"--limit", "--from", "--handlers"};
  std::map<std::string, std::map<std::string, std::string>> kinds;  // by option: what it takes, and a verb
  each_verb([&](const std::string& name, const CLI::App& verb) {
    for (const CLI::Option* const option : verb.get_options()) {
      const std::string as_option = long_name(*option);
      if (as_option.empty() || different.contains(as_option)) continue;
      kinds[as_option][fmt::format("{} {}", option->get_type_size_max(), option->get_type_name())] = name;
    }
  });
  for (const auto& [option, takes] : kinds) {
    std::string all;
    for (const auto& [what, verb] : takes) all += fmt::format("{} of {}; ", what, verb);
    EXPECT_EQ(takes.size(), 1U) << option << ": " << all;
  }
}

// What makes a workflow go on takes what `run` takes, but for what only a start can have.
TEST_F(CliTable, what_goes_on_takes_the_options_of_run) {
  std::map<std::string, std::set<std::string>> options;
  each_verb([&](const std::string& name, const CLI::App& verb) {
    for (const CLI::Option* const option : verb.get_options()) options[name].insert(long_name(*option));
  });
  std::set<std::string> wanted = options["run"];
  for (const char* const only_there : {"", "--id", "--input", "--strict"}) wanted.erase(only_there);
  EXPECT_TRUE(wanted.contains("--timeout") && wanted.contains("--progress") && wanted.contains("--quiet"));
  for (const char* const verb : {"resume", "retry", "rerun", "compensate", "fork", "dead-letter redrive"})
    for (const std::string& option : wanted) EXPECT_TRUE(options[verb].contains(option)) << verb << " " << option;
}

}  // namespace
}  // namespace pawl::testing
