#include "runners/exec/keeper.h"

#include <algorithm>
#include <climits>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time.h"
#include "runners/exec/keeper_process.h"
#include "runners/exec/marked.h"
#include "runners/exec/proc.h"

namespace pawl::runners {
namespace {

// A process that was killed may still be inside the kernel, on a disk that does not answer.
constexpr std::chrono::seconds kMostForKilled(5);
// A keeper process that has not answered for so long never will.
constexpr std::chrono::seconds kMostForAnswer(30);
// Replies that are still to come. A socket holds a few hundred messages each way: if we went on to ask while it is full
// of replies, both would wait for the other to read.
constexpr std::size_t kMostPending = 64;

std::unexpected<Error> failed(std::string_view what, int error) {
  const bool descriptors = error == EMFILE || error == ENFILE;
  return fail(ErrorCode::unavailable,
              fmt::format("pawl-keeper, the parent of task processes, cannot be started: {}: {}{}", what,
                          strerrordesc_np(error), descriptors ? "; raise the limit (ulimit -n)" : ""));
}

std::string random_word() {
  std::uint64_t number = 0;
  if (::getrandom(&number, sizeof(number), 0) != sizeof(number)) number = static_cast<std::uint64_t>(::getpid());
  return fmt::format("{:016x}", number);
}

}  // namespace

Result<std::unique_ptr<Keeper>> Keeper::make(Duration grace, int lock) {
  std::unique_ptr<Keeper> keeper(new Keeper);
  void* const memory =
      ::mmap(nullptr, kImages * kImageBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return failed("no memory", errno);
  keeper->memory_ = memory;
  for (std::uint64_t image = 0; image < kImages; ++image) keeper->free_images_.push_back(image);
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return failed("no socket", errno);
  keeper->socket_ = Descriptor(ends[0]);
  const Descriptor theirs(ends[1]);
  keeper->directory_ = current_directory();
  keeper->word_ = random_word();
  keeper->marker_ = fmt::format("{}={}.", kMarkerName, keeper->word_);
  // Before it starts anything.
  write_word(lock, keeper->word_);
  KeeperSetup setup{.socket = theirs.get(),
                    .lock = lock,
                    .owner = ::getpid(),
                    .images = static_cast<char*>(memory),
                    .grace_ms = std::clamp(grace, Duration::zero(), kMaxDuration).count()};
  std::ranges::copy(keeper->word_, setup.marker_word);
  keeper->pid_ = ::fork();
  if (keeper->pid_ == 0) run_keeper(setup);
  if (keeper->pid_ < 0) return failed("fork", errno);
  keeper->handle_ = open_handle(keeper->pid_);
  if (keeper->handle_.is_open()) return keeper;
  const int error = errno;
  ::kill(keeper->pid_, SIGKILL);
  ::waitpid(std::exchange(keeper->pid_, -1), nullptr, 0);
  return failed("pidfd_open, which needs Linux 5.4 or later and no seccomp filter against it", error);
}

Keeper::~Keeper() {
  if (pid_ > 0) {
    quit(Duration::zero());
    socket_.close();
    if (!wait_end(kMostForKilled)) log().warn("processes of tasks were killed and have not ended; is a disk stuck?");
  }
  if (memory_ != nullptr) ::munmap(memory_, kImages * kImageBytes);
}

int Keeper::start(std::uint64_t id, const Execution& execution, const Descriptor& input, const Descriptor& output,
                  const Descriptor& error) {
  if (free_images_.empty()) return EAGAIN;
  const std::uint64_t image = free_images_.back();
  const std::uint64_t attempt = ++attempts_;
  char* const place = static_cast<char*>(memory_) + image * kImageBytes;
  if (const int too_big = fill_image(place, execution, fmt::format("{}{}", marker_, attempt), directory_); too_big != 0)
    return too_big;
  std::vector<int> descriptors;
  if (input.is_open()) descriptors.push_back(input.get());
  descriptors.insert(descriptors.end(), {output.get(), error.get()});
  if (!make_room()) return kKeeperGone;
  if (!send({.kind = RequestKind::start, .attempt = attempt, .image = image}, descriptors))
    return errno == ETOOMANYREFS ? EMFILE : kKeeperGone;
  free_images_.pop_back();
  pending_.push_back({.kind = RequestKind::start, .id = id, .attempt = attempt, .image = image});
  return 0;
}

void Keeper::end(std::uint64_t id, std::uint64_t attempt, bool all) {
  // That the keeper is gone is an event of its own.
  if (make_room() && send({.kind = RequestKind::end, .all = all, .attempt = attempt}, {}))
    pending_.push_back({.kind = RequestKind::end, .id = id, .attempt = attempt, .image = 0});
}

// For one more request whose reply is not waited for. False: the keeper is gone.
bool Keeper::make_room() {
  while (pending_.size() >= kMostPending) {
    const std::expected<Reply, int> reply = receive(true);
    if (!reply) return false;
    answer(*reply);
  }
  return true;
}

void Keeper::answer(const Reply& reply) {
  const Pending request = pending_.front();
  pending_.pop_front();
  if (request.kind == RequestKind::signal) return;
  if (request.kind == RequestKind::start) free_images_.push_back(request.image);
  answers_.push_back({.is_start = request.kind == RequestKind::start,
                      .id = request.id,
                      .attempt = request.attempt,
                      .error = reply.error,
                      .pid = reply.pid,
                      .gone = reply.gone,
                      .status = reply.status,
                      .failed = reply.failed});
}

std::expected<std::vector<Keeper::Answer>, int> Keeper::take_answers() {
  while (!pending_.empty()) {
    const std::expected<Reply, int> reply = receive(false);
    if (!reply && reply.error() == kKeeperGone && answers_.empty()) return std::unexpected(kKeeperGone);
    if (!reply) break;
    answer(*reply);
  }
  return std::exchange(answers_, {});
}

void Keeper::signal(std::uint64_t attempt, int number) {
  // That the keeper is gone is an event of its own.
  if (make_room() && send({.kind = RequestKind::signal, .number = number, .attempt = attempt}, {}))
    pending_.push_back({.kind = RequestKind::signal, .id = 0, .attempt = attempt, .image = 0});
}

std::expected<Keeper::End, int> Keeper::status(std::uint64_t attempt) {
  const std::expected<Reply, int> reply = ask({.kind = RequestKind::status, .attempt = attempt});
  if (!reply) return std::unexpected(reply.error());
  return End{.status = reply->status, .sees_rest = reply->sees_rest};
}

bool Keeper::is_alone(std::uint64_t attempt) {
  const std::expected<Reply, int> reply = ask({.kind = RequestKind::rest, .attempt = attempt});
  return !reply || reply->gone;
}

void Keeper::hold(int lock) {
  write_word(lock, word_);
  (void)ask({.kind = RequestKind::hold}, {lock});
}

void Keeper::quit(Duration grace) {
  (void)send({.kind = RequestKind::quit, .grace_ms = std::clamp(grace, Duration::zero(), kMaxDuration).count()}, {});
}

bool Keeper::has_ended() const {
  pollfd ended{.fd = handle_.get(), .events = POLLIN, .revents = 0};
  return ::poll(&ended, 1, 0) > 0;
}

bool Keeper::has_ended_all() const {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid_ &&
         info.si_code == CLD_EXITED && info.si_status == 0;
}

bool Keeper::wait_end(Duration most) const {
  pollfd ended{.fd = handle_.get(), .events = POLLIN, .revents = 0};
  const auto until = std::chrono::steady_clock::now() + most;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    const int ready = ::poll(&ended, 1, static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, INT_MAX)));
    if (ready == 0) return false;
    if (ready < 0) continue;
    // With SIGCHLD ignored there is nothing to reap.
    ::waitpid(pid_, nullptr, 0);
    return true;
  }
}

