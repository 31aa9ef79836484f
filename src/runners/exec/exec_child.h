// From the keeper to a task's program: what happens between fork and exec.
//
// Threads: one. Nothing here allocates, locks or logs.
#pragma once

#include <sys/types.h>

#include "runners/exec/keeper_protocol.h"

namespace pawl::runners {

struct ChildFiles {
  int input = -1;  // -1: that of the keeper, /dev/null
  int output = -1;
  int error = -1;
};

// Gives this process the signal dispositions and the descriptor limit that Pawl was started with; what it executes
// inherits them. Only SIGCHLD is always at its default: its status must be kept, and programs rely on that.
void inherit_start();

// Executes the image in a session of its own, as leader of its group, without a terminal; it dies with this process.
// Returns when it is executed: 0, or the error's number.
[[nodiscard]] int execute(ExecImage& image, const ChildFiles& files, pid_t& pid);

}  // namespace pawl::runners
