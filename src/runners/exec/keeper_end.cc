// How the keeper process ends everything, and with it itself.
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runners/exec/keeper_state.h"

namespace pawl::runners {
namespace {

// While it waits for what was killed.
constexpr std::int64_t kLookMs = 10;

}  // namespace

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
  std::int64_t kill_at = monotonic_ms() + std::max<std::int64_t>(grace_ms_, 0);
  if (grace_ms_ > 0) signal_all(SIGTERM, SIGCONT);
  for (;;) {
    pid_t ended = 0;
    do ended = ::waitpid(-1, nullptr, WNOHANG);
    while (ended > 0);
    if (ended < 0 && errno == ECHILD) ::_exit(0);
    const std::int64_t now = monotonic_ms();
    if (now >= kill_at) signal_all(SIGKILL, 0);
    wait(now >= kill_at ? now + kLookMs : kill_at);
    Message message;
    if (!socket_.is_open()) continue;
    const ssize_t bytes = ::recv(socket_.get(), &message.request, sizeof(message.request), MSG_DONTWAIT);
    if (bytes == static_cast<ssize_t>(sizeof(message.request)) && message.request.kind == RequestKind::quit)
      kill_at = std::min(kill_at, monotonic_ms() + message.request.grace_ms);
    if (bytes == 0 || (bytes < 0 && errno != EAGAIN && errno != EINTR)) socket_.close();
  }
}

}  // namespace pawl::runners
