#include "runners/exec/exec_child.h"

#include <algorithm>
#include <cerrno>

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/started_with.h"

namespace pawl::runners {
namespace {

constexpr int kNotExecuted = 127;
constexpr std::size_t kStackBytes = 64U << 10;

struct ForkedExecution {
  ExecImage& image;
  const ChildFiles& files;
  pid_t keeper;
};

// The child has the keeper's memory, which waits, and a stack of its own.
int execute_here(void* given) {
  const ForkedExecution& execution = *static_cast<const ForkedExecution*>(given);
  ExecImage& image = execution.image;
  const ChildFiles& files = execution.files;
  const auto stays = [](int from, int to) { return from < 0 || ::dup2(from, to) == to; };
  const auto is_in = [](const char* directory) { return directory == nullptr || ::chdir(directory) == 0; };
  ::setsid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != execution.keeper) ::_exit(kNotExecuted);
  if (stays(files.input, STDIN_FILENO) && stays(files.output, STDOUT_FILENO) && stays(files.error, STDERR_FILENO) &&
      is_in(image.from) && is_in(image.cwd) && ::sigprocmask(SIG_SETMASK, &started_with().blocked, nullptr) == 0)
    ::execve(image.program, image.argv, image.env);
  image.error = errno;
  ::_exit(kNotExecuted);
}

}  // namespace

void inherit_start() {
  const StartedWith& start = started_with();
  for (int signal = 1; signal <= StartedWith::kSignals; ++signal) {
    struct sigaction action{};
    action.sa_handler = start.ignores(signal) && signal != SIGCHLD ? SIG_IGN : SIG_DFL;
    ::sigaction(signal, &action, nullptr);
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = std::min(start.descriptors.rlim_cur, limit.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

int execute(ExecImage& image, const ChildFiles& files, pid_t& pid) {
  static void* const stack =
      ::mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (stack == MAP_FAILED) return ENOMEM;
  ForkedExecution execution{.image = image, .files = files, .keeper = ::getpid()};
  image.error = 0;
  // Returns when the child has executed the program, or exited.
  pid = ::clone(execute_here, static_cast<char*>(stack) + kStackBytes, CLONE_VM | CLONE_VFORK | SIGCHLD, &execution);
  if (pid < 0) return errno;
  if (image.error == 0) return 0;
  ::waitpid(pid, nullptr, 0);
  return image.error;
}

}  // namespace pawl::runners
