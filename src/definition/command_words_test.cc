// Commands that are written as if another program read them are warned of with how they are written here.
#include "definition/command_words.h"

#include <gmock/gmock.h>

#include "pawl/definition.h"

#include "definition/error_codes.h"

namespace pawl::definition {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> said_of(const std::string& members) {
  std::vector<Warning> warnings;
  const auto definition = read_definition("name: x\ntasks:\n  a:\n" + members, {}, {.warnings = &warnings});
  if (!definition) return {describe(definition.error())};
  std::vector<std::string> texts;
  for (const Warning& warning : warnings) texts.push_back(warning.field + ": " + warning.message);
  return texts;
}

TEST(CommandWords, a_shell_is_written_with_what_takes_the_line) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"python", "[python3, -c]"},
      {"python {0}", "[python3, -c]"},
      {"python3 -u", "[python3, -u, -c]"},
      {"node", "[node, -e]"},
      {"pwsh", "[pwsh, -c]"},
      {"perl", "[perl, -e]"},
      {"zsh", "[zsh, -ec]"},
      {"/bin/bash", "[/bin/bash, -ec]"},
      {"bash -l", "[bash, -lc]"},
      {"bash -e {0}", "[bash, -ec]"},
      {"bash --noprofile -eo pipefail {0}", "[bash, --noprofile, -eo, pipefail, -c]"},
      {"", "[zsh, -ec]"},
  };
  for (const auto& [theirs, ours] : cases) {
    EXPECT_EQ(as_shell_list(theirs), ours) << theirs;
    EXPECT_THAT(said_of("    run: ls\n    shell: " + std::string(ours) + "\n"), IsEmpty()) << "what is advised";
    if (theirs.empty()) continue;
    EXPECT_THAT(said_of("    run: ls\n    shell: '" + std::string(theirs) + "'\n"),
                ElementsAre(HasSubstr("is not a shell that Pawl knows; write " + std::string(ours))));
  }
}

TEST(CommandWords, a_shell_list_without_an_option_that_takes_the_line) {
  EXPECT_THAT(said_of("    run: ls\n    shell: [bash]\n"),
              ElementsAre("tasks.a.shell: \"bash\" takes what is added for the name of a file; write `shell: [bash, "
                          "-ec]`"));
  EXPECT_THAT(said_of("    run: ls\n    shell: [python3, -u]\n"), ElementsAre(HasSubstr("`shell: [python3, -u, -c]`")));
  EXPECT_THAT(said_of("    run: ls\n    shell: [/usr/bin/node]\n"), ElementsAre(HasSubstr("[/usr/bin/node, -e]")));
  EXPECT_THAT(said_of("    run: ls\n    compensation: {run: ls, shell: [sh]}\n"),
              ElementsAre(HasSubstr("tasks.a.compensation.shell: ")));
  for (const std::string fine : {"[bash, -c]", "[bash, wrapper.sh]", "[env, bash]", "[my-tool]", "[perl, -ne]",
                                 "[bash, -o, pipefail, -c]", "bash", "sh"})
    EXPECT_THAT(said_of("    run: ls\n    shell: " + fine + "\n"), IsEmpty()) << fine;
}

TEST(CommandWords, of_the_shell_are_no_programs) {
  for (const std::string word : {"cd", "export", "source", "set", "if", "ulimit"})
    EXPECT_THAT(said_of("    run: [" + word + ", x]\n"),
                ElementsAre(HasSubstr("is a word of the shell, and no program")))
        << word;
  EXPECT_THAT(said_of("    run: [cd, /tmp]\n"), ElementsAre(HasSubstr("`cwd: DIR` beside `run`")));
  EXPECT_THAT(
      said_of("    run: [FOO=1, make]\n"),
      ElementsAre("tasks.a.run[0]: \"FOO=1\" is not a program; variables stand in `env: {FOO: value}` beside `run`"));
  for (const std::string fine : {"[env, FOO=1, make]", "[make, FOO=1]", "[./cd, x]", "[test, -f, x]"})
    EXPECT_THAT(said_of("    run: " + fine + "\n"), IsEmpty()) << fine;
}

