// The reactor: one epoll over all children, by process id and channel, so that an event that comes too late finds
// nothing.
#include "runners/exec/process.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstring>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/log.h"
#include "base/time.h"
#include "runners/exec/child.h"

namespace pawl::runners {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

// How long the outcome of a leader that has ended waits for output of what it left behind in the background.
constexpr std::chrono::milliseconds kDrainTime(500);
// Enough to empty a pipe of the default size at once.
constexpr std::size_t kReadBuffer = 64U << 10;
constexpr std::size_t kEventsPerTurn = 64;
// A start takes some 0.2 ms: a burst of them must not keep running children waiting.
constexpr std::size_t kCommandsPerTurn = 16;
// An epoll tag is a process id times kChannels plus a channel; process ids begin at 1.
constexpr std::uint64_t kWakeTag = 0;

std::uint64_t tag_of(std::uint64_t id, Channel channel) { return id * kChannels + static_cast<std::uint64_t>(channel); }

// Blocks, while it lives, the signals that a new thread shall not handle: it inherits the mask. A write to a child that
// does not read would raise SIGPIPE, at the writing thread; blocked there it stays pending, and write says EPIPE. The
// program's own handlers run on its own threads. Only faults keep their meaning.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t blocked;
    ::sigfillset(&blocked);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS, SIGPROF})
      ::sigdelset(&blocked, fault);
    ::pthread_sigmask(SIG_SETMASK, &blocked, &before_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

}  // namespace

class ProcessRunner::Impl {
 public:
  Impl();
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[nodiscard]] const Result<void>& ready() const { return ready_; }
  ProcessId start(ProcessSpec spec, OutputCallback output, DoneCallback done);
  void stop(ProcessId id, Duration grace);

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
  using Command = std::variant<Start, Stop>;

  struct Running {
    std::unique_ptr<Child> child;
    DoneCallback done;
    // When the group is killed: the end of stop()'s grace period, or of the wait for the output.
    std::optional<SteadyTime> deadline;
  };
  using Children = std::unordered_map<std::uint64_t, Running>;

  Result<void> set_up();
  void run();
  void take_turn(std::span<epoll_event> events);
  int wait_ms() const;
  void take_commands();
  void execute(Start start);
  void execute(Stop stop);
  void on_event(std::uint64_t tag);
  void on_deadlines();
  static SteadyTime drain_deadline(const Running& running);
  void finish(Children::iterator running);
  bool watch(std::uint64_t id, Child& child);
  void unwatch(Descriptor& descriptor);
  void set_deadline(Children::value_type& running, std::optional<SteadyTime> deadline);

  const Environment environment_ = current_environment();
  const Descriptor epoll_{::epoll_create1(EPOLL_CLOEXEC)};
  const Descriptor wake_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  Result<void> ready_;
  std::atomic<bool> closing_ = false;

  std::mutex mutex_;
  std::uint64_t last_id_ = 0;  // guarded by mutex_
  std::deque<Command> inbox_;  // guarded by mutex_; the callers bound it, each command is an attempt at a task

  // Of the reactor thread.
  std::deque<Command> commands_;
  Children children_;
  std::set<std::pair<SteadyTime, std::uint64_t>> deadlines_;
  std::array<char, kReadBuffer> buffer_{};

  std::thread thread_;  // last: it uses all of the above
};

ProcessRunner::Impl::Impl() { ready_ = set_up(); }  // not before the members after it are there

Result<void> ProcessRunner::Impl::set_up() {
  const auto failed = [](std::string_view why) {
    return fail(ErrorCode::unavailable, fmt::format("child processes cannot be watched: {}", why));
  };
  epoll_event event{.events = EPOLLIN, .data = {.u64 = kWakeTag}};
  if (!epoll_.is_open() || !wake_.is_open() || ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) != 0)
    return failed(strerrordesc_np(errno));
  const SignalsBlocked blocked;
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& no_thread) {
    return failed(no_thread.what());
  }
  ::pthread_setname_np(thread_.native_handle(), "pawl-exec");
  return {};
}

