// The processes below one, as /proc tells. For the keeper, which was forked from a program with many threads: nothing
// here allocates, locks or logs.
//
// Threads: one, with a ProcessTree of its own.
#pragma once

#include <array>
#include <cstddef>

#include <sys/types.h>

namespace pawl::runners {

class ProcessTree {
 public:
  // What one look finds at most; who wants to end them all looks until none is left.
  static constexpr std::size_t kMost = 16U << 10;

  // Forgets what was found.
  void clear() { count_ = 0; }
  // Adds the children of `parent`, zombies included.
  void add_children(pid_t parent);
  void add(pid_t pid);
  // Adds all that is below what has been found from place `from` on.
  void add_descendants(std::size_t from = 0);
  // Only those stay for which `keeps` is true.
  template <class Keeps>
  void filter(Keeps keeps) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < count_; ++i)
      if (keeps(found_[i].pid)) found_[kept++] = found_[i];
    count_ = kept;
  }

  [[nodiscard]] std::size_t size() const { return count_; }
  [[nodiscard]] pid_t operator[](std::size_t i) const { return found_[i].pid; }
  // Sends a signal to the process at place `i`, unless its number has passed to another process since.
  void signal(std::size_t i, int number) const;

 private:
  struct Found {
    pid_t pid;
    pid_t parent;
  };

  bool add_from_lists(pid_t parent);
  void add_from_all(pid_t parent);
  void add(pid_t pid, pid_t parent);

  std::array<Found, kMost> found_;
  std::size_t count_ = 0;
};

}  // namespace pawl::runners
