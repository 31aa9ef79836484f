#include "runners/exec/spawn.h"

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "runners/exec/program.h"

namespace pawl::runners {
namespace {

// Where the shells look when PATH is not set.
constexpr std::string_view kDefaultPath = "/usr/local/bin:/usr/bin:/bin";
constexpr int kFirstFreeDescriptor = 3;

struct Pipe {
  Descriptor ours;
  Descriptor theirs;
};

std::unexpected<Error> no_resources(std::string_view what, int error) {
  const bool descriptors = error == EMFILE || error == ENFILE;
  return fail(ErrorCode::unavailable,
              fmt::format("{}: {}{}", what, strerrordesc_np(error),
                          descriptors ? "; raise the limit (ulimit -n), or run fewer processes at once" : ""));
}

// If this process runs with a standard descriptor closed, a pipe may get its number; then dup2 onto the child's
// standard descriptors would overwrite one end with another.
bool move_off_standard(Descriptor& descriptor) {
  if (descriptor.get() >= kFirstFreeDescriptor) return true;
  descriptor = Descriptor(::fcntl(descriptor.get(), F_DUPFD_CLOEXEC, kFirstFreeDescriptor));
  return descriptor.is_open();
}

// Only our end is non-blocking: most programs do not expect that of their standard descriptors.
Result<Pipe> make_pipe(bool we_write) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return no_resources("cannot make a pipe", errno);
  Descriptor read_end(ends[0]);
  Descriptor write_end(ends[1]);
  if (!move_off_standard(read_end) || !move_off_standard(write_end)) return no_resources("cannot make a pipe", errno);
  Pipe pipe{.ours = std::move(we_write ? write_end : read_end), .theirs = std::move(we_write ? read_end : write_end)};
  if (::fcntl(pipe.ours.get(), F_SETFL, O_NONBLOCK) != 0) return no_resources("cannot set up a pipe", errno);
  return pipe;
}

struct Pipes {
  Pipe input;  // closed if the child has nothing to read
  Pipe output;
  Pipe error;
};

Result<Pipes> make_pipes(bool with_input) {
  Pipes pipes;
  for (Pipe* pipe : {&pipes.input, &pipes.output, &pipes.error}) {
    const bool is_input = pipe == &pipes.input;
    if (is_input && !with_input) continue;
    auto made = make_pipe(is_input);
    if (!made) return std::unexpected(std::move(made).error());
    *pipe = *std::move(made);
  }
  return pipes;
}

// With SIGCHLD ignored, which a process may inherit, the kernel drops the exit status of every child.
Result<void> check_children_can_be_awaited() {
  struct sigaction action{};
  ::sigaction(SIGCHLD, nullptr, &action);
  if (action.sa_handler != SIG_IGN && (action.sa_flags & SA_NOCLDWAIT) == 0) return {};
  return fail(ErrorCode::invalid_state,
              "this process ignores SIGCHLD, so that the exit code of its children is lost; set it to SIG_DFL");
}

// posix_spawn's two descriptions of the child, and the first error in making them.
class SpawnPlan {
 public:
  SpawnPlan() {
    note(::posix_spawnattr_init(&attributes_));
    note(::posix_spawn_file_actions_init(&actions_));
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }

