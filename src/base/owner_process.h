// The process that made an object with threads. After fork() the child has that object's memory and none of its
// threads: whatever it would wait for there never comes, and its locks may be held by nobody.
//
// Threads: any.
#pragma once

#include <atomic>
#include <cstdint>

#include <sys/types.h>

#include "pawl/result.h"

namespace pawl {

class OwnerProcess {
 public:
  OwnerProcess();
  // One load: the number of forks that lie between the first process that asked and this one.
  [[nodiscard]] bool is_here() const { return generation_ == forks_.load(std::memory_order_relaxed); }
  // Error: `unavailable`, naming the process it belongs to.
  [[nodiscard]] Result<void> check() const;

 private:
  static inline std::atomic<std::uint64_t> forks_{0};

  std::uint64_t generation_;
  pid_t process_;
};

}  // namespace pawl
