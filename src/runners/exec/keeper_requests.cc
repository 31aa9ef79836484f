// What the keeper process does when it is asked to: starts, signals, looks and ends.
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runners/exec/exec_child.h"
#include "runners/exec/keeper_state.h"
#include "runners/exec/proc.h"

namespace pawl::runners {
namespace {

constexpr std::size_t kMarkerBytes = 64;
// What a process that leaves its group (setsid) needs for that at most, from its fork on, is half a second.
constexpr std::uint64_t kTimesASecond = 2;

// How a child has ended that is not reaped; nothing: it has not.
std::optional<siginfo_t> end_of(pid_t pid) {
  siginfo_t info{};
  const int found = ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT);
  if (found != 0 || info.si_pid != pid) return std::nullopt;
  return info;
}

// Whether there is no child.
bool is_childless() {
  pid_t ended = 0;
  while ((ended = ::waitpid(-1, nullptr, WNOHANG)) > 0) {
  }
  return ended < 0 && errno == ECHILD;
}

}  // namespace

Reply KeeperProcess::start(Message& message) {
  if (message.truncated) return {.error = EMFILE};
  if (!leaders_.reserve()) return {.error = ENOMEM};
  const std::size_t first_output = message.passed - 2;
  const ChildFiles files{.input = message.passed == kPassedDescriptors ? message.descriptors[0].get() : -1,
                         .output = message.descriptors[first_output].get(),
                         .error = message.descriptors[first_output + 1].get()};
  const bool is_alone = leaders_.is_empty() && is_childless();
  pid_t pid = -1;
  auto* const image = reinterpret_cast<ExecImage*>(images_ + message.request.image * kImageBytes);
  const int error = execute(*image, files, pid);
  if (error != 0) return {.error = error};
  leaders_.forget_number(pid);
  leaders_.add({.pid = pid,
                .attempt = message.request.attempt,
                .reaped = false,
                .status = 0,
                .was_alone = is_alone,
                .pipes = {file_of(files.output), file_of(files.error)}});
  return {.error = 0, .pid = pid};
}

Reply KeeperProcess::signal(const Request& request) {
  const Leader* const leader = leaders_.find(request.attempt);
  if (leader == nullptr || leader->reaped) return {.error = ESRCH};
  find_rest_of(*leader);
  if (request.number == SIGTERM)
    for (std::size_t i = 0; i < tree_.size(); ++i) lost_.note(tree_[i]);
  // A leader may also move to a group of its parent's session; then it is reached by itself.
  if (::kill(-leader->pid, request.number) != 0) ::kill(leader->pid, request.number);
  for (std::size_t i = 0; i < tree_.size(); ++i)
    if (tree_[i] != leader->pid && ::getpgid(tree_[i]) != leader->pid) tree_.signal(i, request.number);
  if (request.number != SIGTERM) return {};
  // A suspended process gets its SIGTERM when it goes on.
  ::kill(-leader->pid, SIGCONT);
  for (std::size_t i = 0; i < tree_.size(); ++i) tree_.signal(i, SIGCONT);
  return {};
}

Reply KeeperProcess::status(const Request& request) {
  const Leader* const leader = leaders_.find(request.attempt);
  if (leader == nullptr) return {.error = ECHILD};
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(leader->pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0) return {.error = errno};
  const bool exited = info.si_code == CLD_EXITED;
  return {.error = 0,
          .pid = info.si_pid,
          .status = exited ? W_EXITCODE(info.si_status, 0) : info.si_status,
          .sees_rest = has_proc()};
}

Reply KeeperProcess::rest(const Request& request) {
  const Leader* const leader = leaders_.find(request.attempt);
  if (leader == nullptr) return {.error = ECHILD};
  find_rest_of(*leader);
  tree_.filter([&](pid_t pid) { return pid != leader->pid && ::waitpid(pid, nullptr, WNOHANG) <= 0; });
  return {.error = 0, .pid = leader->pid, .gone = tree_.size() == 0};
}

