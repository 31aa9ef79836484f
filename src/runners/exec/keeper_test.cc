// The keeper process: whatever becomes of the program that has started processes, or of the keeper, none is left.
#include "runners/exec/keeper.h"

#include <cerrno>
#include <climits>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runners/exec/process_test_support.h"

namespace pawl::runners {
namespace {

// A program in a process of its own that starts one process and then sleeps for ever. When it is killed, that process
// may die of SIGPIPE until the keeper has seen the end, so a command says nothing.
class Owner {
 public:
  Owner(Duration grace, const std::string& command, int lock = -1, bool has_nothing_else_open = false)
      : Owner(grace, shell("exec > /dev/null 2>&1; " + command), lock, has_nothing_else_open) {}
  Owner(Duration grace, ProcessSpec spec, int lock = -1, bool has_nothing_else_open = false) {
    pid_ = ::fork();
    EXPECT_GE(pid_, 0);
    if (pid_ != 0) return;
    if (has_nothing_else_open) {
      lock = ::dup2(lock, 0);
      ::close_range(1, UINT_MAX, 0);
    }
    ProcessRunner runner(grace);
    if (lock >= 0) runner.hold(lock);
    const auto started = Started::start(runner, std::move(spec));
    for (;;) ::pause();
  }
  Owner(const Owner&) = delete;
  Owner& operator=(const Owner&) = delete;
  ~Owner() { end(); }

  // As `kill -9` does.
  void end() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  pid_t pid_ = -1;
};

// What processes say by a named pipe, line by line: it stays when their program is gone.
class Mailbox {
 public:
  Mailbox() {
    EXPECT_EQ(::mkfifo(path_.c_str(), 0600), 0);
    // Also to write, so that it has no end.
    file_ = std::fopen(path_.c_str(), "r+");
    EXPECT_NE(file_, nullptr);
  }
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;
  ~Mailbox() { std::fclose(file_); }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string line() {
    pollfd ready{.fd = ::fileno(file_), .events = POLLIN, .revents = 0};
    char text[256] = {};
    if (::poll(&ready, 1, static_cast<int>(std::chrono::milliseconds(kHang).count())) != 1 ||
        std::fgets(text, sizeof(text), file_) == nullptr)
      ADD_FAILURE() << "no line";
    return {text, ::strcspn(text, "\n")};
  }
  [[nodiscard]] int number() { return std::atoi(line().c_str()); }

