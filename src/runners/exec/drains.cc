#include "runners/exec/drains.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runners/exec/proc.h"

namespace pawl::runners {
namespace {

constexpr std::size_t kDrainsPerTurn = 64;

ProcPath path_of(pid_t pid, int descriptor) { return ProcPath() << "/proc/" << pid << "/fd/" << descriptor; }

}  // namespace

FileId file_of(int descriptor) {
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) return {};
  return {.device = status.st_dev, .inode = status.st_ino};
}

FileId pipe_of(pid_t pid, int descriptor) {
  struct stat status{};
  if (::stat(path_of(pid, descriptor).c_str(), &status) != 0 || !S_ISFIFO(status.st_mode)) return {};
  return {.device = status.st_dev, .inode = status.st_ino};
}

void Drains::add(pid_t pid, int descriptor) {
  if (!epoll_.is_open()) epoll_ = Descriptor(::epoll_create1(EPOLL_CLOEXEC));
  Descriptor pipe(::open(path_of(pid, descriptor).c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  epoll_event event{.events = EPOLLIN, .data = {.fd = pipe.get()}};
  // From now on it is known by its number only.
  if (pipe.is_open() && ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, pipe.get(), &event) == 0) pipe.release();
}

void Drains::read() {
  std::array<epoll_event, kDrainsPerTurn> ready;
  const int count = ::epoll_wait(epoll_.get(), ready.data(), static_cast<int>(ready.size()), 0);
  for (int i = 0; i < count; ++i) {
    const int pipe = ready[static_cast<std::size_t>(i)].data.fd;
    const ssize_t bytes = ::read(pipe, buffer_.data(), buffer_.size());
    if (bytes == 0 || (bytes < 0 && errno != EAGAIN && errno != EINTR)) ::close(pipe);
  }
}

}  // namespace pawl::runners
