// The third signal ends the process at once, also while what the first one has asked for hangs. Signals are for a whole
// process, so each case is a process of its own; a hang would end it with SIGALRM.
#include "cli/interruption.h"

#include <csignal>
#include <future>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "pawl/engine.h"

#include "cli/cli.h"
#include "cli/signals.h"
#include "tests/support/graphs.h"

namespace pawl::cli {
namespace {

using ::testing::ExitedWithCode;

constexpr unsigned kHangSeconds = 120;

// Returns when it has been read: one more would be lost while it is pending.
void send(int signal) {
  ::kill(::getpid(), signal);
  sigset_t pending;
  do {
    sigpending(&pending);
  } while (sigismember(&pending, signal) == 1);
}

[[noreturn]] void wait_for_the_end() {
  for (;;) ::pause();
}

void interrupt_while_cancelling_hangs(bool durable) {
  ::alarm(kHangSeconds);
  Interruption interruption(durable);
  Engine engine(Options{.shards = 1});
  std::promise<void> hangs;
  engine.orchestrator().start_workflow(testing::define({testing::task("a")}), {.id = "w"}, [&](const auto&) {
    hangs.set_value();
    wait_for_the_end();  // on the shard's thread: it does not come to anything any more
  });
  hangs.get_future().wait();
  interruption.set_workflow(engine.orchestrator(), "w");
  send(SIGINT);
  send(SIGTERM);
  send(SIGTERM);
  wait_for_the_end();
}

class InterruptionDeathTest : public ::testing::Test {
 protected:
  InterruptionDeathTest() {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    std::signal(SIGINT, SIG_DFL);  // for those processes; one that is started with it ignored leaves it so
  }
};

TEST_F(InterruptionDeathTest, the_third_signal_ends_the_process_while_cancelling_hangs) {
  EXPECT_EXIT(interrupt_while_cancelling_hangs(false), ExitedWithCode(kCancelled), "");
  EXPECT_EXIT(interrupt_while_cancelling_hangs(true), ExitedWithCode(kUnavailable), "");
}

// What has been asked in turn, and told at once.
void react_in_turn() {
  ::alarm(kHangSeconds);
  std::promise<void> first_ends;
  std::promise<void> all;
  std::vector<int> at_once;
  std::vector<int> in_turn;
  {
    Signals signals({.at_once = [&](int, int count) { at_once.push_back(count); },
                     .in_turn =
                         [&](int signal, int count) {
                           if (count == 1) first_ends.get_future().wait();
                           if (signal == SIGTERM) in_turn.push_back(count);
                           if (count == 3) all.set_value();
                         }});
    for (int i = 0; i < 3; ++i) send(SIGTERM);
    first_ends.set_value();
    all.get_future().wait();
  }
  ::_exit(at_once == std::vector{1, 2, 3} && in_turn == std::vector{1, 2, 3} ? 0 : 1);
}

TEST_F(InterruptionDeathTest, signals_are_acted_on_one_after_another) {
  EXPECT_EXIT(react_in_turn(), ExitedWithCode(0), "");
}

}  // namespace
}  // namespace pawl::cli
