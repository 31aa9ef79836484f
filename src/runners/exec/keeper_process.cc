#include "runners/exec/keeper_process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstddef>
#include <cstring>
#include <ctime>
#include <new>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runners/exec/descriptor.h"
#include "runners/exec/exec_child.h"
#include "runners/exec/process_tree.h"

namespace pawl::runners {
namespace {

// While it waits for what was killed.
constexpr std::int64_t kLookMs = 10;
constexpr std::size_t kMarkerBytes = 64;

std::int64_t now_ms() {
  constexpr std::int64_t kMsPerSecond = 1000;
  constexpr std::int64_t kNsPerMs = 1'000'000;
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * kMsPerSecond + time.tv_nsec / kNsPerMs;
}

// The process that leads an attempt. It stays a zombie until its end is asked for, so that its number stays its own.
struct Leader {
  pid_t pid;
  std::uint64_t attempt;
  bool reaped;
  int status;
};

// An array that grows without malloc.
class Leaders {
 public:
  // nullptr: there is none.
  Leader* find(pid_t pid) {
    Leader* const found = std::find_if(all_, all_ + count_, [pid](const Leader& each) { return each.pid == pid; });
    return found == all_ + count_ ? nullptr : found;
  }
  // Makes room for one more. False: there is no memory.
  bool reserve() {
    if (count_ < room_) return true;
    constexpr std::size_t kFirst = 1024;
    const std::size_t room = room_ == 0 ? kFirst : room_ * 2;
    void* const memory =
        room_ == 0 ? ::mmap(nullptr, room * sizeof(Leader), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                   : ::mremap(all_, room_ * sizeof(Leader), room * sizeof(Leader), MREMAP_MAYMOVE);
    if (memory == MAP_FAILED) return false;
    all_ = static_cast<Leader*>(memory);
    room_ = room;
    return true;
  }
  void add(const Leader& leader) { all_[count_++] = leader; }
  template <class Visit>
  void for_each_running(Visit visit) {
    for (std::size_t i = 0; i < count_; ++i)
      if (all_[i].pid > 0 && !all_[i].reaped) visit(all_[i].pid);
  }
  void remove(const Leader* leader) { all_[leader - all_] = all_[--count_]; }

 private:
  Leader* all_ = nullptr;
  std::size_t count_ = 0;
  std::size_t room_ = 0;
};

// For a kernel without close_range, or a filter against it.
void close_all_from(int first) {
  rlimit limit{};
  const bool is_known = ::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
  constexpr int kMost = 1 << 20;
  const int end = is_known ? static_cast<int>(std::min<rlim_t>(limit.rlim_cur, kMost)) : kMost;
  for (int descriptor = first; descriptor < end; ++descriptor) ::close(descriptor);
}

class KeeperProcess {
 public:
  // Becomes the keeper; the members of `setup` are descriptors of this process.
  void begin(const KeeperSetup& setup);
  [[noreturn]] void run();

 private:
  struct Message {
    Request request;
    std::array<Descriptor, kPassedDescriptors> descriptors;
    std::size_t passed = 0;
    bool truncated = false;
  };

  void keep_descriptors(const KeeperSetup& setup);
  void wait(std::int64_t until_ms);
  // False: the owner is gone.
  bool receive(Message& message);
  void serve(Message& message);
  Reply start(Message& message);
  Reply signal(const Request& request);
  Reply status(const Request& request);
  Reply rest(const Request& request);
  Reply end(const Request& request);
  void reap_orphans();
  void find_rest_of(const Leader& leader);
  [[noreturn]] void end_all();

