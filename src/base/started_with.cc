#include "base/started_with.h"

#include <pthread.h>

namespace pawl {
namespace {

StartedWith read_now() {
  StartedWith start;
  for (int signal = 1; signal <= StartedWith::kSignals; ++signal) {
    struct sigaction action{};
    if (::sigaction(signal, nullptr, &action) == 0)
      start.ignored[static_cast<std::size_t>(signal)] = action.sa_handler == SIG_IGN;
  }
  ::pthread_sigmask(SIG_BLOCK, nullptr, &start.blocked);
  ::getrlimit(RLIMIT_NOFILE, &start.descriptors);
  return start;
}

const StartedWith kStartedWith = read_now();

}  // namespace

const StartedWith& started_with() { return kStartedWith; }

}  // namespace pawl