ProcessRunner::Impl::~Impl() {
  PAWL_ASSERT(thread_.get_id() != std::this_thread::get_id(), "a callback destroys its ProcessRunner");
  if (!thread_.joinable()) return;
  closing_ = true;
  ::eventfd_write(wake_.get(), 1);
  if (thread_.joinable()) thread_.join();
  // All die at once; then each Child's destructor waits for its own.
  for (const auto& [id, running] : children_) running.child->signal_group(SIGKILL);
}

ProcessRunner::ProcessId ProcessRunner::Impl::start(ProcessSpec spec, OutputCallback output, DoneCallback done) {
  Start command{.id = 0, .spec = std::move(spec), .output = std::move(output), .done = std::move(done)};
  std::unique_lock lock(mutex_);
  const std::uint64_t id = command.id = ++last_id_;
  const bool was_empty = inbox_.empty();
  inbox_.emplace_back(std::move(command));
  lock.unlock();
  if (was_empty) ::eventfd_write(wake_.get(), 1);
  return ProcessId(id);
}

void ProcessRunner::Impl::stop(ProcessId id, Duration grace) {
  const Stop command{.id = static_cast<std::uint64_t>(id), .grace = std::clamp(grace, Duration::zero(), kMaxDuration)};
  std::unique_lock lock(mutex_);
  const bool was_empty = inbox_.empty();
  inbox_.emplace_back(command);
  lock.unlock();
  if (was_empty) ::eventfd_write(wake_.get(), 1);
}

void ProcessRunner::Impl::run() {
  std::array<epoll_event, kEventsPerTurn> events;
  while (!closing_) {
    try {
      take_turn(events);
    } catch (const std::exception& thrown) {  // no memory: one process is the worse for it, not all
      log().error("watching child processes: {}", thrown.what());
    }
  }
}

void ProcessRunner::Impl::take_turn(std::span<epoll_event> events) {
  const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), wait_ms());
  PAWL_ASSERT(count >= 0 || errno == EINTR, "epoll_wait: {}", strerrordesc_np(errno));
  for (int i = 0; i < count && !closing_; ++i) on_event(events[static_cast<std::size_t>(i)].data.u64);
  on_deadlines();
  take_commands();
}

int ProcessRunner::Impl::wait_ms() const {
  if (!commands_.empty()) return 0;
  if (deadlines_.empty()) return -1;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadlines_.begin()->first - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, INT_MAX));
}

void ProcessRunner::Impl::take_commands() {
  {
    const std::lock_guard lock(mutex_);
    std::ranges::move(inbox_, std::back_inserter(commands_));
    inbox_.clear();
  }
  for (std::size_t i = 0; i < kCommandsPerTurn && !commands_.empty() && !closing_; ++i) {
    Command command = std::move(commands_.front());
    commands_.pop_front();
    std::visit([this](auto& which) { execute(std::move(which)); }, command);
  }
}

void ProcessRunner::Impl::execute(Start start) {
  auto spawned = spawn(start.spec, environment_);
  std::optional<Error> failed;
  if (spawned) {
    auto child = std::make_unique<Child>(*std::move(spawned), std::move(start.spec), std::move(start.output));
    if (watch(start.id, *child)) {
      children_.emplace(start.id, Running{.child = std::move(child), .done = std::move(start.done), .deadline = {}});
      return;
    }
    failed = Error{.code = ErrorCode::unavailable,
                   .message = fmt::format("cannot watch the process, so it was killed: {}", strerrordesc_np(errno))};
  } else {
    failed = std::move(spawned).error();
  }
  ProcessOutcome outcome;
  outcome.spawn_error = std::move(failed);
  start.done(std::move(outcome));
}

void ProcessRunner::Impl::execute(Stop stop) {
  const auto running = children_.find(stop.id);
  if (running == children_.end()) return;
  Child& child = *running->second.child;
  if (child.is_running()) {
    if (stop.grace == Duration::zero()) {
      child.signal_group(SIGKILL);
    } else if (!child.is_stopped()) {
      child.signal_group(SIGTERM);
      child.signal_group(SIGCONT);  // a suspended process gets its SIGTERM when it goes on
    }
    child.mark_stopped();
  }
  const SteadyTime deadline = std::chrono::steady_clock::now() + stop.grace;
  set_deadline(*running, std::min(deadline, running->second.deadline.value_or(deadline)));
}

