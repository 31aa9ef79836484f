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

Signals::Signals(Reactions reactions) : reactions_(std::move(reactions)) {
  const sigset_t taken = taken_signals();
  pthread_sigmask(SIG_BLOCK, &taken, &before_);
  signals_ = ::signalfd(-1, &taken, SFD_CLOEXEC);
  end_ = ::eventfd(0, EFD_CLOEXEC);
  PAWL_ASSERT(signals_ >= 0 && end_ >= 0, "cannot handle signals: {}", strerrordesc_np(errno));
  reader_ = std::thread([this] { read(); });
  actor_ = std::thread([this] { act(); });
}

Signals::~Signals() {
  {
    const MutexLock lock(mutex_);
    ends_ = true;
  }
  changed_.notify_one();
  actor_.join();
  ::eventfd_write(end_, 1);
  reader_.join();
  ::close(signals_);
  ::close(end_);
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void Signals::read() {
  for (int count = 1;;) {
    pollfd ready[] = {{.fd = signals_, .events = POLLIN, .revents = 0}, {.fd = end_, .events = POLLIN, .revents = 0}};
    if (::poll(ready, std::size(ready), -1) < 0) continue;
    if (ready[1].revents != 0) return;
    signalfd_siginfo info{};
    if (::read(signals_, &info, sizeof(info)) != static_cast<ssize_t>(sizeof(info))) continue;
    const Taken taken{.signal = static_cast<int>(info.ssi_signo), .count = count++};
    reactions_.at_once(taken.signal, taken.count);
    const MutexLock lock(mutex_);
    taken_.push_back(taken);
    changed_.notify_one();
  }
}

void Signals::act() {
  for (;;) {
    Taken taken{};
    {
      const MutexLock lock(mutex_);
      while (!ends_ && taken_.empty()) changed_.wait(mutex_);
      if (ends_) return;
      taken = taken_.front();
      taken_.pop_front();
    }
    try {
      reactions_.in_turn(taken.signal, taken.count);
    } catch (const std::exception& thrown) {  // another one may end the process
      pawl::log().error("signal {}: {}", taken.signal, thrown.what());
    }
  }
}

}  // namespace pawl::cli