// The leader is reaped first: then what is left in its group is all that keeps its number.
Reply KeeperProcess::end(const Request& request) {
  Leader* const leader = leaders_.find(request.attempt);
  if (leader == nullptr) return {.error = ECHILD, .pid = 0, .status = 0, .gone = true};
  if (!request.all && !leader->reaped) {
    if (const std::optional<siginfo_t> end = end_of(leader->pid)) {
      const bool failed = end->si_code != CLD_EXITED || end->si_status != 0;
      if (failed ? leaves_rest(*leader) : has_newborn(*leader)) return {.failed = failed};
    }
  }
  // Of a leader that had ended before, what can be seen now is all that there can be.
  bool is_alone = false;
  if (request.all) {
    const bool has_ended = leader->reaped || end_of(leader->pid);
    find_rest_of(*leader);
    const std::size_t itself = leader->reaped ? 0 : 1;
    is_alone = has_ended && tree_.size() <= itself;
    for (std::size_t i = 0; i < tree_.size(); ++i)
      if (tree_[i] != leader->pid) tree_.signal(i, SIGKILL);
  }
  if (!leader->reaped) {
    ::kill(-leader->pid, SIGKILL);
    ::kill(leader->pid, SIGKILL);
    const pid_t reaped = ::waitpid(leader->pid, &leader->status, WNOHANG);
    if (reaped == 0) return {};
    leader->is_unknown = reaped < 0;
    leaders_.set_reaped(*leader);
  }
  pid_t member = leader->pid == 0 ? -1 : 0;
  while (member >= 0 && (member = ::waitpid(-leader->pid, nullptr, WNOHANG)) > 0) {
  }
  reap_orphans();
  bool gone = member < 0;
  if (request.all && gone && !is_alone) {
    find_rest_of(*leader);
    tree_.filter([](pid_t pid) { return ::waitpid(pid, nullptr, WNOHANG) <= 0; });
    gone = tree_.size() == 0;
  }
  const Reply reply{
      .error = leader->is_unknown ? ECHILD : 0, .pid = leader->pid, .status = leader->status, .gone = gone};
  if (gone) leaders_.remove(leader);
  return reply;
}

// Whether a leader that has ended has left something. As a rule it has not, which is seen soon: then all children are
// leaders.
bool KeeperProcess::leaves_rest(const Leader& leader) {
  tree_.clear();
  tree_.add_children(::getpid());
  tree_.filter([&](pid_t pid) { return !leaders_.is_running(pid); });
  if (tree_.size() == 0) return false;
  find_rest_of(leader);
  tree_.filter([&](pid_t pid) { return pid != leader.pid && ::waitpid(pid, nullptr, WNOHANG) <= 0; });
  return tree_.size() > 0;
}

// Whether a leader that has ended has left a child in its group that has run for so short a time that it may be about
// to leave the group, as of `setsid my-database &` at the end of a script.
bool KeeperProcess::has_newborn(const Leader& leader) {
  tree_.clear();
  tree_.add_children(::getpid());
  const std::uint64_t now = ticks_now();
  tree_.filter([&](pid_t pid) {
    if (pid == leader.pid || ::getpgid(pid) != leader.pid || ::waitpid(pid, nullptr, WNOHANG) > 0) return false;
    const std::optional<ProcStat> stat = stat_of(pid);
    return stat && now < stat->start_ticks + ticks_a_second() / kTimesASecond;
  });
  return tree_.size() > 0;
}

// Finds what the attempt has outside of its leader's group: descendants of the leader, orphans of its session or with
// its marker, and if nothing else ran meanwhile all orphans.
void KeeperProcess::find_rest_of(const Leader& leader) {
  char marker[kMarkerBytes] = {};
  char* end = std::ranges::copy(kMarkerName, marker).out;
  *end++ = '=';
  end = std::ranges::copy(marker_word_, end).out;
  *end++ = '.';
  end = std::to_chars(end, marker + sizeof(marker) - 1, leader.attempt).ptr;
  const std::string_view entry(marker, static_cast<std::size_t>(end - marker) + 1);
  tree_.clear();
  tree_.add_children(::getpid());
  tree_.filter([&](pid_t pid) {
    if (leaders_.is_running(pid)) return pid == leader.pid && !leader.reaped;
    return leader.was_alone || ::getsid(pid) == leader.pid || has_in_environment(pid, entry);
  });
  tree_.add_descendants();
}

// A leader that has ended stays; it hides the orphans behind it until its end is asked for, which is soon.
void KeeperProcess::reap_orphans() {
  for (;;) {
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return;
    if (leaders_.is_running(info.si_pid)) return;
    ::waitpid(info.si_pid, nullptr, WNOHANG);
  }
}

}  // namespace pawl::runners
