// How the keeper process ends everything, and with it itself.
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runners/exec/keeper_state.h"
#include "runners/exec/proc.h"

namespace pawl::runners {
// To all that is left. A group as a whole, so that none of it can fork in between.
void KeeperProcess::signal_all(int number) {
  tree_.clear();
  tree_.add_children(::getpid());
  tree_.add_descendants();
  if (number == SIGTERM)
    for (std::size_t i = 0; i < tree_.size(); ++i) lost_.note(tree_[i]);
  const auto is_group = [this](pid_t group) { return leaders_.is_running(group); };
  const auto send = [&](int each) {
    leaders_.for_each([&](const Leader& leader) {
      // The number of one that is reaped is kept by its group as long as that has a child of ours.
      if (!leader.reaped || ::waitpid(-leader.pid, nullptr, WNOHANG) == 0) ::kill(-leader.pid, each);
    });
    for (std::size_t i = 0; i < tree_.size(); ++i)
      if (!is_group(::getpgid(tree_[i]))) tree_.signal(i, each);
  };
  send(number);
  if (number == SIGTERM) send(SIGCONT);  // a suspended process gets its SIGTERM when it goes on
}

// Only what the owner has read: another pipe that is found there, as between the programs of a pipeline, has its
// reader.
void KeeperProcess::drain_pipes() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;  // nothing is started any more that would inherit it
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  tree_.clear();
  tree_.add_children(::getpid());
  tree_.add_descendants();
  for (std::size_t i = 0; i < tree_.size(); ++i) {
    // A shell that writes into a file at this moment has moved its standard output to another descriptor.
    for_each_number(ProcPath() << "/proc/" << tree_[i] << "/fd", [&](int descriptor) {
      const FileId pipe = pipe_of(tree_[i], descriptor);
      if (FileId* const unread = pipe == FileId{} ? nullptr : leaders_.find_pipe(pipe)) {
        drains_.add(tree_[i], descriptor);
        *unread = FileId{};
      }
    });
  }
}

// What runs gets SIGTERM once: what it starts to clean up after itself is not to be stopped by it. Then SIGKILL, until
// nothing is left.
void KeeperProcess::end_all() {
  std::int64_t kill_at = monotonic_ms() + std::max<std::int64_t>(grace_ms_, 0);
  bool is_drained = false;
  const auto drain = [&] {
    if (!is_drained && !socket_.is_open()) drain_pipes();
    is_drained = !socket_.is_open();
  };
  drain();
  if (grace_ms_ > 0) signal_all(SIGTERM);
  for (;;) {
    pid_t ended = 0;
    while ((ended = ::waitpid(-1, nullptr, WNOHANG)) > 0)
      if (Leader* const leader = leaders_.find_process(ended)) leaders_.set_reaped(*leader);
    if (ended < 0 && errno == ECHILD) ::_exit(0);
    const std::int64_t now = monotonic_ms();
    if (now >= kill_at) signal_all(SIGKILL);
    wait(now >= kill_at ? now + kLookMs : kill_at);
    drain();
    if (!socket_.is_open()) continue;
    Message message;
    const ssize_t bytes = ::recv(socket_.get(), &message.request, sizeof(message.request), MSG_DONTWAIT);
    if (bytes == static_cast<ssize_t>(sizeof(message.request)) && message.request.kind == RequestKind::quit)
      kill_at = std::min(kill_at, monotonic_ms() + message.request.grace_ms);
    if (bytes == 0 || (bytes < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNRESET)) socket_.close();
  }
}

}  // namespace pawl::runners
