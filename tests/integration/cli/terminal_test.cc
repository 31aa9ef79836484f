// The live view, on a real terminal: what it shows, that it keeps within the screen, and that no task can steer it.
#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/view/view.h"
#include "tests/support/cli_test.h"
#include "tests/support/running_program.h"

namespace pawl::testing {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

// What begins and ends a frame: without and with going on in the next row.
constexpr std::string_view kBegin = "\033[?7l";
constexpr std::string_view kEnd = "\033[?7h";

// The lines of all frames, without the view's own escape sequences.
std::vector<std::string> frame_lines(std::string_view out) {
  std::vector<std::string> lines;
  for (std::size_t begin = out.find(kBegin); begin != std::string_view::npos; begin = out.find(kBegin, begin)) {
    begin += kBegin.size();
    std::string_view frame = out.substr(begin, out.find(kEnd, begin) - begin);
    while (!frame.empty()) {
      const std::size_t end = std::min(frame.find("\r\n"), frame.size());
      lines.push_back(cli::printable(frame.substr(0, end)));
      frame.remove_prefix(std::min(end + 2, frame.size()));
    }
  }
  return lines;
}

// The most lines that any frame has.
std::size_t tallest(std::string_view out) {
  std::size_t most = 0;
  for (std::size_t begin = out.find(kBegin); begin != std::string_view::npos; begin = out.find(kBegin, begin + 1)) {
    const std::string_view frame = out.substr(begin, out.find(kEnd, begin) - begin);
    most = std::max(most, static_cast<std::size_t>(std::ranges::count(frame, '\n')));
  }
  return most;
}

// Tasks that say something and go on until the file `go` is there.
std::string waiting_tasks(int count, std::string_view line) {
  std::string text = "name: a workflow with quite a long name\ntasks:\n";
  for (int i = 0; i < count; ++i)
    text += fmt::format("  task-number-{}: {{run: \"{}; until [ -e go ]; do sleep 0.01; done\"}}\n", i, line);
  return text;
}

class CliTerminal : public CliTest {
 protected:
  // Lets the tasks end when the screen has shown `text`.
  ProcessResult watch(const std::string& definition, TerminalSize size, const std::vector<std::string>& shown) {
    RunningProgram program({PAWL_BINARY, "run", flow(definition)}, {.cwd = folder_.path(), .terminal = size});
    for (const std::string& text : shown) EXPECT_TRUE(program.wait_for(text)) << text;
    folder_.write("go", "");
    return program.end();
  }
};

TEST_F(CliTerminal, shows_running_tasks_a_bar_and_a_summary) {
  const std::string definition =
      waiting_tasks(2, "echo working on it") +
      "  last: {run: 'echo what went wrong >&2; exit 4', dependencies: [task-number-0, task-number-1]}\n";
  const ProcessResult result =
      watch(definition, {.rows = 24, .columns = 80}, {"task-number-0", "working on it", "[", "0 of 3 tasks completed"});
  EXPECT_EQ(result.exit_code, 1);
  const std::string summary = result.out.substr(result.out.rfind(kEnd));
  EXPECT_THAT(summary, AllOf(HasSubstr("failed"), HasSubstr("last"), HasSubstr("what went wrong"), HasSubstr("slowest"),
                             HasSubstr("critical path"), HasSubstr(" > last\r\n")));
  EXPECT_THAT(frame_lines(result.out), Contains(HasSubstr("a workflow with quite a  [....")));
}

TEST_F(CliTerminal, keeps_within_narrow_and_tiny_screens) {
  for (const TerminalSize size : {TerminalSize{24, 20}, {5, 30}, {3, 12}, {2, 8}, {1, 1}, {24, 1}}) {
    SCOPED_TRACE(fmt::format("{} rows, {} columns", size.rows, size.columns));
    std::filesystem::remove(folder_.path() / "go");
    // Wide characters take two columns each.
    const ProcessResult result =
        watch(waiting_tasks(9, "echo a line \xE5\xA5\xBD\xE5\xA5\xBD\xE5\xA5\xBD\xE5\xA5\xBD that is long"), size,
              {std::string(kEnd)});
    EXPECT_EQ(result.exit_code, 0) << result.out;
    for (const std::string& line : frame_lines(result.out)) EXPECT_LE(cli::width_of(line), size.columns) << line;
    EXPECT_LT(tallest(result.out), size.rows) << result.out;
  }
}

TEST_F(CliTerminal, counts_what_has_no_room) {
  const ProcessResult result = watch(waiting_tasks(9, ":"), {.rows = 8, .columns = 60}, {"... and 5 more"});
  EXPECT_EQ(result.exit_code, 0);
}

// Clearing the screen, a title, a colour, a character that begins a sequence, one that turns the line around.
TEST_F(CliTerminal, lets_no_task_steer_the_terminal) {
  const ProcessResult result =
      watch(waiting_tasks(
                1,
                "printf "
                "'A\\\\033[2JB\\\\033]0;title\\\\007C\\\\033[31mD\\\\302\\\\2332JE\\\\342\\\\200\\\\256F\\\\010G\\\\n' "
                "| tee /dev/stderr"),
            {.rows = 24, .columns = 80}, {"ABCD2JEFG"});
  EXPECT_THAT(result.out, Not(AnyOf(HasSubstr("\033[2J"), HasSubstr("\033]"), HasSubstr("\xC2\x9B"),
                                    HasSubstr("\xE2\x80\xAE"), HasSubstr("\b"))));
}

TEST_F(CliTerminal, follows_a_change_of_size) {
  RunningProgram program({PAWL_BINARY, "run", flow(waiting_tasks(3, "echo here is a long line of output"))},
                         {.cwd = folder_.path(), .terminal = TerminalSize{24, 80}});
  ASSERT_TRUE(program.wait_for("here is a long line of output"));
  program.resize({24, 10});
  ASSERT_TRUE(program.wait_for("task-num\033[K"));
  folder_.write("go", "");
  EXPECT_EQ(program.end().exit_code, 0);
}

// A terminal that takes nothing, as after Ctrl-S, stops the view; the workflow goes on.
TEST_F(CliTerminal, that_is_stopped_does_not_stop_the_workflow) {
  const std::string pipe = folder_.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  // The view draws several frames while `pause` waits.
  RunningProgram program(
      {PAWL_BINARY, "run",
       flow(waiting_tasks(2, "echo here") + "  pause: {sleep: 500ms, dependencies: [task-number-0, task-number-1]}\n"
                                            "  last: {run: 'echo done | tee pipe', dependencies: [pause]}\n")},
      {.cwd = folder_.path(), .terminal = TerminalSize{24, 80}});
  ASSERT_TRUE(program.wait_for("here"));
  program.type("\x13");  // Ctrl-S
  folder_.write("go", "");
  pollfd ready{.fd = reader, .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&ready, 1, 60'000), 1) << "the last task does not run";
  ::close(reader);
  program.type("\x11");  // Ctrl-Q
  EXPECT_EQ(program.end().exit_code, 0);
}

// `prefix` is what the shell says before the invocation.
class CliManners : public CliTest {
 protected:
  ProcessResult on_terminal(const std::string& prefix, const std::string& options) {
    const std::string file = flow("name: x\noutput: the end\ntasks:\n  a: {run: echo hello}\n");
    RunningProgram program({"sh", "-c", prefix + " \"$0\" run \"$1\" " + options, PAWL_BINARY, file},
                           {.cwd = folder_.path(), .terminal = TerminalSize{}});
    return program.end();
  }
};

TEST_F(CliManners, a_terminal_that_cannot_be_steered_gets_plain_lines) {
  for (const std::string prefix : {"TERM=dumb", "TERM=", "unset TERM;", "TERM=dumb CLICOLOR=1"}) {
    const ProcessResult result = on_terminal(prefix, "");
    EXPECT_EQ(result.exit_code, 0) << result.out;
    EXPECT_THAT(result.out, Not(HasSubstr("\033"))) << prefix;
    EXPECT_THAT(result.out, AllOf(HasSubstr("a | hello"), HasSubstr("the end"))) << prefix;
  }
}

TEST_F(CliManners, colours_are_left_out_and_put_in_as_the_environment_says) {
  const std::string colour = "\033[1m";
  EXPECT_THAT(on_terminal("", "").out, HasSubstr(colour));
  for (const std::string prefix : {"NO_COLOR=1", "CLICOLOR=0", "NO_COLOR=1 FORCE_COLOR=1"}) {
    const std::string out = on_terminal(prefix, "").out;
    EXPECT_THAT(out, AllOf(Not(HasSubstr(colour)), Not(HasSubstr("\033[3")), Not(HasSubstr("\033[0m")))) << prefix;
    EXPECT_THAT(out, HasSubstr(std::string(kBegin))) << "it is live all the same";
  }
  EXPECT_THAT(on_terminal("NO_COLOR=", "").out, HasSubstr(colour)) << "empty is not set";
  const std::string file = flow("name: x\ntasks: {a: {run: 'true'}}\n");
  EXPECT_THAT(shell("\"$@\"", {"run", file}).out, Not(HasSubstr("\033")));
  EXPECT_THAT(shell("FORCE_COLOR=1 \"$@\"", {"run", file}).out,
              AllOf(HasSubstr(colour), Not(HasSubstr(std::string(kBegin)))));
  EXPECT_THAT(shell("CLICOLOR_FORCE=1 \"$@\"", {"run", file}).out, HasSubstr(colour));
  EXPECT_THAT(shell("FORCE_COLOR=0 \"$@\"", {"run", file}).out, Not(HasSubstr(colour)));
}

TEST_F(CliManners, the_view_is_the_one_that_was_asked_for) {
  const std::string live(kBegin);
  EXPECT_THAT(on_terminal("", "--progress live").out, HasSubstr(live));
  EXPECT_THAT(on_terminal("", "--progress plain").out,
              AllOf(Not(HasSubstr(live)), HasSubstr("a | hello"), HasSubstr("the end")));
  EXPECT_THAT(on_terminal("", "--progress none").out,
              AllOf(Not(HasSubstr(live)), Not(HasSubstr("a | hello")), HasSubstr("the end")));
  EXPECT_EQ(on_terminal("", "--quiet").out, "the end\r\n");
  const std::string file = flow("name: x\noutput: the end\ntasks: {a: {run: echo hello}}\n");
  EXPECT_THAT(pawl({"run", file, "--progress", "live"}).out, AllOf(Not(HasSubstr("\033")), HasSubstr("a | hello")));
  const ProcessResult beside = pawl({"run", file, "--progress", "plain", "--output", "json"});
  EXPECT_THAT(beside.err, HasSubstr("a | hello"));
  EXPECT_EQ(report_of(beside).at("state"), "completed");
  expect_refused({"run", file, "--progress", "fancy"},
                 "run: --progress: \"fancy\" is unknown; it is live or plain or none; see pawl run --help");
}

TEST_F(CliTerminal, is_beside_the_document_where_that_goes_elsewhere) {
  const std::string file = flow("name: x\ntasks:\n  a: {run: 'true'}\n");
  RunningProgram program({"sh", "-c", "\"$0\" run \"$1\" --output json > report.json", PAWL_BINARY, file},
                         {.cwd = folder_.path(), .terminal = TerminalSize{}});
  EXPECT_EQ(program.end().exit_code, 0);
  const ProcessResult document = run_process({"cat", folder_.path() / "report.json"});
  EXPECT_EQ(report_of(document).at("state"), "completed");
}

}  // namespace
}  // namespace pawl::testing
