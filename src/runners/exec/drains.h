// Pipes that somebody has to read, because who did is gone: a program that writes into one that nobody reads is killed
// by SIGPIPE, in the middle of its cleaning up. What comes is thrown away.
//
// Threads: one. Nothing here allocates, locks or logs.
#pragma once

#include <array>
#include <cstddef>

#include <sys/types.h>

#include "runners/exec/descriptor.h"

namespace pawl::runners {

// A file, whatever its name and its descriptors. A default one is none.
struct FileId {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const FileId&) const = default;
};

// Of a descriptor of this process.
[[nodiscard]] FileId file_of(int descriptor);
// Of a descriptor of another process, if that is a pipe and may be seen.
[[nodiscard]] FileId pipe_of(pid_t pid, int descriptor);

class Drains {
 public:
  // Reads, from now on until nobody can write, the pipe that `pid` has as this descriptor.
  void add(pid_t pid, int descriptor);
  // Readable when a pipe is; -1 if there is none.
  [[nodiscard]] int handle() const { return epoll_.get(); }
  // Reads what is there. Does not wait.
  void read();

 private:
  static constexpr std::size_t kBytes = 64U << 10;

  Descriptor epoll_;
  std::array<char, kBytes> buffer_;
};

}  // namespace pawl::runners
