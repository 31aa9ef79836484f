#include "runners/exec/lost_signals.h"

#include <algorithm>
#include <optional>

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runners/exec/proc.h"

namespace pawl::runners {
namespace {

// What a shell takes at most from its fork to the exec, on a machine that is very busy.
constexpr std::uint64_t kMostForExecSeconds = 10;

}  // namespace

void LostSignals::note(pid_t pid) {
  const std::uint64_t now = ticks_now();
  const std::uint64_t most = kMostForExecSeconds * ticks_a_second();
  const std::optional<ProcStat> stat = stat_of(pid);
  if (!stat || stat->stack == 0 || stat->start_ticks + most < now || count_ == kMost) return;
  const std::optional<ProcStat> parent = stat_of(stat->parent);
  if (!parent || parent->stack != stat->stack || disposition_of(pid, SIGTERM) != Disposition::caught) return;
  noted_[count_++] = {.pid = pid, .start_ticks = stat->start_ticks, .stack = stat->stack, .until_ticks = now + most};
}

bool LostSignals::look_at(const Noted& noted) {
  const Descriptor process = open_handle(noted.pid);
  const std::optional<ProcStat> stat = stat_of(noted.pid);
  if (!process.is_open() || !stat || stat->start_ticks != noted.start_ticks) return false;
  if (stat->stack == noted.stack || stat->stack == 0) return ticks_now() < noted.until_ticks;
  ::syscall(SYS_pidfd_send_signal, process.get(), SIGTERM, nullptr, 0);
  return false;
}

void LostSignals::look() {
  const auto end = noted_.begin() + static_cast<std::ptrdiff_t>(count_);
  count_ = static_cast<std::size_t>(
      std::remove_if(noted_.begin(), end, [](const Noted& noted) { return !look_at(noted); }) - noted_.begin());
}

}  // namespace pawl::runners
