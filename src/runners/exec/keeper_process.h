// The keeper process: parent of all processes of tasks, so that each of them has one that outlives Pawl.
//
// It is a fork of Pawl with one thread. It starts, signals and reaps what it is asked to; being their parent, it never
// signals a number that has passed to another process, and being a subreaper, it gets the orphans among their
// descendants. When Pawl is gone, however that came, it ends everything that is left: SIGTERM, a grace period, SIGKILL.
// When the keeper itself is killed, the kernel kills what it has started (PR_SET_PDEATHSIG).
//
// Threads: one. Nothing here allocates, locks, logs or throws: the threads that may have held the locks are not there.
#pragma once

#include <cstdint>

#include <sys/types.h>

#include "runners/exec/keeper_protocol.h"

namespace pawl::runners {

struct KeeperSetup {
  int socket = -1;
  int lock = -1;  // a descriptor to keep open, or -1
  pid_t owner = 0;
  char* images = nullptr;
  char marker_word[kMarkerWordBytes + 1] = {};
  std::int64_t grace_ms = 0;  // what is left gets it when the owner is gone
};

// In the child after fork(), whose signals are blocked. Does not return.
[[noreturn]] void run_keeper(const KeeperSetup& setup);

}  // namespace pawl::runners
