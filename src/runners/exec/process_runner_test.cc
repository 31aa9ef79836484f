// The runner of child processes as a whole: many at a time, few descriptors, and nothing left of it.
#include <cerrno>
#include <filesystem>
#include <iterator>

#include <sys/resource.h>
#include <sys/wait.h>

#include "runners/exec/process_test_support.h"

namespace pawl::runners {
namespace {

std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
}

bool has_no_children() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == -1 && errno == ECHILD;
}

TEST(ProcessRunner, leaves_neither_zombies_nor_descriptors) {
  const std::ptrdiff_t before = open_descriptors();
  {
    ProcessRunner runner;
    std::vector<std::shared_ptr<Started>> all;
    for (int i = 0; i < 200; ++i) {
      ProcessSpec spec = i % 4 == 0 ? program({"pawl-no-such-program"}) : shell("cat; exit 1");
      if (i % 2 == 1) spec.stdin_text = "text";
      all.push_back(Started::start(runner, std::move(spec)));
    }
    const std::ptrdiff_t own = 4;  // its epoll, its wake-up, and the keeper's socket and handle
    for (const auto& started : all) started->outcome();
    EXPECT_EQ(open_descriptors(), before + own);
  }
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_TRUE(has_no_children());
}

TEST(ProcessRunner, runs_five_hundred_at_once) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, std::max<rlim_t>(limit.rlim_cur, 4096));
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ProcessRunner runner;
  std::vector<std::shared_ptr<Started>> all;
  all.reserve(500);
  for (int i = 0; i < 500; ++i) all.push_back(Started::start(runner, shell("echo ready; exec sleep 1000")));
  for (const auto& started : all) EXPECT_EQ(started->line(0), "ready");  // all run now, none has ended
  for (const auto& started : all) runner.stop(started->id, kHang);
  for (const auto& started : all) EXPECT_EQ(started->outcome().signal, SIGTERM);
}

TEST(ProcessRunner, without_descriptors_refuses_as_unavailable) {
  ProcessRunner runner;
  EXPECT_EQ(Started::start(runner, program({"true"}))->outcome().exit_code, 0);
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const rlimit before = limit;
  limit.rlim_cur = 5;  // below what is open already
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const ProcessOutcome outcome = Started::start(runner, program({"true"}))->outcome();
  ::setrlimit(RLIMIT_NOFILE, &before);
  ASSERT_TRUE(outcome.spawn_error.has_value());
  EXPECT_EQ(outcome.spawn_error->code, ErrorCode::unavailable);
  EXPECT_TRUE(outcome.spawn_error->message.contains("ulimit -n")) << outcome.spawn_error->message;
}

// As many as can run do, the others wait.
TEST(ProcessRunner, with_few_descriptors_runs_one_after_the_other) {
  ProcessRunner runner;
  EXPECT_EQ(Started::start(runner, program({"true"}))->outcome().exit_code, 0);
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const rlimit before = limit;
  limit.rlim_cur = static_cast<rlim_t>(open_descriptors()) + 30;  // for some of them
  ::setrlimit(RLIMIT_NOFILE, &limit);
  std::vector<std::shared_ptr<Started>> all;
  constexpr std::size_t kMany = 50;
  for (std::size_t i = 0; i < kMany; ++i) all.push_back(Started::start(runner, shell("sleep 0.01; exit 3")));
  const auto stopped = Started::start(runner, program({"sleep", "1000"}));  // while it waits, most likely
  runner.stop(stopped->id, kHang);
  for (const auto& started : all) {
    const ProcessOutcome outcome = started->outcome();
    EXPECT_FALSE(outcome.spawn_error.has_value()) << outcome.spawn_error->message;
    EXPECT_EQ(outcome.exit_code, 3);
  }
  EXPECT_TRUE(stopped->outcome().stopped);
  ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST(ProcessRunner, may_be_used_while_sigchld_is_ignored) {
  const auto before = ::signal(SIGCHLD, SIG_IGN);
  const ProcessOutcome outcome = run(shell("exit 3"));
  ::signal(SIGCHLD, before);
  EXPECT_FALSE(outcome.spawn_error.has_value());
  EXPECT_EQ(outcome.exit_code, 3);
}

TEST(ProcessRunner, callbacks_may_start_more) {
  ProcessRunner runner;
  std::promise<int> last;
  runner.start(shell("exit 1"), {}, [&](const ProcessOutcome& first) {
    runner.start(shell("exit 2"), {},
                 [&, first](const ProcessOutcome& second) { last.set_value(first.exit_code * 10 + second.exit_code); });
  });
  auto future = last.get_future();
  ASSERT_EQ(future.wait_for(kHang), std::future_status::ready);
  EXPECT_EQ(future.get(), 12);
}

TEST(ProcessRunner, destroyed_kills_what_runs_and_calls_nobody) {
  std::shared_ptr<Started> started;
  std::vector<Stranger> all;
  {
    ProcessRunner runner;
    started = Started::start(runner, shell("trap '' TERM; echo $$; sleep 1000 & echo $!; wait"));
    all.emplace_back(started->number(0));
    all.emplace_back(started->number(1));
    for (int i = 0; i < 50; ++i) Started::start(runner, program({"sleep", "1000"}));  // some of them still in its queue
  }
  EXPECT_TRUE(has_no_children());
  EXPECT_FALSE(started->is_done());
  for (const Stranger& stranger : all) EXPECT_TRUE(stranger.ends());
}

}  // namespace
}  // namespace pawl::runners