TEST(CommandWords, of_make_are_none_of_the_shell) {
  EXPECT_THAT(said_of("    run: '@echo hi'\n"),
              ElementsAre("tasks.a.run: \"@echo\" is a word with an @, which only make takes off; write \"echo\""));
  EXPECT_THAT(said_of("    run: |\n      ls\n      @make x\n"), ElementsAre(HasSubstr("write \"make\"")));
  EXPECT_THAT(said_of("    run: echo $$HOME\n"),
              ElementsAre(HasSubstr("$$HOME is the number of the shell's process and HOME; what make and Compose write "
                                    "as $$HOME is $HOME")));
  for (const std::string fine : {"echo $$", "echo /tmp/x.$$.log", "echo me@home", "echo '@' x", "echo \\$\\$HOME",
                                 "perl -e 'print $$ref'", "echo $$$X"})
    EXPECT_THAT(said_of("    run: |\n      " + fine + "\n"), IsEmpty()) << fine;
  EXPECT_THAT(said_of("    run: '@x'\n    shell: [python3, -c]\n"), IsEmpty()) << "a decorator";
}

TEST(CommandWords, a_tilde_is_expanded_by_shells_only) {
  const auto is_said = ElementsAre(HasSubstr("is taken as it is: a ~ is the home directory to shells only"));
  for (const std::string member : {"cwd: ~/x", "cwd: '~'"})
    EXPECT_THAT(said_of("    run: ls\n    " + member + "\n"), is_said) << member;
  EXPECT_THAT(said_of("    run: [ls, ~/x]\n"), is_said);
  EXPECT_THAT(said_of("    run: ls ~/x\n"), IsEmpty());
  for (const std::string member : {"    run: ls\n    env: {X: ~}\n", "    run: [ls, ~]\n"})
    EXPECT_THAT(said_of(member),
                ElementsAre(HasSubstr("~ is null in YAML, and the home directory to shells only: write its path")))
        << member;
}

TEST(ErrorCodes, with_which_no_command_fails) {
  const auto said = [](std::string_view code) { return doubt_error_code(code).value_or("nothing"); };
  EXPECT_EQ(
      said("exitcode"),
      "no command fails with \"exitcode\" (did you mean \"exit_code\"?); the codes are exit_code, signal, timeout, "
      "spawn_failed, crashed, circuit_open");
  EXPECT_THAT(said("Timeout"), HasSubstr("(did you mean \"timeout\"?)"));
  EXPECT_THAT(said("TimeoutError"), HasSubstr("(did you mean \"timeout\"?)"));
  EXPECT_THAT(said("network_error"), HasSubstr("no command fails with \"network_error\"; the codes are"));
  EXPECT_EQ(said("75"), "\"75\" is not a code: a command that exits with 75 fails with exit_code, as with all others");
  for (const char* const known : {"exit_code", "signal", "timeout", "crashed", "invalid_argument"})
    EXPECT_EQ(said(known), "nothing");
  const std::string policy = "retry_policy: {retryable_errors: [timeout, exitcode]}";
  EXPECT_THAT(said_of("    run: ls\n    " + policy + "\n"),
              ElementsAre(HasSubstr("tasks.a.retry_policy.retryable_errors[1]: no command fails with")));
  EXPECT_THAT(said_of("    run: ls\n    compensation: {run: ls, " + policy + "}\n"),
              ElementsAre(HasSubstr("tasks.a.compensation.retry_policy.retryable_errors[1]: no command")));
  EXPECT_THAT(said_of("    module: m\n    function: f\n    " + policy + "\n"), IsEmpty()) << "a handler has its own";
}

}  // namespace
}  // namespace pawl::definition