void ProcessRunner::Impl::on_event(std::uint64_t tag) {
  if (tag == kWakeTag) {
    eventfd_t ignored = 0;
    ::eventfd_read(wake_.get(), &ignored);
    return;
  }
  const auto running = children_.find(tag / kChannels);
  if (running == children_.end()) return;  // finished by an earlier event of this turn
  Child& child = *running->second.child;
  const auto channel = static_cast<Channel>(tag % kChannels);
  if (!child.descriptor(channel).is_open() || child.advance(channel, buffer_)) return;
  unwatch(child.descriptor(channel));
  if (child.is_complete()) {
    finish(running);
  } else if (channel == Channel::leader) {
    set_deadline(*running, drain_deadline(running->second));
  }
}

// When the group is killed whose leader has just ended. After stop() a leader that died of the signal, as a shell does
// in the middle of its command line, has not waited for those who do the work: they have the grace period. One that
// exits has come to its own end.
SteadyTime ProcessRunner::Impl::drain_deadline(const Running& running) {
  const SteadyTime drained = std::chrono::steady_clock::now() + kDrainTime;
  if (!running.deadline) return drained;
  return running.child->ended_by_signal() ? *running.deadline : std::min(drained, *running.deadline);
}

void ProcessRunner::Impl::on_deadlines() {
  const SteadyTime now = std::chrono::steady_clock::now();
  while (!deadlines_.empty() && deadlines_.begin()->first <= now && !closing_) {
    const auto running = children_.find(deadlines_.begin()->second);
    set_deadline(*running, std::nullopt);
    if (running->second.child->leader_ended()) {
      finish(running);
    } else {
      running->second.child->signal_group(SIGKILL);  // its end will be an event
    }
  }
}

void ProcessRunner::Impl::finish(Children::iterator running) {
  set_deadline(*running, std::nullopt);
  // Out of the map first: a stop() from its own callbacks finds it ended.
  const auto finished = children_.extract(running);
  Child& child = *finished.mapped().child;
  ProcessOutcome outcome = child.finish(buffer_);
  for (const Channel channel : {Channel::leader, Channel::input, Channel::output, Channel::error})
    unwatch(child.descriptor(channel));
  finished.mapped().done(std::move(outcome));
}

bool ProcessRunner::Impl::watch(std::uint64_t id, Child& child) {
  for (const Channel channel : {Channel::leader, Channel::input, Channel::output, Channel::error}) {
    const Descriptor& descriptor = child.descriptor(channel);
    if (!descriptor.is_open()) continue;
    const std::uint32_t readiness = channel == Channel::input ? EPOLLOUT : EPOLLIN;
    epoll_event event{.events = readiness, .data = {.u64 = tag_of(id, channel)}};
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor.get(), &event) != 0) return false;
  }
  return true;
}

// Closing alone would not end the events: a fork elsewhere in the program may hold a copy of the descriptor for a
// while.
void ProcessRunner::Impl::unwatch(Descriptor& descriptor) {
  if (!descriptor.is_open()) return;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, descriptor.get(), nullptr);
  descriptor.close();
}

void ProcessRunner::Impl::set_deadline(Children::value_type& running, std::optional<SteadyTime> deadline) {
  auto& [id, state] = running;
  if (state.deadline) deadlines_.erase({*state.deadline, id});
  state.deadline = deadline;
  if (state.deadline) deadlines_.emplace(*state.deadline, id);
}

ProcessRunner::ProcessRunner() : impl_(std::make_unique<Impl>()) {}
ProcessRunner::~ProcessRunner() = default;

Result<void> ProcessRunner::ready() const { return impl_->ready(); }

ProcessRunner::ProcessId ProcessRunner::start(ProcessSpec spec, OutputCallback output, DoneCallback done) {
  return impl_->start(std::move(spec), std::move(output), std::move(done));
}

void ProcessRunner::stop(ProcessId id, Duration grace) { impl_->stop(id, grace); }

}  // namespace pawl::runners
