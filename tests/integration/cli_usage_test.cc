// The command line itself: one clear line for each mistake, help that teaches, and completion that completes.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/cli_test.h"

namespace pawl::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

class CliUsage : public CliTest {};

TEST_F(CliUsage, each_mistake_gets_one_line_that_says_what_was_meant) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"fly"}, "unknown verb \"fly\"; see pawl --help"},
      {{"runn", "x.yaml"}, "unknown verb \"runn\" (did you mean \"run\"?); see pawl --help"},
      {{"fl\033[2Jy"}, "unknown verb \"fl\\x1b[2Jy\"; see pawl --help"},
      {{"--hepl"}, "unknown option \"--hepl\" (did you mean \"--help\"?); see pawl --help"},
      {{"import"}, "import: a verb is missing: wfformat; see pawl import --help"},
      {{"dead-letter", "redirve"},
       "dead-letter: unknown verb \"redirve\" (did you mean \"redrive\"?); see pawl dead-letter --help"},
      {{"import", "wformat"}, "import: unknown verb \"wformat\" (did you mean \"wfformat\"?); see pawl import --help"},
      {{"import", "wfformat"}, "import wfformat: FILE is missing; see pawl import wfformat --help"},
      {{"run"}, "run: FILE is missing; see pawl run --help"},
      {{"validate"}, "validate: FILE is missing; see pawl validate --help"},
      {{"run", "x", "--inptu", "{}"},
       "run: unknown option \"--inptu\" (did you mean \"--input\"?); see pawl run --help"},
      {{"run", "x", "--outptu=json"},
       "run: unknown option \"--outptu\" (did you mean \"--output\"?); see pawl run --help"},
      {{"run", "-q", "x"}, "run: unknown option \"-q\"; see pawl run --help"},
      {{"run", "x", "y z", "w"}, "run: unexpected argument \"y z\"; see pawl run --help"},
      {{"version", "x"}, "version: unexpected argument \"x\"; see pawl version --help"},
      {{"run", "x", "--input"}, "run: --input needs a value; see pawl run --help"},
      {{"run", "x", "--id", "a", "--id", "b"}, "run: --id is given more than once; see pawl run --help"},
      {{"run", "x", "--output", "jsn"},
       "run: --output: \"jsn\" is unknown; it is human or json (did you mean \"json\"?); see pawl run --help"},
      {{"run", "x", "--log-level", "loud"},
       "run: --log-level: \"loud\" is unknown; it is off or error or warn or info or debug; see pawl run --help"},
      {{"graph", "x", "--format", "png"},
       "graph: --format: \"png\" is unknown; it is dot or mermaid or svg; see pawl graph --help"},
      {{"completion", "ksh"},
       "completion: SHELL: \"ksh\" is unknown; it is bash or zsh or fish (did you mean \"zsh\"?); see pawl completion "
       "--help"},
      {{"import", "wfformat", "x", "--time-scale", "-1"},
       "import wfformat: --time-scale: \"-1\" is no number from 0 to 1000000; see pawl import wfformat --help"},
  };
  for (const auto& [arguments, error] : cases) expect_refused(arguments, error);
}

TEST_F(CliUsage, nothing_at_all_gets_the_help_as_an_error) {
  const ProcessResult result = pawl({});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, pawl({"--help"}).out);
}

