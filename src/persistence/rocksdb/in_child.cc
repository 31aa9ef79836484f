#include "persistence/rocksdb/in_child.h"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <optional>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pawl {
namespace {

// No work takes longer; a child that does waits for something that will not come.
constexpr unsigned kMostSeconds = 3600;

// A message: its size, 4 bytes in the order of this machine, and its bytes. False if the other side is gone.
bool send(int line, std::string_view text) {
  std::string bytes(sizeof(std::uint32_t), '\0');
  const auto size = static_cast<std::uint32_t>(text.size());
  std::memcpy(bytes.data(), &size, sizeof(size));
  bytes += text;
  for (std::string_view rest = bytes; !rest.empty();) {
    const ssize_t sent = ::send(line, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EINTR) return false;
    if (sent > 0) rest.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool read_bytes(int line, char* place, std::size_t size) {
  while (size > 0) {
    const ssize_t got = ::recv(line, place, size, 0);
    if (got == 0 || (got < 0 && errno != EINTR)) return false;
    if (got < 0) continue;
    place += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

std::optional<std::string> receive(int line) {
  std::uint32_t size = 0;
  if (!read_bytes(line, reinterpret_cast<char*>(&size), sizeof(size))) return std::nullopt;
  std::string text(size, '\0');
  if (!read_bytes(line, text.data(), size)) return std::nullopt;
  return text;
}

// An outcome as a message: nothing, or the error's code, one byte, and its message.
std::string to_text(const Result<void>& outcome) {
  if (outcome) return {};
  return std::string(1, static_cast<char>(outcome.error().code)) + outcome.error().message;
}

Result<void> from_text(const std::string& text) {
  if (text.empty()) return {};
  return fail(static_cast<ErrorCode>(text.front()), text.substr(1));
}

// It ends with its parent, whose files, and locks on them, are not its own.
void become_child(pid_t parent, int line) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  const rlimit none{};
  ::setrlimit(RLIMIT_CORE, &none);
  ::close_range(STDERR_FILENO + 1, static_cast<unsigned>(line) - 1, 0);
  ::close_range(static_cast<unsigned>(line) + 1, ~0U, 0);
  // What is said of its end is for nobody.
  if (const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC); nowhere >= 0) ::dup2(nowhere, STDERR_FILENO);
}

std::unexpected<Error> cannot(std::string_view what) {
  return fail(ErrorCode::unavailable, fmt::format("cannot {}: {}", what, std::generic_category().message(errno)));
}

// Where a child was started, and the line to it.
struct Child {
  pid_t process;
  int line;
};

Result<Child> start(const std::function<void(int line)>& be_child) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return cannot("make a pair of sockets");
  const pid_t parent = ::getpid();
  const pid_t process = ::fork();
  if (process == 0) {
    become_child(parent, ends[1]);
    be_child(ends[1]);
    ::_exit(0);
  }
  const int error = errno;
  ::close(ends[1]);
  if (process > 0) return Child{.process = process, .line = ends[0]};
  ::close(ends[0]);
  errno = error;
  return cannot("start a process");
}

void wait_for(pid_t process) {
  while (::waitpid(process, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

Result<void> in_child(const std::function<Result<void>()>& work) {
  const Result<Child> child = start([&](int line) {
    ::alarm(kMostSeconds);
    send(line, to_text(work()));
  });
  if (!child) return std::unexpected(child.error());
  const std::optional<std::string> told = receive(child->line);
  ::close(child->line);
  wait_for(child->process);
  if (told) return from_text(*told);
  return fail(ErrorCode::corruption, "stored bytes are damaged, in a way that RocksDB does not survive");
}

bool is_single_threaded() {
  std::error_code error;
  const std::filesystem::directory_iterator threads("/proc/self/task", error);
  return !error && std::distance(begin(threads), end(threads)) == 1;
}

Result<std::unique_ptr<Workshop>> Workshop::open(const Work& work) {
  const Result<Child> child = start([&](int line) {
    while (const std::optional<std::string> piece = receive(line))
      if (!send(line, to_text(in_child([&] { return work(*piece); })))) return;
  });
  if (!child) return std::unexpected(child.error());
  return std::unique_ptr<Workshop>(new Workshop(child->line, child->process));
}

Workshop::~Workshop() {
  ::close(line_);
  wait_for(process_);
}

Result<void> Workshop::run(const std::string& piece) {
  const std::optional<std::string> told = send(line_, piece) ? receive(line_) : std::nullopt;
  return told ? from_text(*told) : fail(ErrorCode::unavailable, "a process that was to do the work is gone");
}

}  // namespace pawl
