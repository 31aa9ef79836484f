// The reactor behind ProcessRunner: one epoll over all children and the keeper, by process id and channel, so that an
// event that comes too late finds nothing. Its loop is in process_reactor.cc, what comes before a process runs in
// process_start.cc, and what ends it in process_end.cc.
//
// Threads: start, stop, hold, end and wait_end from any; the rest is of the reactor's own.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "base/mutex.h"
#include "base/time.h"
#include "runners/exec/child.h"
#include "runners/exec/descriptor.h"
#include "runners/exec/keeper.h"
#include "runners/exec/process.h"
#include "runners/exec/spawn.h"

namespace pawl::runners {

using SteadyTime = std::chrono::steady_clock::time_point;

// Enough to empty a pipe of the default size at once.
inline constexpr std::size_t kReadBuffer = 64U << 10;
// An epoll tag is a process id times kChannels plus a channel; process ids begin at 1.
inline constexpr std::uint64_t kWakeTag = 0;
inline constexpr std::uint64_t kKeeperTag = 1;
inline constexpr std::uint64_t kAnswersTag = 2;

class ProcessRunner::Impl {
 public:
  explicit Impl(Duration grace);
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  ProcessId start(ProcessSpec spec, OutputCallback output, DoneCallback done);
  void stop(ProcessId id, Duration grace) { post(Stop{.id = static_cast<std::uint64_t>(id), .grace = clamped(grace)}); }
  void hold(int lock);
  void unhold(int lock);
  void end(Duration grace) { post(End{clamped(grace)}); }
  bool wait_end(SteadyTime until);
  [[nodiscard]] Result<void> check() const { return started_; }

 private:
  struct Start {
    std::uint64_t id;
    ProcessSpec spec;
    OutputCallback output;
    DoneCallback done;
  };
  struct Stop {
    std::uint64_t id;
    Duration grace;
  };
  struct Hold {};
  struct End {
    Duration grace;
  };
  using Command = std::variant<Start, Stop, Hold, End>;

  struct Running {
    std::unique_ptr<Child> child;
    DoneCallback done;
    bool ends = false;                    // it has been killed, and is waited for
    std::optional<Error> error;           // it could not be watched
    std::optional<SteadyTime> stop_by{};  // the end of stop()'s grace period
    // When it is looked after: the end of stop()'s grace period, or of the wait for what the leader has left.
    std::optional<SteadyTime> deadline;
    // When what the leader has left is killed.
    std::optional<SteadyTime> limit;
  };
  // The keeper has been asked to start it.
  struct Starting {
    Start start;
    Spawning spawning;
    std::optional<Stop> stop;  // it was told to stop meanwhile
  };
  using Children = std::unordered_map<std::uint64_t, Running>;

  Result<void> set_up();
  void run();
  void take_turn(std::span<epoll_event> events);
  int wait_ms() const;
  void take_commands();
  static Duration clamped(Duration grace) { return std::clamp(grace, Duration::zero(), kMaxDuration); }
  void post(Command command);
  void execute(Start start);
  void execute(Stop stop);
  void execute(Hold hold);
  void execute(End end);
  // False: it is to wait for another process to end.
  bool try_start(Start& start);
  void start_waiting();
  void take_answers();
  void on_started(const Keeper::Answer& answer);
  void on_ended(const Keeper::Answer& answer);
  void begin(Start start, Spawned spawned);
  [[nodiscard]] bool is_busy() const { return !children_.empty() || !starting_.empty(); }
  Result<void> make_keeper();
  void on_keeper_end();
  void on_event(std::uint64_t tag);
  void on_deadlines();
  static SteadyTime limit_of(const Running& running);
  void settle(Children::iterator running);
  void end(Children::iterator running);
  void end_rest(Children::iterator running);
  void report(Running ended, bool lost);
  bool watch(std::uint64_t id, Child& child);
  void unwatch(Descriptor& descriptor);
  void set_deadline(Children::value_type& running, std::optional<SteadyTime> deadline);

  const Environment environment_ = current_environment();
  const Descriptor epoll_{::epoll_create1(EPOLL_CLOEXEC)};
  const Descriptor wake_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::atomic<bool> closing_ = false;

  const Duration grace_;

  Mutex mutex_;
  ConditionVariable ended_;
  Descriptor lock_ PAWL_GUARDED_BY(mutex_);  // a copy
  int held_ PAWL_GUARDED_BY(mutex_) = -1;    // what it is a copy of
  bool has_keeper_ PAWL_GUARDED_BY(mutex_) = false;
  std::uint64_t last_id_ PAWL_GUARDED_BY(mutex_) = 0;
  std::deque<Command> inbox_ PAWL_GUARDED_BY(mutex_);  // the callers bound it, each command is an attempt at a task

  // Of the reactor thread.
  std::unique_ptr<Keeper> keeper_;
  bool keeper_quits_ = false;
  std::deque<Start> waiting_;  // for descriptors, memory or processes
  bool may_start_ = false;     // one of these, for something has ended
  std::deque<Command> commands_;
  std::unordered_map<std::uint64_t, Starting> starting_;
  Children children_;
  std::set<std::pair<SteadyTime, std::uint64_t>> deadlines_;
  std::array<char, kReadBuffer> buffer_{};

  Result<void> started_;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace pawl::runners
