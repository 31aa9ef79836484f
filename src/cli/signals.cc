#include "cli/signals.h"

#include <exception>

#include <pthread.h>

#include "base/log.h"

namespace pawl::cli {
namespace {

// Sent to the thread itself, to end it.
constexpr int kEnd = SIGUSR1;

sigset_t taken_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, kEnd}) sigaddset(&set, signal);
  return set;
}

}  // namespace

Signals::Signals(std::function<void(int signal, int count)> on_signal) {
  const sigset_t taken = taken_signals();
  pthread_sigmask(SIG_BLOCK, &taken, &before_);
  thread_ = std::thread([on_signal = std::move(on_signal), taken] {
    for (int count = 1;; ++count) {
      int signal = 0;
      if (sigwait(&taken, &signal) != 0 || signal == kEnd) return;
      try {
        on_signal(signal, count);
      } catch (const std::exception& thrown) {  // the next one ends the process
        log().error("signal {}: {}", signal, thrown.what());
      }
    }
  });
}

Signals::~Signals() {
  pthread_kill(thread_.native_handle(), kEnd);
  thread_.join();
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace pawl::cli
