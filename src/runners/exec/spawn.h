// Starting one child process: which program, with which environment and descriptors, as leader of its own group.
//
// Errors say what is missing and where; the kernel's own ENOENT would not tell the program from the directory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include <sys/types.h>

#include "runners/exec/descriptor.h"
#include "runners/exec/process.h"

namespace pawl::runners {

// What we hold of a child: its pidfd, readable when it has ended, and our ends of its three pipes.
enum class Channel : std::uint8_t { leader, input, output, error };
inline constexpr std::size_t kChannels = 4;

struct Spawned {
  pid_t pid = -1;
  // By Channel. All close-on-exec, the pipes non-blocking. `input` is closed if there is nothing to feed: then the
  // child reads /dev/null.
  std::array<Descriptor, kChannels> descriptors;
};

using Environment = std::map<std::string, std::string, std::less<>>;

// This process's environment now. Not while another thread may call setenv.
[[nodiscard]] Environment current_environment();

// Blocks until the child has executed its program (the nature of vfork): some 0.2 ms.
[[nodiscard]] Result<Spawned> spawn(const ProcessSpec& spec, const Environment& inherited);

}  // namespace pawl::runners