 private:
  TemporaryDirectory directory_;
  std::string path_ = directory_.path() + "/mailbox";
  std::FILE* file_ = nullptr;
};

TEST(Keeper, ends_what_runs_when_its_program_is_killed) {
  Mailbox mailbox;
  Owner owner(kNever, "trap 'echo cleaned > " + mailbox.path() + "; exit' TERM; echo $$ > " + mailbox.path() +
                          "; while :; do sleep 0.01; done");
  const Stranger leader(mailbox.number());
  owner.end();
  EXPECT_EQ(mailbox.line(), "cleaned");
  EXPECT_TRUE(leader.ends());
}

// More than a pipe holds, on both streams.
TEST(Keeper, reads_what_is_said_when_its_program_is_killed) {
  Mailbox mailbox;
  Owner owner(kNever, shell("trap 'i=0; while [ $i -lt 5000 ]; do echo 01234567890123456789; echo 01234567890123456789 "
                            ">&2; i=$((i+1)); done; echo cleaned > " +
                            mailbox.path() + "; exit' TERM; echo $$ > " + mailbox.path() + "; while :; do :; done"));
  const Stranger leader(mailbox.number());
  owner.end();
  EXPECT_EQ(mailbox.line(), "cleaned");
  EXPECT_TRUE(leader.ends());
}

// Its reader gets all of it.
TEST(Keeper, leaves_the_pipe_between_two_programs_alone_when_its_program_is_killed) {
  Mailbox mailbox;
  Owner owner(
      kNever,
      program({"sh", "-c",
               "mkfifo \"$0.between\"; (trap '' TERM; exec wc -l < \"$0.between\" > \"$0\") & exec > \"$0.between\"; "
               "trap 'i=0; while [ $i -lt 20000 ]; do echo $i; i=$((i+1)); done; exit' TERM; echo $$ > \"$0\"; "
               "while :; do :; done",
               mailbox.path()}));
  const Stranger leader(mailbox.number());
  owner.end();
  EXPECT_EQ(mailbox.number(), 20'000);
  EXPECT_TRUE(leader.ends());
}

TEST(Keeper, kills_after_the_grace_period_what_does_not_end_when_its_program_is_killed) {
  Mailbox mailbox;
  Owner owner(kShort, "trap '' TERM; echo $$ > " + mailbox.path() + "; while :; do sleep 1000; done");
  const Stranger leader(mailbox.number());
  owner.end();
  EXPECT_TRUE(leader.ends());
}

// Its own session, no parent, no descriptor of ours.
constexpr const char* kDaemon = "setsid sh -c '(echo $(exec sh -c \"echo \\$PPID\") > \"$0\"; exec sleep 1000) &' ";

TEST(Keeper, ends_daemons_when_its_program_is_killed) {
  Mailbox mailbox;
  Owner owner(kNever, std::string(kDaemon) + mailbox.path() + " < /dev/null > /dev/null 2>&1; exec sleep 1000");
  const Stranger daemon(mailbox.number());
  owner.end();
  EXPECT_TRUE(daemon.ends());
}

class KeeperLock : public ::testing::TestWithParam<bool> {};

// Also with the lowest descriptors that there are.
TEST_P(KeeperLock, is_kept_until_nothing_is_left) {
  const TemporaryDirectory directory;
  const std::string file = directory.file("lock", "", 0600);
  Mailbox mailbox;
  const std::string go = directory.path() + "/go";
  Descriptor lock(::open(file.c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_EQ(::flock(lock.get(), LOCK_EX | LOCK_NB), 0);
  Owner owner(kNever,
              "trap 'until [ -e " + go + " ]; do sleep 0.01; done; exit' TERM; echo $$ > " + mailbox.path() +
                  "; while :; do sleep 0.01; done",
              lock.get(), GetParam());
  const Stranger leader(mailbox.number());
  lock.close();
  owner.end();
  const Descriptor next(::open(file.c_str(), O_RDWR | O_CLOEXEC));
  EXPECT_EQ(::flock(next.get(), LOCK_EX | LOCK_NB), -1);
  directory.file("go", "", 0600);
  EXPECT_EQ(::flock(next.get(), LOCK_EX), 0);
  EXPECT_FALSE(leader.lives());
}

INSTANTIATE_TEST_SUITE_P(Descriptors, KeeperLock, ::testing::Bool());

// The keeper process has no use for what the program has open.
TEST(Keeper, is_made_of_the_last_descriptors) {
#ifdef PAWL_SANITIZED
  GTEST_SKIP() << "UndefinedBehaviorSanitizer needs descriptors to look at memory";
#endif
  const TemporaryDirectory directory;
  const Descriptor lock(::open(directory.file("lock", "", 0600).c_str(), O_RDWR | O_CLOEXEC));
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const rlimit before = limit;
  limit.rlim_cur = 64;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  std::vector<Descriptor> all;
  do all.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  while (all.back().is_open());
  constexpr std::size_t kNeeded = 3;  // two sockets, and the handle of the keeper process
  all.resize(all.size() - 1 - kNeeded);
  const Result<std::unique_ptr<Keeper>> keeper = Keeper::make(Duration(0), lock.get());
  all.clear();
  ::setrlimit(RLIMIT_NOFILE, &before);
  ASSERT_TRUE(keeper) << describe(keeper.error());
  EXPECT_FALSE((*keeper)->status(1));
  EXPECT_FALSE((*keeper)->has_ended());
}

TEST(Keeper, lets_a_daemon_of_a_completed_process_live_until_the_end) {
  Mailbox mailbox;
  ProcessRunner runner;
  EXPECT_EQ(Started::start(runner, shell(std::string(kDaemon) + mailbox.path() + " < /dev/null > /dev/null 2>&1"))
                ->outcome()
                .exit_code,
            0);
  const Stranger daemon(mailbox.number());
  EXPECT_EQ(Started::start(runner, shell("exit 5"))->outcome().exit_code, 5);
  EXPECT_TRUE(daemon.lives());
  runner.end(kNever);
  EXPECT_TRUE(runner.wait_end(std::chrono::steady_clock::now() + kHang));
  EXPECT_FALSE(daemon.lives());
  EXPECT_EQ(Started::start(runner, shell("exit 6"))->outcome().exit_code, 6);  // by a new keeper
}

TEST(Keeper, can_be_told_to_end_sooner) {
  Mailbox mailbox;
  const Gate gate;
  ProcessRunner runner;
  const auto started =
      Started::start(runner, shell("setsid sh -c 'trap \"\" TERM; echo $$ > \"$0\"; while :; do sleep 1000; done' " +
                                   mailbox.path() + " < /dev/null > /dev/null 2>&1 & " + gate.pass() + "; exit 0"));
  const Stranger daemon(mailbox.number());
  gate.open();
  EXPECT_EQ(started->outcome().exit_code, 0);
  runner.end(kNever);
  EXPECT_FALSE(runner.wait_end(std::chrono::steady_clock::now()));
  runner.end(Duration::zero());
  EXPECT_TRUE(runner.wait_end(std::chrono::steady_clock::now() + kHang));
  EXPECT_FALSE(daemon.lives());
}

// More of both than the socket holds.
TEST(Keeper, answers_any_number_of_requests_whose_answers_nobody_takes_meanwhile) {
  constexpr std::uint64_t kRequests = 3000;
  const Result<std::unique_ptr<Keeper>> keeper = Keeper::make(Duration(0), -1);
  ASSERT_TRUE(keeper) << describe(keeper.error());
  constexpr std::uint64_t kNobody = 1;
  for (std::uint64_t id = 0; id < kRequests; ++id) (*keeper)->end(id, kNobody, false);
  std::uint64_t next = 0;
  while (next < kRequests) {
    pollfd ready{.fd = (*keeper)->socket().get(), .events = POLLIN, .revents = 0};
    if (!(*keeper)->has_answers()) {
      ASSERT_EQ(::poll(&ready, 1, static_cast<int>(std::chrono::milliseconds(kHang).count())), 1);
    }
    const auto answers = (*keeper)->take_answers();
    ASSERT_TRUE(answers);
    for (const Keeper::Answer& answer : *answers) {
      EXPECT_EQ(answer.id, next++);
      EXPECT_TRUE(answer.gone);
      EXPECT_EQ(answer.error, ECHILD);  // not an end with status 0
    }
  }
}

// A socket that is closed with answers in it says so to the other side before what was sent to that.
TEST(Keeper, ends_at_once_although_not_all_its_answers_were_read) {
  Result<std::unique_ptr<Keeper>> keeper = Keeper::make(kNever, -1);
  ASSERT_TRUE(keeper) << describe(keeper.error());
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const Descriptor said(ends[0]);
  Descriptor output(ends[1]);
  const std::vector<std::string> argv = {"sh", "-c", "trap '' TERM; echo ready; sleep 1000"};
  ASSERT_EQ((*keeper)->start(1, {.program = "/bin/sh", .argv = argv, .env = {}, .cwd = ""}, {}, output, output), 0);
  output.close();
  char ready = 0;
  ASSERT_EQ(::read(said.get(), &ready, 1), 1);

  const int socket = (*keeper)->socket().get();
  pollfd answers{.fd = socket, .events = POLLIN, .revents = 0};
  ASSERT_EQ(::poll(&answers, 1, static_cast<int>(std::chrono::milliseconds(kHang).count())), 1);
  const pid_t pid = (*keeper)->pid();
  const Stranger process(pid);
  ::kill(pid, SIGSTOP);
  wait_for_state(pid, "T");
  const std::jthread continues([&] {
    while (::fcntl(socket, F_GETFD) >= 0) std::this_thread::yield();
    ::kill(pid, SIGCONT);
  });
  keeper->reset();
  EXPECT_TRUE(process.ends());
}

TEST(Keeper, that_is_killed_takes_its_processes_along_and_is_replaced) {
  ProcessRunner runner;
  const auto started = Started::start(runner, shell("echo $PPID; sleep 1000 & echo $!; wait"));
  const Stranger keeper(started->number(0));
  const Stranger background(started->number(1));
  keeper.kill();
  const ProcessOutcome outcome = started->outcome();
  EXPECT_TRUE(outcome.keeper_lost);
  EXPECT_FALSE(outcome.stopped);
  EXPECT_EQ(outcome.signal, SIGKILL);
  EXPECT_TRUE(background.ends());
  EXPECT_EQ(Started::start(runner, shell("exit 7"))->outcome().exit_code, 7);
}

}  // namespace
}  // namespace pawl::runners
