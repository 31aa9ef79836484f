// Starting one child process through the keeper: which program, with which environment and descriptors.
//
// Errors say what is missing and where; the kernel's own ENOENT would not tell the program from the directory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <string>

#include <sys/types.h>

#include "runners/exec/descriptor.h"
#include "runners/exec/keeper.h"
#include "runners/exec/process.h"

namespace pawl::runners {

// What we hold of a child: its pidfd, readable when it has ended, and our ends of its three pipes.
enum class Channel : std::uint8_t { leader, input, output, error };
inline constexpr std::size_t kChannels = 4;

struct Spawned {
  pid_t pid = -1;
  std::uint64_t attempt = 0;  // what the keeper knows it by
  // By Channel. All close-on-exec, the pipes non-blocking. `input` is closed if there is nothing to feed: then the
  // child reads /dev/null.
  std::array<Descriptor, kChannels> descriptors;
};

using Environment = std::map<std::string, std::string, std::less<>>;

// This process's environment now. Not while another thread may call setenv.
[[nodiscard]] Environment current_environment();

struct SpawnFailure {
  Error error;
  bool for_want = false;     // of descriptors, memory or processes: it may work when another process has ended
  bool keeper_gone = false;  // by a new keeper it may be started
};

// A child that the keeper has been asked to start.
struct Spawning {
  std::string program;
  Spawned spawned;  // but for its process
};

// Has the child started; the keeper's answer comes under `id`. `leaves_room`: a few descriptors stay free for the rest
// of this process.
[[nodiscard]] std::expected<Spawning, SpawnFailure> spawn(std::uint64_t id, const ProcessSpec& spec,
                                                          const Environment& inherited, Keeper& keeper,
                                                          bool leaves_room);

// What has become of it. The pidfd is not open if there was none to be had; then the child is to be ended.
[[nodiscard]] std::expected<Spawned, SpawnFailure> complete(Spawning spawning, const ProcessSpec& spec,
                                                            const Keeper::Answer& answer);

}  // namespace pawl::runners