std::expected<Reply, int> Keeper::ask(const Request& request, const std::vector<int>& descriptors) {
  if (!send(request, descriptors)) return std::unexpected(kKeeperGone);
  while (!pending_.empty()) {
    const std::expected<Reply, int> earlier = receive(true);
    if (!earlier) return earlier;
    answer(*earlier);
  }
  std::expected<Reply, int> reply = receive(true);
  if (reply && reply->error != 0) return std::unexpected(reply->error);
  return reply;
}

std::expected<Reply, int> Keeper::receive(bool wait) {
  // A copy of its end of the socket may be in another process, so that its own end does not say that it has ended.
  pollfd ready[] = {{.fd = socket_.get(), .events = POLLIN, .revents = 0},
                    {.fd = handle_.get(), .events = POLLIN, .revents = 0}};
  if (wait) {
    int count = 0;
    do count = ::poll(ready, std::size(ready), static_cast<int>(std::chrono::milliseconds(kMostForAnswer).count()));
    while (count < 0 && errno == EINTR);
    if (count == 0) {
      log().error("pawl-keeper, the parent of task processes, has not answered for {} and is killed",
                  format_duration(kMostForAnswer));
      ::syscall(SYS_pidfd_send_signal, handle_.get(), SIGKILL, nullptr, 0);
    }
  }
  Reply reply;
  ssize_t bytes = 0;
  // ECONNRESET is told first: it ended without reading all requests; its replies come next.
  do bytes = ::recv(socket_.get(), &reply, sizeof(reply), MSG_DONTWAIT);
  while (bytes < 0 && errno == ECONNRESET);
  if (bytes == static_cast<ssize_t>(sizeof(reply))) return reply;
  return std::unexpected(!wait && (errno == EAGAIN || errno == EINTR) ? EAGAIN : kKeeperGone);
}

bool Keeper::send(const Request& request, const std::vector<int>& descriptors) const {
  iovec data{.iov_base = const_cast<Request*>(&request), .iov_len = sizeof(request)};  // sendmsg does not write
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kPassedDescriptors)] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  if (!descriptors.empty()) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * descriptors.size());
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * descriptors.size());
    std::memcpy(CMSG_DATA(header), descriptors.data(), sizeof(int) * descriptors.size());
  }
  ssize_t sent = 0;
  do sent = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(sizeof(request));
}

}  // namespace pawl::runners
