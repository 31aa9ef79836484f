// StartedWith is what the operating system gave this process at its start, and the program may have changed since:
// signal dispositions, signal mask, descriptor limit. Programs started for tasks get these, not ours.
//
// Threads: any. It is read when the program, or the shared library, is loaded: before main().
#pragma once

#include <array>

#include <signal.h>
#include <sys/resource.h>

namespace pawl {

struct StartedWith {
  static constexpr int kSignals = 64;

  std::array<bool, kSignals + 1> ignored{};  // by signal number
  sigset_t blocked{};
  rlimit descriptors{};

  [[nodiscard]] bool ignores(int signal) const { return ignored[static_cast<std::size_t>(signal)]; }
};

[[nodiscard]] const StartedWith& started_with();

}  // namespace pawl
