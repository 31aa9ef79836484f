// What a leader leaves behind: all that a failed one has left is ended before its outcome is told; a completed one may
// leave a daemon, also if that is still on its way out of the group.
#include <fmt/format.h>

#include "runners/exec/process_test_support.h"

namespace pawl::runners {
namespace {

// Leaves a daemon that runs `script` and has written its number; `setsid` may take options. Then `line`.
ProcessSpec leaving(const std::string& setsid, const std::string& script, const std::string& line) {
  return shell(
      fmt::format("mkfifo ready; {} sh -c '{}; echo $$ > ready; while :; do sleep 0.01; done' "
                  "> /dev/null 2>&1 < /dev/null & read number < ready; rm ready; echo $number; {}",
                  setsid, script, line));
}

class ProcessLeft : public ::testing::Test {
 protected:
  // In a folder of its own, held up at its end.
  std::shared_ptr<Started> start(const std::string& setsid, const std::string& script, const std::string& line) {
    ProcessSpec spec = leaving(setsid, script, gate_.pass() + "; " + line);
    spec.cwd = directory_.path();
    return Started::start(runner_, std::move(spec));
  }

  TemporaryDirectory directory_;
  Gate gate_;
  ProcessRunner runner_;
};

TEST_F(ProcessLeft, by_one_that_failed_gets_its_time_to_end_before_the_outcome_is_told) {
  const auto started = start("setsid", "trap \"sleep 0.3; echo end > cleaned; exit\" TERM", "exit 4");
  const Stranger daemon(started->number(0));
  gate_.open();
  const ProcessOutcome outcome = started->outcome();
  EXPECT_EQ(outcome.exit_code, 4);
  EXPECT_FALSE(outcome.stopped);
  EXPECT_FALSE(daemon.lives());
  EXPECT_TRUE(std::filesystem::exists(directory_.path() + "/cleaned"));
}

TEST_F(ProcessLeft, by_one_that_died_of_a_signal_is_ended_too) {
  const auto started = start("setsid", ":", "kill -9 $$");
  const Stranger daemon(started->number(0));
  gate_.open();
  EXPECT_EQ(started->outcome().signal, SIGKILL);
  EXPECT_FALSE(daemon.lives());
}

TEST_F(ProcessLeft, by_one_that_failed_is_killed_after_the_grace_period) {
  ProcessRunner impatient(kShort);
  ProcessSpec spec = leaving("setsid", "trap \"\" TERM", "exit 4");
  spec.cwd = directory_.path();
  const auto started = Started::start(impatient, std::move(spec));
  const Stranger daemon(started->number(0));
  EXPECT_EQ(started->outcome().exit_code, 4);
  EXPECT_FALSE(daemon.lives());
}

// Told to stop when it has ended by itself, the rest of it has no more than that time.
TEST_F(ProcessLeft, by_one_that_failed_is_killed_by_a_stop) {
  const auto started = start("setsid", "trap \"echo heard > heard\" TERM", "exit 4");
  const Stranger daemon(started->number(0));
  gate_.open();
  const auto give_up = std::chrono::steady_clock::now() + kHang;
  while (!std::filesystem::exists(directory_.path() + "/heard") && std::chrono::steady_clock::now() < give_up)
    std::this_thread::yield();
  EXPECT_FALSE(started->is_done());
  runner_.stop(started->id, Duration::zero());
  EXPECT_EQ(started->outcome().exit_code, 4);
  EXPECT_FALSE(daemon.lives());
}

TEST_F(ProcessLeft, by_another_one_lives_on) {
  const auto completed = start("setsid", ":", "exit 0");
  const Stranger daemon(completed->number(0));
  gate_.open();
  EXPECT_EQ(completed->outcome().exit_code, 0);
  const auto failed = start("setsid", ":", "exit 4");
  gate_.open();
  EXPECT_EQ(failed->outcome().exit_code, 4);
  EXPECT_TRUE(daemon.lives());
}

// It has nothing that tells whose it is, but nobody else can have started it.
TEST_F(ProcessLeft, without_its_environment_is_ended_if_nothing_else_ran) {
  for (const std::string line : {"exit 4", "echo stop; sleep 1000"}) {
    const auto started = start("setsid -f env -i PATH=\"$PATH\"", ":", line);
    const Stranger daemon(started->number(0));
    gate_.open();
    if (line != "exit 4") {
      EXPECT_EQ(started->line(1), "stop");
      runner_.stop(started->id, kNever);
    }
    (void)started->outcome();
    EXPECT_FALSE(daemon.lives()) << line;
  }
}

TEST_F(ProcessLeft, without_its_environment_is_left_alone_if_something_else_ran) {
  const auto other = Started::start(runner_, shell("echo ready; exec sleep 1000"));
  EXPECT_EQ(other->line(0), "ready");
  const auto started = start("setsid -f env -i PATH=\"$PATH\"", ":", "exit 4");
  const Stranger daemon(started->number(0));
  gate_.open();
  EXPECT_EQ(started->outcome().exit_code, 4);
  EXPECT_TRUE(daemon.lives());
  runner_.stop(other->id, kNever);
  (void)other->outcome();
  runner_.end(kNever);
  EXPECT_TRUE(runner_.wait_end(std::chrono::steady_clock::now() + kHang));
  EXPECT_FALSE(daemon.lives());
}

// It leaves the group when its leader has ended, of which it knows by its parent, and has something to do before; a
// busy machine may make it late.
TEST_F(ProcessLeft, by_a_completed_one_has_a_moment_to_leave_the_group) {
  bool lives = false;
  for (int tries = 0; tries < 20 && !lives; ++tries) {
    const auto started = Started::start(
        runner_,
        shell("sh -c 'while read pid name state parent rest < /proc/self/stat && [ $parent = $0 ]; do :; done; "
              "for i in 1 2 3 4 5 6 7 8 9 10; do /bin/true; done; "
              "exec setsid sleep 1000' $$ > /dev/null 2>&1 & echo $!"));
    const Stranger daemon(started->number(0));
    EXPECT_EQ(started->outcome().exit_code, 0);
    lives = daemon.lives();
  }
  EXPECT_TRUE(lives);
}

}  // namespace
}  // namespace pawl::runners