  // Its own group, and no trace of our signal mask or of signals we ignore (SIGPIPE, as a rule): exec keeps both.
  void set_attributes() {
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    note(::posix_spawnattr_setflags(&attributes_,
                                    POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
    note(::posix_spawnattr_setpgroup(&attributes_, 0));
    note(::posix_spawnattr_setsigmask(&attributes_, &none));
    note(::posix_spawnattr_setsigdefault(&attributes_, &all));
  }

  // Whatever else is open here, also what other libraries opened without close-on-exec, stays here.
  void set_files(const Pipes& pipes, const std::string& cwd) {
    const Descriptor& input = pipes.input.theirs;
    note(input.is_open() ? ::posix_spawn_file_actions_adddup2(&actions_, input.get(), STDIN_FILENO)
                         : ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0));
    note(::posix_spawn_file_actions_adddup2(&actions_, pipes.output.theirs.get(), STDOUT_FILENO));
    note(::posix_spawn_file_actions_adddup2(&actions_, pipes.error.theirs.get(), STDERR_FILENO));
    note(::posix_spawn_file_actions_addclosefrom_np(&actions_, kFirstFreeDescriptor));
    if (!cwd.empty()) note(::posix_spawn_file_actions_addchdir_np(&actions_, cwd.c_str()));
  }

  // 0 or the error's number.
  [[nodiscard]] int run(const std::string& program, char* const* argv, char* const* env, pid_t& pid) {
    note(error_ != 0 ? 0 : ::posix_spawn(&pid, program.c_str(), &actions_, &attributes_, argv, env));
    return error_;
  }

 private:
  void note(int error) {
    if (error_ == 0) error_ = error;
  }

  posix_spawnattr_t attributes_{};
  posix_spawn_file_actions_t actions_{};
  int error_ = 0;
};

// The null-terminated array of C strings that exec wants; the kernel does not write to them.
std::vector<char*> c_strings(const std::vector<std::string>& strings) {
  std::vector<char*> out;
  out.reserve(strings.size() + 1);
  for (const std::string& string : strings) out.push_back(const_cast<char*>(string.c_str()));
  out.push_back(nullptr);
  return out;
}

std::unexpected<Error> spawn_failed(const std::string& program, const ProcessSpec& spec, int error) {
  const std::string name = in_quotes(program);
  switch (error) {
    case ENOENT:  // the file itself was there a moment ago
      return fail(ErrorCode::not_found,
                  fmt::format("{} cannot run: the interpreter it names (in its #! line, or the loader "
                              "of another system) does not exist",
                              name));
    case ENOEXEC:
      return fail(
          ErrorCode::invalid_argument,
          fmt::format("{} is no program of this machine; a script must begin with #! and its interpreter", name));
    case EACCES:
    case EPERM:
      return fail(ErrorCode::permission_denied,
                  fmt::format("{} may not be executed: {}", name, strerrordesc_np(error)));
    case E2BIG: {
      std::size_t bytes = 0;
      for (const std::string& argument : spec.argv) bytes += argument.size() + 1;
      for (const auto& [key, value] : spec.env) bytes += key.size() + value.size() + 2;
      return fail(
          ErrorCode::limit_exceeded,
          fmt::format("the arguments and environment of {} ({} bytes) are more than the kernel accepts (128 KiB "
                      "each, 2 MiB in all, as a rule); pass large values by `stdin` or in a file",
                      name, bytes));
    }
    case EAGAIN:
      return fail(
          ErrorCode::unavailable,
          fmt::format("{} cannot be started: the limit of processes (ulimit -u, or pids.max of the container) is "
                      "reached; raise it, or run fewer at once",
                      name));
    case ELOOP:
    case EINVAL:
    case ENAMETOOLONG:
      return fail(ErrorCode::invalid_argument, fmt::format("{} cannot be started: {}", name, strerrordesc_np(error)));
    default:
      return no_resources(fmt::format("{} cannot be started", name), error);
  }
}

Result<Spawned> watch(pid_t pid, const std::string& program, Pipes pipes) {
  // Closed before the pidfd is made, so that there is a descriptor left for it.
  for (Pipe* pipe : {&pipes.input, &pipes.output, &pipes.error}) pipe->theirs.close();
  // Of the right process, for nobody but us reaps it. As a system call: glibc 2.36 declares pidfd_open without extern
  // "C".
  Descriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd.is_open()) {
    const int error = errno;
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return no_resources(
        fmt::format("cannot watch {}, so it was killed; pidfd_open, which needs Linux 5.4 or later and no "
                    "seccomp filter against it",
                    in_quotes(program)),
        error);
  }
  return Spawned{.pid = pid,
                 .descriptors = {std::move(pidfd), std::move(pipes.input.ours), std::move(pipes.output.ours),
                                 std::move(pipes.error.ours)}};
}

}  // namespace

Environment current_environment() {
  Environment environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

Result<Spawned> spawn(const ProcessSpec& spec, const Environment& inherited) {
  if (spec.argv.empty()) return fail(ErrorCode::invalid_argument, "no program is given");
  if (auto can = check_children_can_be_awaited(); !can) return std::unexpected(std::move(can).error());
  if (auto cwd = check_working_directory(spec.cwd); !cwd) return std::unexpected(std::move(cwd).error());

  Environment environment = inherited;
  for (const auto& [name, value] : spec.env) environment.insert_or_assign(name, value);
  const auto path = environment.find("PATH");
  const std::string_view path_value = path == environment.end() ? kDefaultPath : std::string_view(path->second);
  const std::vector<std::string>* argv = &spec.argv;
  auto program = find_program(argv->front(), path_value, spec.cwd);
  if (!program && !spec.fallback_argv.empty()) {
    argv = &spec.fallback_argv;
    program = find_program(argv->front(), path_value, spec.cwd);
  }
  if (!program) return std::unexpected(std::move(program).error());
  std::vector<std::string> entries;
  entries.reserve(environment.size());
  for (const auto& [name, value] : environment) entries.push_back(fmt::format("{}={}", name, value));

  auto pipes = make_pipes(!spec.stdin_text.empty());
  if (!pipes) return std::unexpected(std::move(pipes).error());
  SpawnPlan plan;
  plan.set_attributes();
  plan.set_files(*pipes, spec.cwd);
  pid_t pid = -1;
  const int failed = plan.run(*program, c_strings(*argv).data(), c_strings(entries).data(), pid);
  if (failed != 0) return spawn_failed(*program, spec, failed);
  return watch(pid, *program, *std::move(pipes));
}

}  // namespace pawl::runners
