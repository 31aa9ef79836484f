// The reactor: one epoll over all children and the keeper, by process id and channel, so that an event that comes too
// late finds nothing.
#include "runners/exec/process.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <condition_variable>
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
#include <vector>

#include <fcntl.h>
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
#include "runners/exec/process_tree.h"

namespace pawl::runners {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

// How long the outcome of a leader that has ended waits for output of what it left behind in the background.
constexpr std::chrono::milliseconds kDrainTime(500);
// While the last of a group that was killed die, how often it is looked whether they have.
constexpr std::chrono::milliseconds kLookTime(2);
// While what a stopped leader has left ends by itself, the same.
constexpr std::chrono::milliseconds kRestTime(20);
// Enough to empty a pipe of the default size at once.
constexpr std::size_t kReadBuffer = 64U << 10;
constexpr std::size_t kEventsPerTurn = 64;
// A start takes some 0.2 ms: a burst of them must not keep running children waiting.
constexpr std::size_t kCommandsPerTurn = 16;
// An epoll tag is a process id times kChannels plus a channel; process ids begin at 1.
constexpr std::uint64_t kWakeTag = 0;
constexpr std::uint64_t kKeeperTag = 1;
constexpr std::uint64_t kAnswersTag = 2;

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
  explicit Impl(Duration grace);
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  ProcessId start(ProcessSpec spec, OutputCallback output, DoneCallback done);
  void stop(ProcessId id, Duration grace) { post(Stop{.id = static_cast<std::uint64_t>(id), .grace = clamped(grace)}); }
  void hold(int lock);
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
    bool ends = false;           // it has been killed, and is waited for
    std::optional<Error> error;  // it could not be watched
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
  void report(Running ended, bool lost);
  bool watch(std::uint64_t id, Child& child);
  void unwatch(Descriptor& descriptor);
  void set_deadline(Children::value_type& running, std::optional<SteadyTime> deadline);

  const Environment environment_ = current_environment();
  const Descriptor epoll_{::epoll_create1(EPOLL_CLOEXEC)};
  const Descriptor wake_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::atomic<bool> closing_ = false;

  const Duration grace_;

  std::mutex mutex_;
  std::condition_variable ended_;
  Descriptor lock_;            // guarded by mutex_
  bool has_keeper_ = false;    // guarded by mutex_
  std::uint64_t last_id_ = 0;  // guarded by mutex_
  std::deque<Command> inbox_;  // guarded by mutex_; the callers bound it, each command is an attempt at a task

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

ProcessRunner::Impl::Impl(Duration grace) : grace_(grace) {
  started_ = set_up();
}  // not before the members after it are there

Result<void> ProcessRunner::Impl::set_up() {
  const auto failed = [](std::string_view why) {
    return fail(ErrorCode::unavailable, fmt::format("child processes cannot be watched: {}", why));
  };
  if (!epoll_.is_open() || !wake_.is_open()) return failed(strerrordesc_np(errno));
  epoll_event event{.events = EPOLLIN, .data = {.u64 = kWakeTag}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) != 0) return failed(strerrordesc_np(errno));
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
  closing_ = true;
  ::eventfd_write(wake_.get(), 1);
  if (thread_.joinable()) thread_.join();
  keeper_.reset();  // kills them all
}

ProcessRunner::ProcessId ProcessRunner::Impl::start(ProcessSpec spec, OutputCallback output, DoneCallback done) {
  Start command{.id = 0, .spec = std::move(spec), .output = std::move(output), .done = std::move(done)};
  std::unique_lock lock(mutex_);
  const std::uint64_t id = command.id = ++last_id_;
  has_keeper_ = true;  // so will it be, and wait_end() waits for it
  const bool was_empty = inbox_.empty();
  inbox_.emplace_back(std::move(command));
  lock.unlock();
  if (was_empty) ::eventfd_write(wake_.get(), 1);
  return ProcessId(id);
}

void ProcessRunner::Impl::post(Command command) {
  std::unique_lock lock(mutex_);
  const bool was_empty = inbox_.empty();
  inbox_.emplace_back(std::move(command));
  lock.unlock();
  if (was_empty) ::eventfd_write(wake_.get(), 1);
}

