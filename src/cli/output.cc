#include "cli/output.h"

#include <cerrno>
#include <cstdio>
#include <iostream>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "cli/cli.h"

namespace pawl::cli {

void take_standard_descriptors() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) >= 0) continue;
    // What can be read but not written: a result that was to go to a closed standard output is missed, not swallowed.
    // open() returns the lowest free descriptor, which is this one.
    (void)::open("/dev/null", descriptor == STDERR_FILENO ? O_WRONLY : O_RDONLY);
  }
}

int flush_output(int code) {
  errno = 0;
  std::cout.flush();
  const bool lost = std::fflush(stdout) != 0 || std::ferror(stdout) != 0 || !std::cout;
  if (!lost) return code;
  // The failure may have been seen by an earlier write, whose reason is gone: then another one tells.
  if (errno == 0) (void)::write(STDOUT_FILENO, "\n", 1);
  return report({.code = ErrorCode::unavailable,
                 .message = fmt::format("cannot write standard output: {}", std::generic_category().message(errno))});
}

}  // namespace pawl::cli
