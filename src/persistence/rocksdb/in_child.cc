#include "persistence/rocksdb/in_child.h"

#include <cerrno>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pawl {
namespace {

// What an Error is on its way through the pipe: its code, one byte, and its message.
void send(int pipe, const Result<void>& outcome) {
  if (outcome) return;
  std::string text(1, static_cast<char>(outcome.error().code));
  text += outcome.error().message;
  for (std::string_view rest = text; !rest.empty();) {
    const ssize_t sent = ::write(pipe, rest.data(), rest.size());
    if (sent < 0 && errno != EINTR) return;
    if (sent > 0) rest.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string receive(int pipe) {
  std::string text;
  char piece[4096];
  for (;;) {
    const ssize_t got = ::read(pipe, piece, sizeof(piece));
    if (got > 0) text.append(piece, static_cast<std::size_t>(got));
    if (got == 0 || (got < 0 && errno != EINTR)) return text;
  }
}

[[noreturn]] void be_child(int pipe, const std::function<Result<void>()>& work) {
  const rlimit none{};
  ::setrlimit(RLIMIT_CORE, &none);
  // What it says of its end is for nobody.
  if (const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC); nowhere >= 0) ::dup2(nowhere, STDERR_FILENO);
  const Result<void> outcome = work();
  send(pipe, outcome);
  ::_exit(0);
}

std::unexpected<Error> cannot(std::string_view what) {
  return fail(ErrorCode::unavailable, fmt::format("cannot {}: {}", what, std::generic_category().message(errno)));
}

}  // namespace

Result<void> in_child(const std::function<Result<void>()>& work) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return cannot("make a pipe");
  const pid_t child = ::fork();
  if (child == 0) be_child(ends[1], work);
  ::close(ends[1]);
  const std::string told = child < 0 ? std::string() : receive(ends[0]);
  ::close(ends[0]);
  if (child < 0) return cannot("start a process");
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return told.empty() ? Result<void>() : cannot("wait for a process");
  if (!told.empty()) return fail(static_cast<ErrorCode>(told.front()), told.substr(1));
  if (WIFEXITED(status)) return {};
  return fail(ErrorCode::corruption, "stored bytes are damaged, in a way that RocksDB does not survive");
}

}  // namespace pawl