void ProcessRunner::Impl::hold(int lock) {
  Descriptor copy(lock < 0 ? -1 : ::fcntl(lock, F_DUPFD_CLOEXEC, 0));
  {
    const std::lock_guard held(mutex_);
    lock_ = std::move(copy);
  }
  post(Hold{});
}

bool ProcessRunner::Impl::wait_end(SteadyTime until) {
  std::unique_lock lock(mutex_);
  return ended_.wait_until(lock, until, [this] { return !has_keeper_; });
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
  if (keeper_ && keeper_->has_answers()) take_answers();
  if (std::exchange(may_start_, false)) start_waiting();
  take_commands();
}

int ProcessRunner::Impl::wait_ms() const {
  if (!commands_.empty() || may_start_ || (keeper_ && keeper_->has_answers())) return 0;
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
  if (!waiting_.empty() || !try_start(start)) waiting_.push_back(std::move(start));
}

bool ProcessRunner::Impl::try_start(Start& start) {
  ProcessOutcome outcome;
  // A keeper may have been killed, and nobody has noticed; the next one has not.
  for (int keepers = 0; keepers < 2; ++keepers) {
    if (Result<void> made = make_keeper(); !made) {
      if (is_busy()) return false;
      outcome.spawn_error = std::move(made).error();
      break;
    }
    if (!keeper_->can_start()) return false;
    auto spawning = spawn(start.id, start.spec, environment_, *keeper_, is_busy());
    if (spawning) {
      const std::uint64_t id = start.id;
      starting_.emplace(id, Starting{.start = std::move(start), .spawning = *std::move(spawning), .stop = {}});
      return true;
    }
    if (spawning.error().for_want && is_busy()) return false;
    const bool keeper_gone = spawning.error().keeper_gone;
    outcome.spawn_error = std::move(spawning).error().error;
    if (!keeper_gone) break;
    on_keeper_end();
  }
  start.done(std::move(outcome));
  return true;
}

void ProcessRunner::Impl::start_waiting() {
  while (!waiting_.empty() && !closing_ && try_start(waiting_.front())) waiting_.pop_front();
}

void ProcessRunner::Impl::take_answers() {
  const auto answers = keeper_->take_answers();
  if (!answers) return on_keeper_end();
  for (const Keeper::Answer& answer : *answers) answer.is_start ? on_started(answer) : on_ended(answer);
}

void ProcessRunner::Impl::on_started(const Keeper::Answer& answer) {
  const auto found = starting_.extract(answer.id);
  if (found.empty()) return;
  may_start_ = true;
  auto& [start, spawning, stop] = found.mapped();
  auto spawned = complete(std::move(spawning), start.spec, answer);
  if (spawned) {
    begin(std::move(start), *std::move(spawned));
    if (stop) execute(*stop);
  } else if (spawned.error().for_want && is_busy()) {
    if (!stop) return waiting_.push_front(std::move(start));
    ProcessOutcome outcome;
    outcome.stopped = true;
    start.done(std::move(outcome));
  } else {
    ProcessOutcome outcome;
    outcome.spawn_error = std::move(spawned).error().error;
    start.done(std::move(outcome));
  }
}

void ProcessRunner::Impl::begin(Start start, Spawned spawned) {
  auto child = std::make_unique<Child>(std::move(spawned), std::move(start.spec), std::move(start.output), *keeper_);
  const auto running =
      children_
          .emplace(start.id,
                   Running{.child = std::move(child), .done = std::move(start.done), .error = {}, .deadline = {}})
          .first;
  if (watch(start.id, *running->second.child)) return;
  running->second.error =
      Error{.code = ErrorCode::unavailable,
            .message = fmt::format("cannot watch the process, so it was killed: {}", strerrordesc_np(errno))};
  end(running);
}

