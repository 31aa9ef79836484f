// SIGTERMs that processes have lost. A shell forks, and its child has the shell's handler until it executes a program:
// a SIGTERM in between runs that handler in the child, which notes it where nobody looks any more. Such a child would
// live on for the whole grace period, as if it had refused to end.
//
// It is known by this: when SIGTERM was sent it caught it, and had its parent's memory still; later it has executed a
// program, which has never heard it. Then it gets it once more. A program that catches SIGTERM and sets it back to its
// default while it cleans up has not executed another one since, and is left alone.
//
// Threads: one. Nothing here allocates, locks or logs. Where /proc says nothing, nothing is sent.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <sys/types.h>

namespace pawl::runners {

class LostSignals {
 public:
  // Before SIGTERM is sent to `pid`. Those beyond kMost are not looked after.
  void note(pid_t pid);
  // Sends it to those who have lost it. To be repeated as long as there is something to look after.
  void look();
  [[nodiscard]] bool is_empty() const { return count_ == 0; }

 private:
  static constexpr std::size_t kMost = 256;

  struct Noted {
    pid_t pid;
    std::uint64_t start_ticks;
    std::uint64_t stack;
    std::uint64_t until_ticks;
  };

  // Whether it is to be looked after for longer.
  static bool look_at(const Noted& noted);

  std::array<Noted, kMost> noted_;
  std::size_t count_ = 0;
};

}  // namespace pawl::runners
