// Child processes: what they get, what is kept of what they say, how they end, and that nothing of them stays behind.
#include "runners/exec/process.h"

#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/started_with.h"
#include "runners/exec/process_test_support.h"

namespace pawl::runners {
namespace {

namespace fs = std::filesystem;

TEST(Process, gives_its_output_and_exit_code) {
  const ProcessOutcome outcome = run(shell("echo out; echo err >&2; exit 7"));
  EXPECT_FALSE(outcome.spawn_error.has_value());
  EXPECT_EQ(outcome.exit_code, 7);
  EXPECT_EQ(outcome.signal, 0);
  EXPECT_FALSE(outcome.stopped);
  EXPECT_EQ(outcome.standard_output, "out\n");
  EXPECT_EQ(outcome.standard_error, "err\n");
}

TEST(Process, tells_the_signal_that_ended_it) {
  const ProcessOutcome outcome = run(shell("kill -SEGV $$"));
  EXPECT_EQ(outcome.signal, SIGSEGV);
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_FALSE(outcome.stopped);
}

TEST(Process, is_fed_more_than_a_pipe_holds) {
  std::string text;
  for (int i = 0; text.size() < (1U << 20); ++i) text += std::to_string(i) + "\n";
  text.resize(1U << 20);
  ProcessSpec spec = program({"cat"});
  spec.stdin_text = text;
  const ProcessOutcome outcome = run(std::move(spec));
  EXPECT_TRUE(outcome.standard_output == text) << outcome.standard_output.size();
  EXPECT_EQ(outcome.stdout_dropped, 0U);
}

TEST(Process, reads_nothing_if_it_is_fed_nothing) { EXPECT_EQ(run(program({"cat"})).exit_code, 0); }

TEST(Process, may_close_its_input_early) {
  ProcessSpec spec = shell("head -c 3; exec 0<&-; echo; echo done");
  spec.stdin_text = std::string(1U << 20, 'x');
  const ProcessOutcome outcome = run(std::move(spec));
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.standard_output, "xxx\ndone\n");
}

TEST(Process, may_never_read_its_input) {
  ProcessSpec spec = shell("echo started; exit 3");
  spec.stdin_text = std::string(1U << 20, 'x');
  EXPECT_EQ(run(std::move(spec)).exit_code, 3);
}

TEST(Process, that_is_missing_is_not_found) {
  const ProcessOutcome outcome = run(program({"pawl-no-such-program"}));
  ASSERT_TRUE(outcome.spawn_error.has_value());
  EXPECT_EQ(outcome.spawn_error->code, ErrorCode::not_found);
  EXPECT_TRUE(outcome.spawn_error->message.starts_with("program \"pawl-no-such-program\" is not in PATH ("))
      << outcome.spawn_error->message;
  EXPECT_EQ(run(program({"/no/such/program"})).spawn_error->message, "program \"/no/such/program\" does not exist");
  EXPECT_EQ(run(program({""})).spawn_error->code, ErrorCode::not_found);
  EXPECT_EQ(run(program({})).spawn_error->code, ErrorCode::invalid_argument);
}

TEST(Process, says_that_the_directory_is_missing_not_the_program) {
  ProcessSpec spec = program({"true"});
  spec.cwd = "/no/such/directory";
  const ProcessOutcome missing = run(spec);
  ASSERT_TRUE(missing.spawn_error.has_value());
  EXPECT_EQ(missing.spawn_error->code, ErrorCode::not_found);
  EXPECT_EQ(missing.spawn_error->message, "working directory \"/no/such/directory\" does not exist; create it first");
  for (const char* const home : {"~/no-such", "$NO_SUCH", "/no/such/$NAME"}) {
    spec.cwd = home;
    EXPECT_EQ(run(spec).spawn_error->message,
              std::string("working directory \"") + home +
                  "\" does not exist; ~ and $NAME are expanded by shells only: write the path itself");
  }
  spec.cwd = "/dev/null";
  EXPECT_EQ(run(spec).spawn_error->message, "working directory \"/dev/null\" is not a directory");
}

TEST(Process, that_cannot_be_executed_says_why) {
  const TemporaryDirectory directory;
  const auto error_of = [](const std::string& file) { return run(program({file})).spawn_error.value_or(Error{}); };
  const Error not_executable = error_of(directory.file("plain", "#!/bin/sh\n", 0644));
  EXPECT_EQ(not_executable.code, ErrorCode::permission_denied);
  EXPECT_TRUE(not_executable.message.contains("is not executable; chmod +x")) << not_executable.message;
  const Error no_interpreter = error_of(directory.file("orphan", "#!/no/such/interpreter\n", 0755));
  EXPECT_EQ(no_interpreter.code, ErrorCode::not_found);
  EXPECT_TRUE(no_interpreter.message.contains("interpreter")) << no_interpreter.message;
  const Error no_program = error_of(directory.file("text", "no #! line\n", 0755));
  EXPECT_EQ(no_program.code, ErrorCode::invalid_argument);
  EXPECT_TRUE(error_of(directory.path()).message.ends_with("is a directory, not a program"));
}

TEST(Process, with_too_long_arguments_is_told_the_limit) {
  const ProcessOutcome outcome = run(program({"true", std::string(8U << 20, 'x')}));
  ASSERT_TRUE(outcome.spawn_error.has_value());
  EXPECT_EQ(outcome.spawn_error->code, ErrorCode::limit_exceeded);
  EXPECT_EQ(outcome.spawn_error->message,
            "one argument of \"/usr/bin/true\" has 8388608 bytes, and the kernel accepts 128 KiB in one; a script "
            "stands in a file, "
            "and a value is passed by `stdin`");
  std::vector<std::string> many(100, std::string(100'000, 'x'));
  many.front() = "true";
  EXPECT_TRUE(run(program(many)).spawn_error.value_or(Error{}).message.contains("arguments and environment"));
}

TEST(Process, runs_in_its_directory_with_its_variables) {
  const TemporaryDirectory directory;
  directory.file("tool", "#!/bin/sh\necho \"$GREETING $(pwd -P)\"\n", 0755);
  ProcessSpec spec = program({"./tool"});
  spec.cwd = directory.path();
  spec.env = {{"GREETING", "hello"}};
  EXPECT_EQ(run(spec).standard_output, "hello " + fs::canonical(directory.path()).string() + "\n");
  // PATH is that of the child, and the rest of our environment is still there.
  spec.argv = {"tool"};
  spec.cwd = "";
  spec.env = {{"PATH", directory.path() + ":/usr/bin:/bin"}, {"GREETING", "found"}};
  EXPECT_TRUE(run(spec).standard_output.starts_with("found "));
  ::setenv("PAWL_TEST_INHERITED", "kept", 1);
  EXPECT_EQ(run(shell("echo $PAWL_TEST_INHERITED")).standard_output, "kept\n");
}

// Whatever this process has changed since.
TEST(Process, has_the_signals_and_limits_that_this_process_was_started_with) {
  constexpr rlim_t kOther = 512;
  const auto before = ::signal(SIGPIPE, started_with().ignores(SIGPIPE) ? SIG_DFL : SIG_IGN);
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const rlimit limit_before = limit;
  limit.rlim_cur = std::min(kOther, limit.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const std::string blocked = run(program({"awk", "/^SigBlk/ {print $2}", "/proc/self/status"})).standard_output;
  const std::string ignored = run(program({"awk", "/^SigIgn/ {print $2}", "/proc/self/status"})).standard_output;
  const std::string descriptors = run(shell("ulimit -n")).standard_output;
  ::setrlimit(RLIMIT_NOFILE, &limit_before);
  ::signal(SIGPIPE, before);
  unsigned long long blocked_at_start = 0;
  unsigned long long ignored_at_start = 0;
  for (int signal = 1; signal < SIGRTMIN; ++signal) {
    const unsigned long long bit = 1ULL << static_cast<unsigned>(signal - 1);
    if (::sigismember(&started_with().blocked, signal) == 1) blocked_at_start |= bit;
    if (started_with().ignores(signal) && signal != SIGCHLD) ignored_at_start |= bit;
  }
  constexpr unsigned long long kStandardSignals = 0x7FFFFFFF;
  EXPECT_EQ(std::stoull(blocked, nullptr, 16) & kStandardSignals, blocked_at_start) << blocked;
  EXPECT_EQ(std::stoull(ignored, nullptr, 16) & kStandardSignals, ignored_at_start) << ignored;
  EXPECT_EQ(descriptors, std::to_string(started_with().descriptors.rlim_cur) + "\n");
}

TEST(Process, leads_a_session_of_its_own_without_a_terminal) {
  // Fields 1, 5, 6 and 7: process, group, session, terminal.
  const std::string fields =
      run(program({"awk", "{print ($1 == $5) ($1 == $6) $7}", "/proc/self/stat"})).standard_output;
  EXPECT_EQ(fields, "110\n");
  const ProcessOutcome outcome = run(shell("echo password: > /dev/tty"));
  EXPECT_NE(outcome.exit_code, 0);
  EXPECT_TRUE(outcome.standard_error.contains("No such device or address")) << outcome.standard_error;
}

TEST(Process, may_have_as_many_arguments_and_variables_as_the_kernel_takes) {
  ProcessSpec spec = program({"sh", "-c", "echo $#; env | grep -c ^PAWL_MANY_", "sh"});
  constexpr int kMany = 5000;
  for (int i = 0; i < kMany; ++i) {
    spec.argv.push_back(std::string(100, 'x'));
    spec.env.emplace_back(fmt::format("PAWL_MANY_{}", i), std::string(100, 'y'));
  }
  EXPECT_EQ(run(spec).standard_output, "5000\n5000\n");
}

TEST(Process, runs_where_this_process_is_now) {
  ProcessRunner runner;
  EXPECT_EQ(Started::start(runner, shell("exit 0"))->outcome().exit_code, 0);  // the keeper is where we were
  const TemporaryDirectory directory;
  const fs::path before = fs::current_path();
  fs::current_path(directory.path());
  const ProcessOutcome outcome = Started::start(runner, program({"pwd", "-P"}))->outcome();
  fs::current_path(before);
  EXPECT_EQ(outcome.standard_output, fs::canonical(directory.path()).string() + "\n");
}

TEST(Process, gets_no_descriptor_but_the_standard_three) {
  const Descriptor leaky(::open("/dev/null", O_RDONLY));  // without O_CLOEXEC, as careless libraries do
  ASSERT_TRUE(leaky.is_open());
  EXPECT_EQ(run(program({"ls", "/proc/self/fd"})).standard_output, "0\n1\n2\n3\n");  // 3 is the listing itself
}

TEST(ProcessOutput, comes_line_by_line_from_both_streams) {
  ProcessRunner runner;
  const auto started = Started::start(runner, shell("printf 'one\\r\\n\\ntwo'; printf 'oops\\n' >&2"));
  EXPECT_EQ(started->outcome().standard_output, "one\r\n\ntwo");
  std::vector<std::string> out;
  std::vector<std::string> err;
  for (const auto& [stream, line] : started->lines())
    (stream == OutputStream::standard_output ? out : err).push_back(line);
  EXPECT_EQ(out, (std::vector<std::string>{"one", "", "two"}));
  EXPECT_EQ(err, (std::vector<std::string>{"oops"}));
}

TEST(ProcessOutput, keeps_the_end_of_what_exceeds_the_limit) {
  ProcessSpec spec = shell("head -c 10000000 /dev/zero | tr '\\0' x; echo end");
  spec.stdout_limit = 1000;
  const ProcessOutcome outcome = run(std::move(spec));
  EXPECT_EQ(outcome.standard_output, std::string(996, 'x') + "end\n");
  EXPECT_EQ(outcome.stdout_dropped, 10'000'004U - 1000U);
}

TEST(ProcessOutput, that_a_daemon_holds_open_does_not_delay_the_outcome_for_ever) {
  const Gate gate;
  ProcessRunner runner;
  const auto started =
      Started::start(runner, shell("setsid sh -c 'echo $$; exec sleep 1000' & " + gate.pass() + "; exit 0"));
  const Stranger daemon(started->number(0));
  gate.open();
  EXPECT_EQ(started->outcome().exit_code, 0);
  daemon.kill();  // it left the group, so it still runs
}

TEST(ProcessEnd, kills_what_the_leader_left_in_the_background) {
  for (const char* redirected : {"", ">/dev/null 2>&1"}) {  // it holds the output, or does not
    const Gate gate;
    ProcessRunner runner;
    const auto started =
        Started::start(runner, shell(fmt::format("sleep 1000 {} & echo $!; {}; exit 4", redirected, gate.pass())));
    const Stranger background(started->number(0));
    gate.open();
    EXPECT_EQ(started->outcome().exit_code, 4);
    EXPECT_TRUE(background.ends());
  }
}

}  // namespace
}  // namespace pawl::runners