Result<void> ProcessRunner::Impl::make_keeper() {
  // One that is to end starts nothing more.
  if (keeper_ && keeper_quits_) on_keeper_end();
  if (keeper_) return {};
  std::unique_lock held(mutex_);
  auto made = Keeper::make(grace_, lock_.get());
  held.unlock();
  if (!made) return std::unexpected(std::move(made).error());
  epoll_event event{.events = EPOLLIN, .data = {.u64 = kKeeperTag}};
  epoll_event answers{.events = EPOLLIN, .data = {.u64 = kAnswersTag}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, (*made)->handle().get(), &event) != 0 ||
      ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, (*made)->socket().get(), &answers) != 0)
    return fail(ErrorCode::unavailable, fmt::format("child processes cannot be watched: {}", strerrordesc_np(errno)));
  keeper_ = *std::move(made);
  keeper_quits_ = false;
  const std::lock_guard lock(mutex_);
  has_keeper_ = true;
  return {};
}

// It has ended: as it was told to, or because it was killed, and then with it all that it had started.
void ProcessRunner::Impl::on_keeper_end() {
  const std::unique_ptr<Keeper> ended = std::move(keeper_);
  Children lost = std::move(children_);
  children_.clear();
  deadlines_.clear();
  auto lost_starts = std::exchange(starting_, {});
  for (const Descriptor* watched : {&ended->handle(), &ended->socket()})
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, watched->get(), nullptr);
  {
    const std::lock_guard lock(mutex_);
    has_keeper_ = false;
  }
  ended_.notify_all();
  if (!keeper_quits_) {
    log().error("{}, and with it {} of tasks", kKeeperLost,
                lost.size() == 1 ? "1 process" : fmt::format("{} processes", lost.size()));
    std::vector<pid_t> sessions;
    for (const auto& [id, running] : lost) sessions.push_back(running.child->pid());
    kill_all_of(ended->marker(), sessions);
  }
  for (auto& [id, running] : lost) report(std::move(running), true);
  for (auto& [id, starting] : lost_starts) {
    ProcessOutcome outcome;
    outcome.signal = SIGKILL;
    outcome.keeper_lost = true;
    starting.start.done(std::move(outcome));
  }
}

void ProcessRunner::Impl::execute(Stop stop) {
  const auto waits = std::ranges::find(waiting_, stop.id, &Start::id);
  if (waits != waiting_.end()) {
    const DoneCallback done = std::move(waits->done);
    waiting_.erase(waits);
    ProcessOutcome outcome;
    outcome.stopped = true;
    done(std::move(outcome));
    return;
  }
  if (const auto starting = starting_.find(stop.id); starting != starting_.end()) {
    std::optional<Stop>& wanted = starting->second.stop;
    if (!wanted || stop.grace < wanted->grace) wanted = stop;
    return;
  }
  const auto running = children_.find(stop.id);
  if (running == children_.end() || running->second.ends) return;
  Child& child = *running->second.child;
  if (child.is_running()) {
    if (stop.grace == Duration::zero()) {
      child.signal(SIGKILL);
    } else if (!child.is_stopped()) {
      child.signal(SIGTERM);
    }
    child.mark_stopped();
  }
  const SteadyTime deadline = std::chrono::steady_clock::now() + stop.grace;
  if (Running& running_now = running->second; running_now.limit)
    running_now.limit = std::min(*running_now.limit, deadline);
  set_deadline(*running, std::min(deadline, running->second.deadline.value_or(deadline)));
}

void ProcessRunner::Impl::execute(Hold) {
  const std::lock_guard held(mutex_);
  if (keeper_ && lock_.is_open()) keeper_->hold(lock_.get());
}

void ProcessRunner::Impl::execute(End end) {
  if (keeper_) {
    keeper_->quit(end.grace);
    keeper_quits_ = true;
    return;
  }
  const std::lock_guard lock(mutex_);
  has_keeper_ = false;
  ended_.notify_all();
}

void ProcessRunner::Impl::on_event(std::uint64_t tag) {
  if (tag == kWakeTag) {
    eventfd_t ignored = 0;
    ::eventfd_read(wake_.get(), &ignored);
    return;
  }
  if (tag == kKeeperTag) {
    if (keeper_ && keeper_->has_ended()) on_keeper_end();
    return;
  }
  if (tag == kAnswersTag) {
    if (keeper_) take_answers();
    return;
  }
  const auto running = children_.find(tag / kChannels);
  if (running == children_.end()) return;  // finished by an earlier event of this turn
  Child& child = *running->second.child;
  const auto channel = static_cast<Channel>(tag % kChannels);
  if (!child.descriptor(channel).is_open() || child.advance(channel, buffer_)) return;
  unwatch(child.descriptor(channel));
  if (child.leader_ended() && !running->second.ends) settle(running);
}

