#include "cli/signals.h"

#include <cerrno>
#include <cstring>
#include <exception>
#include <iterator>
#include <utility>

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/log.h"
#include "base/started_with.h"

namespace pawl::cli {
namespace {

sigset_t taken_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  for (const int signal : {SIGINT, SIGHUP})
    if (!started_with().ignores(signal)) sigaddset(&set, signal);
  return set;
}

}  // namespace

Signals::Signals(std::function<void(int signal, int count)> on_signal) {
  const sigset_t taken = taken_signals();
  pthread_sigmask(SIG_BLOCK, &taken, &before_);
  signals_ = ::signalfd(-1, &taken, SFD_CLOEXEC);
  end_ = ::eventfd(0, EFD_CLOEXEC);
  PAWL_ASSERT(signals_ >= 0 && end_ >= 0, "signals cannot be taken: {}", strerrordesc_np(errno));
  thread_ = std::thread([this, on_signal = std::move(on_signal)] { take(on_signal); });
}

Signals::~Signals() {
  ::eventfd_write(end_, 1);
  thread_.join();
  ::close(signals_);
  ::close(end_);
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void Signals::take(const std::function<void(int signal, int count)>& on_signal) const {
  for (int count = 1;;) {
    pollfd ready[] = {{.fd = signals_, .events = POLLIN, .revents = 0}, {.fd = end_, .events = POLLIN, .revents = 0}};
    if (::poll(ready, std::size(ready), -1) < 0) continue;
    if (ready[1].revents != 0) return;
    signalfd_siginfo info{};
    if (::read(signals_, &info, sizeof(info)) != static_cast<ssize_t>(sizeof(info))) continue;
    try {
      on_signal(static_cast<int>(info.ssi_signo), count++);
    } catch (const std::exception& thrown) {  // the next one ends the process
      pawl::log().error("signal {}: {}", info.ssi_signo, thrown.what());
    }
  }
}

}  // namespace pawl::cli