TEST_F(CliUsage, help_teaches_by_examples) {
  const ProcessResult help = pawl({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_EQ(help.err, "");
  EXPECT_THAT(help.out, AllOf(HasSubstr("pawl run hello.yaml"), HasSubstr("tasks:"), HasSubstr("Exit codes: 0")));
  for (const char* const verb : {"run", "graph", "completion"}) {
    const ProcessResult about = pawl({verb, "--help"});
    EXPECT_EQ(about.exit_code, 0) << verb;
    EXPECT_THAT(about.out, HasSubstr(std::string("pawl ") + verb + " ")) << verb;
  }
  EXPECT_THAT(pawl({"import", "wfformat", "--help"}).out, HasSubstr("pawl import wfformat trace.json"));
}

// What the help shows as a first workflow is one.
TEST_F(CliUsage, the_workflow_in_the_help_runs) {
  const std::string help = pawl({"--help"}).out;
  const std::size_t begin = help.find("  name: hello");
  ASSERT_NE(begin, std::string::npos);
  const std::string file = flow(help.substr(begin, help.find("\n\n", begin) - begin + 1));
  const ProcessResult result = pawl({"run", file, "--output", "json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(report_of(result).at("tasks").at("count").at("result"), 6);
}

TEST_F(CliUsage, the_version_is_one_line) {
  const ProcessResult verb = pawl({"version"});
  EXPECT_THAT(verb.out, MatchesRegex("pawl [0-9]+\\.[0-9]+\\.[0-9]+\n"));
  EXPECT_EQ(pawl({"--version"}).out, verb.out);
}

class CliCompletion : public CliTest {
 protected:
  bool has(const std::string& shell) const { return run_process({"sh", "-c", "command -v " + shell}).exit_code == 0; }

  // What bash offers for the last word.
  std::string completed(const std::string& words) const {
    const std::string script = "eval \"$('" PAWL_BINARY "' completion bash)\"\nCOMP_WORDS=(" + words +
                               ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_pawl\necho \"${COMPREPLY[*]}\"\n";
    const ProcessResult result = run_process({"bash", "-c", script}, {.cwd = folder_.path(), .stdin_text = {}});
    EXPECT_EQ(result.err, "");
    return result.out;
  }
};

TEST_F(CliCompletion, bash_completes_verbs_options_and_words) {
  folder_.write("script", pawl({"completion", "bash"}).out);
  const ProcessResult check = run_process({"bash", "-n", folder_.path() / "script"});
  EXPECT_EQ(check.exit_code, 0) << check.err;
  EXPECT_EQ(completed("pawl ru"), "run\n");
  EXPECT_EQ(completed("pawl v"), "validate version\n");
  EXPECT_THAT(completed("pawl ''"), StartsWith("run resume validate graph import list "));
  EXPECT_EQ(completed("pawl run --t"), "--timeout\n");
  EXPECT_EQ(completed("pawl run flow.yaml --in"), "--input\n");
  EXPECT_EQ(completed("pawl import w"), "wfformat\n");
  EXPECT_EQ(completed("pawl import wfformat --ti"), "--time-scale\n");
  EXPECT_EQ(completed("pawl policy d"), "define delete\n");
  EXPECT_EQ(completed("pawl dead-l"), "dead-letter\n");
  EXPECT_EQ(completed("pawl dead-letter redrive --al"), "--all\n");
  EXPECT_EQ(completed("pawl re"), "resume retry rerun restore\n");
  EXPECT_EQ(completed("pawl completion z"), "zsh\n");
  EXPECT_EQ(completed("pawl run fl"), "\n") << "files are the shell's own";
}

// What is quoted in them is quoted in all shells in the same way.
TEST_F(CliCompletion, descriptions_with_an_apostrophe_end_where_they_end) {
  for (const std::string shell : {"zsh", "fish"}) {
    folder_.write("script", pawl({"completion", shell}).out);
    const ProcessResult check = run_process({"bash", "-n", folder_.path() / "script"});
    EXPECT_EQ(check.exit_code, 0) << check.err;
  }
}

TEST_F(CliCompletion, zsh_and_fish_accept_their_scripts) {
  bool any = false;
  for (const std::string shell : {"zsh", "fish"}) {
    if (!has(shell)) continue;
    any = true;
    folder_.write("script", pawl({"completion", shell}).out);
    const ProcessResult check = run_process({shell, "-n", folder_.path() / "script"});
    EXPECT_EQ(check.exit_code, 0) << check.err;
  }
  if (!any) GTEST_SKIP() << "neither zsh nor fish is installed";
}

}  // namespace
}  // namespace pawl::testing