  Descriptor socket_;
  Descriptor lock_;
  Descriptor children_;
  Descriptor owner_;
  char* images_ = nullptr;
  std::string_view marker_word_;
  std::int64_t grace_ms_ = 0;
  Leaders leaders_;
  ProcessTree tree_;
  KeeperSetup setup_;
};

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
  constexpr int kOwner = 4;
  constexpr int kLock = 5;
  constexpr int kFirst = 6;
  // Out of the way first.
  const int socket = ::fcntl(setup.socket, F_DUPFD_CLOEXEC, kFirst);
  const int owner = setup.owner_handle < 0 ? -1 : ::fcntl(setup.owner_handle, F_DUPFD_CLOEXEC, kFirst);
  const int lock = setup.lock < 0 ? -1 : ::fcntl(setup.lock, F_DUPFD_CLOEXEC, kFirst);
  if (socket < 0 || ::dup3(socket, kSocket, O_CLOEXEC) != kSocket) ::_exit(1);
  socket_ = Descriptor(kSocket);
  ::close(kOwner);
  if (owner >= 0 && ::dup3(owner, kOwner, O_CLOEXEC) == kOwner) owner_ = Descriptor(kOwner);
  ::close(kLock);
  if (lock >= 0 && ::dup3(lock, kLock, O_CLOEXEC) == kLock) lock_ = Descriptor(kLock);
  if (::close_range(kFirst, UINT_MAX, 0) != 0) close_all_from(kFirst);
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    const int null = ::open("/dev/null", standard == STDIN_FILENO ? O_RDONLY : O_WRONLY);
    if (null < 0) continue;
    if (null != standard) {
      ::dup2(null, standard);
      ::close(null);
    }
  }
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
  pollfd ready[] = {{.fd = socket_.get(), .events = POLLIN, .revents = 0},
                    {.fd = children_.get(), .events = POLLIN, .revents = 0},
                    {.fd = owner_.get(), .events = POLLIN, .revents = 0}};
  const std::int64_t left = until_ms < 0 ? -1 : std::clamp<std::int64_t>(until_ms - now_ms(), 0, INT_MAX);
  if (::poll(ready, std::size(ready), static_cast<int>(left)) <= 0) return;
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
    if (bytes >= 0 || (errno != EAGAIN && errno != EINTR)) return false;
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

Reply KeeperProcess::start(Message& message) {
  if (message.truncated) return {.error = EMFILE};
  if (!leaders_.reserve()) return {.error = ENOMEM};
  const std::size_t first_output = message.passed - 2;
  const ChildFiles files{.input = message.passed == kPassedDescriptors ? message.descriptors[0].get() : -1,
                         .output = message.descriptors[first_output].get(),
                         .error = message.descriptors[first_output + 1].get()};
  pid_t pid = -1;
  auto* const image = reinterpret_cast<ExecImage*>(images_ + message.request.image * kImageBytes);
  const int error = execute(*image, files, pid);
  if (error != 0) return {.error = error};
  // A number that is given anew is that of nobody any more: of an attempt whose rest was waited for, nothing is left.
  if (Leader* const former = leaders_.find(pid)) former->pid = 0;
  leaders_.add({.pid = pid, .attempt = message.request.attempt, .reaped = false, .status = 0});
  return {.error = 0, .pid = pid};
}

// Finds what the attempt has outside of its leader's group: descendants of the leader, and orphans of its session or
// with its marker.
void KeeperProcess::find_rest_of(const Leader& leader) {
  char marker[kMarkerBytes] = {};
  char* end = std::ranges::copy(kMarkerName, marker).out;
  *end++ = '=';
  end = std::ranges::copy(marker_word_, end).out;
  *end++ = '.';
  end = std::to_chars(end, marker + sizeof(marker) - 1, leader.attempt).ptr;
  const std::string_view entry(marker, static_cast<std::size_t>(end - marker) + 1);
  tree_.clear();
  tree_.add_children(::getpid());
  tree_.filter([&](pid_t pid) {
    if (Leader* const other = leaders_.find(pid); other != nullptr && !other->reaped) return other->pid == leader.pid;
    return ::getsid(pid) == leader.pid || has_in_environment(pid, entry);
  });
  tree_.add_descendants();
}

Reply KeeperProcess::signal(const Request& request) {
  const Leader* const leader = leaders_.find(request.pid);
  if (leader == nullptr || leader->reaped) return {.error = ESRCH};
  find_rest_of(*leader);
  // A leader may also move to a group of its parent's session; then it is reached by itself.
  if (::kill(-leader->pid, request.number) != 0) ::kill(leader->pid, request.number);
  for (std::size_t i = 0; i < tree_.size(); ++i)
    if (tree_[i] != leader->pid && ::getpgid(tree_[i]) != leader->pid) tree_.signal(i, request.number);
  if (request.number != SIGTERM) return {};
  // A suspended process gets its SIGTERM when it goes on.
  ::kill(-leader->pid, SIGCONT);
  for (std::size_t i = 0; i < tree_.size(); ++i) tree_.signal(i, SIGCONT);
  return {};
}

Reply KeeperProcess::status(const Request& request) {
  const Leader* const leader = leaders_.find(request.pid);
  if (leader == nullptr) return {.error = ECHILD};
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(leader->pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0) return {.error = errno};
  const bool exited = info.si_code == CLD_EXITED;
  return {.error = 0, .pid = info.si_pid, .status = exited ? W_EXITCODE(info.si_status, 0) : info.si_status};
}

Reply KeeperProcess::rest(const Request& request) {
  const Leader* const leader = leaders_.find(request.pid);
  if (leader == nullptr) return {.error = ECHILD};
  find_rest_of(*leader);
  tree_.filter([&](pid_t pid) { return pid != leader->pid && ::waitpid(pid, nullptr, WNOHANG) <= 0; });
  return {.error = 0, .pid = leader->pid, .gone = tree_.size() == 0};
}

// The leader is reaped first: then what is left in its group is all that keeps its number.
Reply KeeperProcess::end(const Request& request) {
  Leader* const leader = leaders_.find(request.pid);
  if (leader == nullptr) return {.error = ECHILD, .pid = 0, .status = 0, .gone = true};
  if (request.all) {
    find_rest_of(*leader);
    for (std::size_t i = 0; i < tree_.size(); ++i)
      if (tree_[i] != leader->pid) tree_.signal(i, SIGKILL);
  }
  if (!leader->reaped) {
    ::kill(-leader->pid, SIGKILL);
    ::kill(leader->pid, SIGKILL);
    if (::waitpid(leader->pid, &leader->status, WNOHANG) != leader->pid) return {};
    leader->reaped = true;
  }
  pid_t member = 0;
  do member = ::waitpid(-leader->pid, nullptr, WNOHANG);
  while (member > 0);
  reap_orphans();
  bool gone = member < 0;
  if (request.all && gone) {
    find_rest_of(*leader);
    tree_.filter([](pid_t pid) { return ::waitpid(pid, nullptr, WNOHANG) <= 0; });
    gone = tree_.size() == 0;
  }
  const Reply reply{.error = 0, .pid = leader->pid, .status = leader->status, .gone = gone};
  if (gone) leaders_.remove(leader);
  return reply;
}

// A leader that has ended stays; it hides the orphans behind it until its end is asked for, which is soon.
void KeeperProcess::reap_orphans() {
  for (;;) {
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return;
    const Leader* const leader = leaders_.find(info.si_pid);
    if (leader != nullptr && !leader->reaped) return;
    ::waitpid(info.si_pid, nullptr, WNOHANG);
  }
}

// What runs gets SIGTERM once: what it starts to clean up after itself is not to be stopped by it. Then SIGKILL, until
// nothing is left.
void KeeperProcess::end_all() {
  const auto signal_all = [&](int first, int second) {
    tree_.clear();
    tree_.add_children(::getpid());
    tree_.add_descendants();
    for (std::size_t i = 0; i < tree_.size(); ++i) {
      tree_.signal(i, first);
      if (second != 0) tree_.signal(i, second);  // a suspended process gets its SIGTERM when it goes on
    }
    if (tree_.size() != 0) return;
    // There is no /proc to find them in.
    leaders_.for_each_running([&](pid_t leader) {
      ::kill(-leader, first);
      if (second != 0) ::kill(-leader, second);
    });
  };
  std::int64_t kill_at = now_ms() + std::max<std::int64_t>(grace_ms_, 0);
  if (grace_ms_ > 0) signal_all(SIGTERM, SIGCONT);
  for (;;) {
    pid_t ended = 0;
    do ended = ::waitpid(-1, nullptr, WNOHANG);
    while (ended > 0);
    if (ended < 0 && errno == ECHILD) ::_exit(0);
    const std::int64_t now = now_ms();
    if (now >= kill_at) signal_all(SIGKILL, 0);
    wait(now >= kill_at ? now + kLookMs : kill_at);
    Message message;
    if (!socket_.is_open()) continue;
    const ssize_t bytes = ::recv(socket_.get(), &message.request, sizeof(message.request), MSG_DONTWAIT);
    if (bytes == static_cast<ssize_t>(sizeof(message.request)) && message.request.kind == RequestKind::quit)
      kill_at = std::min(kill_at, now_ms() + message.request.grace_ms);
    if (bytes == 0 || (bytes < 0 && errno != EAGAIN && errno != EINTR)) socket_.close();
  }
}

}  // namespace

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
