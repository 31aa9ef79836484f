#include "runners/exec/process_reactor.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstring>
#include <exception>
#include <iterator>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/log.h"

namespace pawl::runners {
namespace {

constexpr std::size_t kEventsPerTurn = 64;
// A start takes some 0.2 ms: a burst of them must not keep running children waiting.
constexpr std::size_t kCommandsPerTurn = 16;

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
  std::uint64_t id = 0;
  bool was_empty = false;
  {
    const MutexLock lock(mutex_);
    id = command.id = ++last_id_;
    has_keeper_ = true;  // so will it be, and wait_end() waits for it
    was_empty = inbox_.empty();
    inbox_.emplace_back(std::move(command));
  }
  if (was_empty) ::eventfd_write(wake_.get(), 1);
  return ProcessId(id);
}

void ProcessRunner::Impl::post(Command command) {
  bool was_empty = false;
  {
    const MutexLock lock(mutex_);
    was_empty = inbox_.empty();
    inbox_.emplace_back(std::move(command));
  }
  if (was_empty) ::eventfd_write(wake_.get(), 1);
}

void ProcessRunner::Impl::hold(int lock) {
  Descriptor copy(lock < 0 ? -1 : ::fcntl(lock, F_DUPFD_CLOEXEC, 0));
  {
    const MutexLock held(mutex_);
    lock_ = std::move(copy);
    held_ = lock;
  }
  post(Hold{});
}

void ProcessRunner::Impl::unhold(int lock) {
  const MutexLock held(mutex_);
  if (held_ == lock) lock_.close();
}

bool ProcessRunner::Impl::wait_end(SteadyTime until) {
  const MutexLock lock(mutex_);
  while (has_keeper_)
    if (!ended_.wait_until(mutex_, until)) break;
  return !has_keeper_;
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
    const MutexLock lock(mutex_);
    std::ranges::move(inbox_, std::back_inserter(commands_));
    inbox_.clear();
  }
  for (std::size_t i = 0; i < kCommandsPerTurn && !commands_.empty() && !closing_; ++i) {
    Command command = std::move(commands_.front());
    commands_.pop_front();
    std::visit([this](auto& which) { execute(std::move(which)); }, command);
  }
}

void ProcessRunner::Impl::take_answers() {
  const auto answers = keeper_->take_answers();
  if (!answers) return on_keeper_end();
  for (const Keeper::Answer& answer : *answers) answer.is_start ? on_started(answer) : on_ended(answer);
}

void ProcessRunner::Impl::execute(Hold) {
  const MutexLock held(mutex_);
  if (keeper_ && lock_.is_open()) keeper_->hold(lock_.get());
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
void ProcessRunner::unhold(int lock) { impl_->unhold(lock); }
void ProcessRunner::end(Duration grace) { impl_->end(grace); }
bool ProcessRunner::wait_end(std::chrono::steady_clock::time_point until) { return impl_->wait_end(until); }

}  // namespace pawl::runners
