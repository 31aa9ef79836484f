// Stopping a process: the whole group hears SIGTERM, has its grace period, and is gone after it.
#include <fmt/format.h>

#include "runners/exec/process_test_support.h"

namespace pawl::runners {
namespace {

constexpr Duration kAtOnce(0);
constexpr Duration kEnough = std::chrono::seconds(5);

TEST(ProcessStop, ends_the_whole_group) {
  ProcessRunner runner;
  const auto started = Started::start(runner, shell("sleep 1000 & echo $!; sleep 1000 & echo $!; wait"));
  const Stranger first(started->number(0));
  const Stranger second(started->number(1));
  runner.stop(started->id, kNever);
  const ProcessOutcome outcome = started->outcome();
  EXPECT_TRUE(outcome.stopped);
  EXPECT_EQ(outcome.signal, SIGTERM);
  EXPECT_TRUE(first.ends());
  EXPECT_TRUE(second.ends());
}

TEST(ProcessStop, lets_it_clean_up_and_say_so) {
  ProcessRunner runner;
  const auto started = Started::start(runner, shell("trap 'echo cleaned; exit 3' TERM; sleep 1000 & echo ready; wait"));
  EXPECT_EQ(started->line(0), "ready");
  runner.stop(started->id, kEnough);  // dash may lose a signal between the fork and the exec of `sleep`
  const ProcessOutcome outcome = started->outcome();
  EXPECT_TRUE(outcome.stopped);
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_EQ(outcome.standard_output, "ready\ncleaned\n");
}

// `sh` dies of SIGTERM at once; the member that does the work needs longer than the usual wait for the rest of the
// output. Its `sleep` must not hold the output: dash may lose a signal between the fork and the exec of a child. If it
// does, that is killed at the end of the grace period.
TEST(ProcessStop, gives_the_grace_period_to_the_group_if_the_signal_ends_its_leader) {
  ProcessRunner runner;
  const auto started = Started::start(
      runner,
      shell("(trap 'sleep 1; echo cleaned; exit 0' TERM; sleep 1000 >/dev/null 2>&1 & echo ready; wait) & wait"));
  EXPECT_EQ(started->line(0), "ready");
  runner.stop(started->id, kEnough);
  const ProcessOutcome outcome = started->outcome();
  EXPECT_EQ(outcome.signal, SIGTERM);
  EXPECT_EQ(outcome.standard_output, "ready\ncleaned\n");
}

// As before, but nothing holds the output: `sh` has ended at once, and what works in the background needs its time.
TEST(ProcessStop, gives_the_grace_period_to_a_group_that_writes_elsewhere) {
  const TemporaryDirectory directory;
  const std::string file = directory.path() + "/cleaned";
  ProcessRunner runner;
  const auto started = Started::start(
      runner, shell("(trap 'sleep 1; echo cleaned > " + file +
                    "; exit 0' TERM; echo ready; exec >/dev/null 2>&1; while :; do sleep 0.01; done) & wait"));
  EXPECT_EQ(started->line(0), "ready");
  runner.stop(started->id, kNever);
  EXPECT_EQ(started->outcome().signal, SIGTERM);
  EXPECT_TRUE(std::filesystem::exists(file));
}

TEST(ProcessStop, reaches_what_has_left_the_group) {
  ProcessRunner runner;
  // One child of the leader, and one that has no parent but the keeper.
  const auto started = Started::start(
      runner, shell("setsid sh -c 'echo $$; exec sleep 1000' & setsid sh -c 'sleep 1000 & echo $!' & sleep 1000"));
  const Stranger first(started->number(0));
  const Stranger second(started->number(1));
  runner.stop(started->id, kNever);
  EXPECT_TRUE(started->outcome().stopped);
  EXPECT_TRUE(first.ends());  // they have been killed, at least
  EXPECT_TRUE(second.ends());
}

TEST(ProcessStop, kills_the_group_when_its_grace_period_ends_after_its_leader) {
  ProcessRunner runner;
  const auto started = Started::start(runner, shell("(trap '' TERM; echo ready; exec sleep 1000) & wait"));
  EXPECT_EQ(started->line(0), "ready");
  runner.stop(started->id, kShort);
  EXPECT_EQ(started->outcome().signal, SIGTERM);
}

// It takes longer than the usual wait for the rest of the output.
TEST(ProcessStop, gives_the_rest_of_the_grace_period_to_what_an_exiting_leader_left) {
  const TemporaryDirectory directory;
  const std::string file = directory.path() + "/cleaned";
  ProcessRunner runner;
  const auto started = Started::start(
      runner, shell("trap 'exit 3' TERM; (trap 'sleep 1; echo cleaned > " + file +
                    "; exit 0' TERM; echo ready; exec >/dev/null 2>&1; while :; do sleep 0.01; done) & wait"));
  EXPECT_EQ(started->line(0), "ready");
  runner.stop(started->id, kNever);
  EXPECT_EQ(started->outcome().exit_code, 3);
  EXPECT_TRUE(std::filesystem::exists(file));
}

TEST(ProcessStop, kills_what_an_exiting_leader_left_when_the_grace_period_ends) {
  ProcessRunner runner;
  const auto started =
      Started::start(runner, shell("trap 'exit 3' TERM; (trap '' TERM; echo ready; exec sleep 1000) & wait"));
  EXPECT_EQ(started->line(0), "ready");
  runner.stop(started->id, kShort);
  EXPECT_EQ(started->outcome().exit_code, 3);
}

// What a shell does between the fork and the exec of a child: SIGTERM runs its handler there, which is lost with it.
constexpr const char* kLoses =
    "(trap 'echo heard' TERM; echo ready; until [ -e \"$0\" ]; do :; done; exec sleep 1000) ";

TEST(ProcessStop, reaches_what_has_lost_its_signal_in_an_exec) {
  // The leader has ended then, or waits for it.
  for (const auto& [before, behind] : {std::pair("trap 'exit 3' TERM; ", "& wait"), {"trap : TERM; ", "; exit 3"}}) {
    const TemporaryDirectory directory;
    ProcessRunner runner;
    const auto started = Started::start(
        runner, program({"sh", "-c", fmt::format("{}{}{}", before, kLoses, behind), directory.path() + "/go"}));
    EXPECT_EQ(started->line(0), "ready");
    runner.stop(started->id, kNever);
    EXPECT_EQ(started->line(1), "heard");
    directory.file("go", "", 0600);
    EXPECT_EQ(started->outcome().exit_code, 3);
  }
}

// It has heard it, and a second one would take it the time that it needs.
TEST(ProcessStop, is_heard_once_by_who_sets_it_back_to_its_default) {
  const TemporaryDirectory directory;
  const std::string file = directory.path() + "/cleaned";
  ProcessRunner runner;
  const auto started = Started::start(
      runner,
      program({"sh", "-c", "trap 'exit 3' TERM; sh -c \"$1\" \"$0\" & wait", file,
               "trap 'trap - TERM; sleep 1; echo cleaned > \"$0\"; exit 0' TERM; echo ready; exec >/dev/null 2>&1; "
               "while :; do sleep 0.01; done"}));
  EXPECT_EQ(started->line(0), "ready");
  runner.stop(started->id, kNever);
  EXPECT_EQ(started->outcome().exit_code, 3);
  EXPECT_TRUE(std::filesystem::exists(file));
}

TEST(ProcessStop, kills_who_ignores_it_after_the_grace_period) {
  ProcessRunner runner;
  const auto started = Started::start(runner, shell("trap '' TERM; echo ready; while :; do sleep 1000; done"));
  EXPECT_EQ(started->line(0), "ready");
  const auto before = std::chrono::steady_clock::now();
  runner.stop(started->id, kShort);
  const ProcessOutcome outcome = started->outcome();
  EXPECT_GE(std::chrono::steady_clock::now() - before, kShort);
  EXPECT_TRUE(outcome.stopped);
  EXPECT_EQ(outcome.signal, SIGKILL);
}

TEST(ProcessStop, without_grace_kills_at_once) {
  ProcessRunner runner;
  const auto started = Started::start(runner, shell("trap 'echo cleaned; exit 0' TERM; echo ready; sleep 1000 & wait"));
  EXPECT_EQ(started->line(0), "ready");
  runner.stop(started->id, kAtOnce);
  const ProcessOutcome outcome = started->outcome();
  EXPECT_EQ(outcome.signal, SIGKILL);
  EXPECT_EQ(outcome.standard_output, "ready\n");
}

TEST(ProcessStop, again_shortens_the_grace_period_and_never_lengthens_it) {
  ProcessRunner runner;
  const auto started = Started::start(runner, shell("trap '' TERM; echo ready; while :; do sleep 1000; done"));
  EXPECT_EQ(started->line(0), "ready");
  runner.stop(started->id, kNever);
  runner.stop(started->id, kShort);
  runner.stop(started->id, kNever);
  EXPECT_EQ(started->outcome().signal, SIGKILL);
}

TEST(ProcessStop, reaches_a_suspended_process) {
  ProcessRunner runner;
  const auto started =
      Started::start(runner, shell("trap 'echo woken; exit 0' TERM; echo $$; kill -STOP $$; sleep 1000 & wait"));
  wait_for_state(started->number(0), "T");
  runner.stop(started->id, kNever);
  const ProcessOutcome outcome = started->outcome();
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_TRUE(outcome.standard_output.ends_with("woken\n"));
}

TEST(ProcessStop, right_after_the_start_works) {
  ProcessRunner runner;
  for (int i = 0; i < 20; ++i) {
    const auto started = Started::start(runner, program({"sleep", "1000"}));
    runner.stop(started->id, kNever);
    const ProcessOutcome outcome = started->outcome();
    EXPECT_TRUE(outcome.stopped);
    EXPECT_EQ(outcome.signal, SIGTERM);
  }
}

TEST(ProcessStop, of_one_that_does_not_read_its_input_works) {
  ProcessRunner runner;
  ProcessSpec spec = program({"sleep", "1000"});
  spec.stdin_text = std::string(1U << 20, 'x');
  const auto started = Started::start(runner, std::move(spec));
  runner.stop(started->id, kNever);
  EXPECT_EQ(started->outcome().signal, SIGTERM);
}

TEST(ProcessStop, of_what_has_ended_failed_or_never_was_does_nothing) {
  ProcessRunner runner;
  const auto ended = Started::start(runner, shell("exit 5"));
  const ProcessOutcome outcome = ended->outcome();
  EXPECT_EQ(outcome.exit_code, 5);
  EXPECT_FALSE(outcome.stopped);
  const auto failed = Started::start(runner, program({"pawl-no-such-program"}));
  runner.stop(failed->id, kAtOnce);
  EXPECT_TRUE(failed->outcome().spawn_error.has_value());
  runner.stop(ended->id, kAtOnce);
  runner.stop(ProcessRunner::ProcessId(999'999), kNever);
  EXPECT_EQ(Started::start(runner, shell("exit 0"))->outcome().exit_code, 0);  // the runner has survived all of it
}

// The leader has ended by itself; that its outcome still waits for output does not make it a stopped one.
TEST(ProcessStop, after_the_leader_has_ended_does_not_change_its_outcome) {
  const Gate gate;
  ProcessRunner runner;
  const auto started =
      Started::start(runner, shell("echo $$; setsid sh -c 'echo $$; exec sleep 1000' & " + gate.pass() + "; exit 6"));
  const Stranger daemon(started->number(1));
  gate.open();
  wait_for_state(started->number(0), "Z");
  runner.stop(started->id, kAtOnce);
  const ProcessOutcome outcome = started->outcome();
  EXPECT_FALSE(outcome.stopped);
  EXPECT_EQ(outcome.exit_code, 6);
  daemon.kill();
}

TEST(ProcessStop, may_come_from_a_callback) {
  ProcessRunner runner;
  std::promise<ProcessRunner::ProcessId> id;
  std::promise<ProcessOutcome> end;
  const auto known = id.get_future().share();
  id.set_value(runner.start(
      shell("echo ready; exec sleep 1000"), [&](OutputStream, std::string_view) { runner.stop(known.get(), kNever); },
      [&](ProcessOutcome outcome) { end.set_value(std::move(outcome)); }));
  auto outcome = end.get_future();
  ASSERT_EQ(outcome.wait_for(kHang), std::future_status::ready);
  EXPECT_TRUE(outcome.get().stopped);
}

}  // namespace
}  // namespace pawl::runners
