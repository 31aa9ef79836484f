#include "base/owner_process.h"

#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

namespace pawl {

OwnerProcess::OwnerProcess() : process_(::getpid()) {
  static const int registered =
      ::pthread_atfork(nullptr, nullptr, [] { forks_.fetch_add(1, std::memory_order_relaxed); });
  (void)registered;  // without memory for it a child is not recognised, as before there was this class
  generation_ = forks_.load(std::memory_order_relaxed);
}

Result<void> OwnerProcess::check() const {
  if (is_here()) return {};
  return fail(
      ErrorCode::unavailable,
      fmt::format("this engine belongs to process {}; a child made by fork() opens an engine of its own", process_));
}

}  // namespace pawl
