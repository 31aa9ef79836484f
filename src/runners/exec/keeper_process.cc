#include "runners/exec/keeper_process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstring>
#include <ctime>
#include <new>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runners/exec/exec_child.h"
#include "runners/exec/keeper_state.h"
#include "runners/exec/proc.h"

namespace pawl::runners {
namespace {

void close_between(int first, int last) {
  if (first > last || ::close_range(static_cast<unsigned>(first), static_cast<unsigned>(last), 0) == 0) return;
  // A kernel without it, or a filter against it.
  rlimit limit{};
  const bool is_known = ::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
  constexpr int kMost = 1 << 20;
  const int end = is_known ? static_cast<int>(std::min<rlim_t>(limit.rlim_cur, kMost)) : kMost;
  for (int descriptor = first; descriptor <= std::min(last, end); ++descriptor) ::close(descriptor);
}

}  // namespace

std::int64_t monotonic_ms() {
  constexpr std::int64_t kMsPerSecond = 1000;
  constexpr std::int64_t kNsPerMs = 1'000'000;
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * kMsPerSecond + time.tv_nsec / kNsPerMs;
}

void KeeperProcess::begin(const KeeperSetup& setup) {
  setup_ = setup;
  images_ = setup.images;
  marker_word_ = setup_.marker_word;
  grace_ms_ = setup.grace_ms;
  // A terminal's signals and its end are not for the keeper.
  ::setsid();
  ::prctl(PR_SET_NAME, "pawl-keeper");
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  keep_descriptors(setup);
  inherit_start();
}

// Moves them to the lowest numbers, and closes all others: who reads what Pawl writes shall see its end.
void KeeperProcess::keep_descriptors(const KeeperSetup& setup) {
  constexpr int kSocket = 3;
  constexpr int kLock = 4;
  constexpr int kFirst = 5;
  // The others first: Pawl may have as many as it is allowed to.
  const auto [low, high] = std::minmax(setup.socket, setup.lock < 0 ? setup.socket : setup.lock);
  close_between(0, low - 1);
  close_between(low + 1, high - 1);
  close_between(high + 1, INT_MAX);
  // Out of the way of the lowest numbers, whichever they have.
  const int socket = ::fcntl(setup.socket, F_DUPFD_CLOEXEC, kFirst);
  const int lock = setup.lock < 0 ? -1 : ::fcntl(setup.lock, F_DUPFD_CLOEXEC, kFirst);
  close_between(0, kFirst - 1);
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    const int null = ::open("/dev/null", standard == STDIN_FILENO ? O_RDONLY : O_WRONLY);
    if (null >= 0 && null != standard) ::close(null);  // one before is missing
  }
  if (socket < 0 || ::dup3(socket, kSocket, O_CLOEXEC) != kSocket) ::_exit(1);
  socket_ = Descriptor(kSocket);
  if (lock >= 0 && ::dup3(lock, kLock, O_CLOEXEC) == kLock) lock_ = Descriptor(kLock);
  if (setup.lock >= 0 && !lock_.is_open()) ::_exit(1);
  close_between(kFirst, INT_MAX);
  owner_ = open_handle(setup.owner);
  // Not there, or another one has got its number since: there is nobody to start anything for.
  if (!owner_.is_open() || ::getppid() != setup.owner) ::_exit(1);
  sigset_t child;
  ::sigemptyset(&child);
  ::sigaddset(&child, SIGCHLD);
  children_ = Descriptor(::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK));
}

void KeeperProcess::run() {
  for (;;) {
    Message message;
    if (!receive(message)) end_all();
    if (message.request.kind == RequestKind::quit) {
      grace_ms_ = message.request.grace_ms;
      end_all();
    }
    serve(message);
  }
}

// Until there is something to read, or a child has ended, or the time has come.
void KeeperProcess::wait(std::int64_t until_ms) {
  if (!lost_.is_empty()) {
    const std::int64_t look = monotonic_ms() + kLookMs;
    until_ms = until_ms < 0 ? look : std::min(until_ms, look);
  }
  pollfd ready[] = {{.fd = socket_.get(), .events = POLLIN, .revents = 0},
                    {.fd = children_.get(), .events = POLLIN, .revents = 0},
                    {.fd = owner_.get(), .events = POLLIN, .revents = 0},
                    {.fd = drains_.handle(), .events = POLLIN, .revents = 0}};
  const std::int64_t left = until_ms < 0 ? -1 : std::clamp<std::int64_t>(until_ms - monotonic_ms(), 0, INT_MAX);
  const int count = ::poll(ready, std::size(ready), static_cast<int>(left));
  lost_.look();
  if (count <= 0) return;
  if (ready[3].revents != 0) drains_.read();
  if (ready[1].revents != 0) {
    signalfd_siginfo ended;
    while (::read(children_.get(), &ended, sizeof(ended)) > 0) {
    }
    reap_orphans();
  }
  // A copy of the socket may live on, in a child that its program has forked.
  if (ready[2].revents != 0) {
    owner_.close();
    socket_.close();
  }
}

bool KeeperProcess::receive(Message& message) {
  for (;;) {
    if (!socket_.is_open()) return false;
    iovec data{.iov_base = &message.request, .iov_len = sizeof(message.request)};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kPassedDescriptors)] = {};
    msghdr header{};
    header.msg_iov = &data;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof(control);
    const ssize_t bytes = ::recvmsg(socket_.get(), &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (bytes == static_cast<ssize_t>(sizeof(message.request))) {
      message.truncated = (header.msg_flags & MSG_CTRUNC) != 0;
      for (cmsghdr* each = CMSG_FIRSTHDR(&header); each != nullptr; each = CMSG_NXTHDR(&header, each)) {
        if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (each->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count && message.passed < kPassedDescriptors; ++i) {
          int descriptor = -1;
          std::memcpy(&descriptor, CMSG_DATA(each) + i * sizeof(int), sizeof(int));
          message.descriptors[message.passed++] = Descriptor(descriptor);
        }
      }
      return true;
    }
    if (bytes < 0 && errno == ECONNRESET) continue;  // it closed without reading all replies; its requests come next
    if (bytes >= 0 || (errno != EAGAIN && errno != EINTR)) {
      socket_.close();
      return false;
    }
    wait(-1);
  }
}

void KeeperProcess::serve(Message& message) {
  Reply reply;
  switch (message.request.kind) {
    case RequestKind::start:
      reply = start(message);
      break;
    case RequestKind::signal:
      reply = signal(message.request);
      break;
    case RequestKind::status:
      reply = status(message.request);
      break;
    case RequestKind::rest:
      reply = rest(message.request);
      break;
    case RequestKind::end:
      reply = end(message.request);
      break;
    case RequestKind::hold:
      if (message.truncated) reply.error = EMFILE;
      lock_ = std::move(message.descriptors[0]);
      break;
    case RequestKind::quit:
      return;
  }
  // If nobody reads it, the next receive() sees that.
  (void)::send(socket_.get(), &reply, sizeof(reply), MSG_NOSIGNAL);
}

void run_keeper(const KeeperSetup& setup) {
  // Not on a thread's stack, which may be small.
  void* const memory =
      ::mmap(nullptr, sizeof(KeeperProcess), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) ::_exit(1);
  auto* const keeper = new (memory) KeeperProcess;
  keeper->begin(setup);
  keeper->run();
}

}  // namespace pawl::runners