// When what is left is killed of one whose leader has just ended. After stop() a leader that died of the signal, as a
// shell does in the middle of its command line, has not waited for those who do the work: they have the grace period.
// One that exits has come to its own end.
SteadyTime ProcessRunner::Impl::limit_of(const Running& running) {
  const SteadyTime drained = std::chrono::steady_clock::now() + kDrainTime;
  if (!running.deadline) return drained;
  return running.child->ended_by_signal() ? *running.deadline : std::min(drained, *running.deadline);
}

// The leader has ended. What holds its output has time until the limit, and of a stopped one all that it has left.
void ProcessRunner::Impl::settle(Children::iterator running) {
  Running& left = running->second;
  if (!left.limit) left.limit = limit_of(left);
  const SteadyTime now = std::chrono::steady_clock::now();
  const bool is_complete = left.child->is_complete();
  if (now >= *left.limit || (is_complete && (!left.child->is_stopped() || left.child->is_alone()))) return end(running);
  set_deadline(*running, is_complete ? std::min(*left.limit, now + kRestTime) : *left.limit);
}

void ProcessRunner::Impl::on_deadlines() {
  const SteadyTime now = std::chrono::steady_clock::now();
  while (!deadlines_.empty() && deadlines_.begin()->first <= now && !closing_) {
    const auto running = children_.find(deadlines_.begin()->second);
    set_deadline(*running, std::nullopt);
    if (running->second.ends) {
      end(running);
    } else if (running->second.child->leader_ended()) {
      settle(running);
    } else {
      running->second.child->signal(SIGKILL);  // its end will be an event
    }
  }
}

// Until nothing of it is left: then it is reported.
void ProcessRunner::Impl::end(Children::iterator running) {
  running->second.ends = true;
  set_deadline(*running, std::nullopt);
  running->second.child->end(running->first);
}

void ProcessRunner::Impl::on_ended(const Keeper::Answer& answer) {
  const auto running = children_.find(answer.id);
  if (running == children_.end()) return;
  if (!answer.gone) return set_deadline(*running, std::chrono::steady_clock::now() + kLookTime);
  running->second.child->set_status(answer.status);
  // Out of the map first: a stop() from its own callbacks finds it ended.
  report(std::move(children_.extract(running).mapped()), false);
}

void ProcessRunner::Impl::report(Running ended, bool lost) {
  Child& child = *ended.child;
  ProcessOutcome outcome = lost ? child.take_lost(buffer_) : child.take_outcome(buffer_);
  outcome.spawn_error = std::move(ended.error);
  for (const Channel channel : {Channel::leader, Channel::input, Channel::output, Channel::error})
    unwatch(child.descriptor(channel));
  may_start_ = true;
  ended.done(std::move(outcome));
}

bool ProcessRunner::Impl::watch(std::uint64_t id, Child& child) {
  for (const Channel channel : {Channel::leader, Channel::input, Channel::output, Channel::error}) {
    const Descriptor& descriptor = child.descriptor(channel);
    if (!descriptor.is_open() && channel == Channel::leader) return false;
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

ProcessRunner::ProcessRunner(Duration grace) : impl_(std::make_unique<Impl>(grace)) {}
ProcessRunner::~ProcessRunner() = default;

Result<void> ProcessRunner::check() const { return impl_->check(); }

ProcessRunner::ProcessId ProcessRunner::start(ProcessSpec spec, OutputCallback output, DoneCallback done) {
  return impl_->start(std::move(spec), std::move(output), std::move(done));
}

void ProcessRunner::stop(ProcessId id, Duration grace) { impl_->stop(id, grace); }
void ProcessRunner::hold(int lock) { impl_->hold(lock); }
void ProcessRunner::end(Duration grace) { impl_->end(grace); }
bool ProcessRunner::wait_end(std::chrono::steady_clock::time_point until) { return impl_->wait_end(until); }

}  // namespace pawl::runners
