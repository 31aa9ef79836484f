#include "runners/exec/spawn.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/text.h"
#include "runners/exec/proc.h"
#include "runners/exec/program.h"

namespace pawl::runners {
namespace {

// Where the shells look when PATH is not set.
constexpr std::string_view kDefaultPath = "/usr/local/bin:/usr/bin:/bin";
constexpr int kFirstFreeDescriptor = 3;
constexpr std::size_t kMostArgumentBytes = 131'072;  // MAX_ARG_STRLEN of Linux, the NUL byte included
// Left for the rest of this process while other processes run: the store opens files, too.
constexpr int kDescriptorsLeft = 16;

struct Pipe {
  Descriptor ours;
  Descriptor theirs;
};

using Failure = std::unexpected<SpawnFailure>;

Failure refused(Error error) { return Failure(SpawnFailure{.error = std::move(error)}); }

Failure no_resources(std::string_view what, int error) {
  const bool descriptors = error == EMFILE || error == ENFILE;
  return Failure(SpawnFailure{
      .error = {.code = ErrorCode::unavailable,
                .message = fmt::format(
                    "{}: {}{}", what, strerrordesc_np(error),
                    descriptors ? "; raise the limit (ulimit -n), or run fewer processes concurrently" : "")},
      .for_want = descriptors || error == ENOMEM});
}

// If this process runs with a standard descriptor closed, a pipe may get its number; then dup2 onto the child's
// standard descriptors would overwrite one end with another.
bool move_off_standard(Descriptor& descriptor) {
  if (descriptor.get() >= kFirstFreeDescriptor) return true;
  descriptor = Descriptor(::fcntl(descriptor.get(), F_DUPFD_CLOEXEC, kFirstFreeDescriptor));
  return descriptor.is_open();
}

// Descriptors are given out lowest first, so a high one tells that there are few left.
int highest_taken(bool leaves_room) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > INT_MAX) return INT_MAX;
  return static_cast<int>(limit.rlim_cur) - (leaves_room ? kDescriptorsLeft : 0);
}

// Only our end is non-blocking: most programs do not expect that of their standard descriptors.
std::expected<Pipe, SpawnFailure> make_pipe(bool we_write, int highest) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return no_resources("cannot make a pipe", errno);
  Descriptor read_end(ends[0]);
  Descriptor write_end(ends[1]);
  if (!move_off_standard(read_end) || !move_off_standard(write_end)) return no_resources("cannot make a pipe", errno);
  if (std::max(read_end.get(), write_end.get()) >= highest) return no_resources("cannot make a pipe", EMFILE);
  Pipe pipe{.ours = std::move(we_write ? write_end : read_end), .theirs = std::move(we_write ? read_end : write_end)};
  if (::fcntl(pipe.ours.get(), F_SETFL, O_NONBLOCK) != 0) return no_resources("cannot set up a pipe", errno);
  return pipe;
}

struct Pipes {
  Pipe input;  // closed if the child has nothing to read
  Pipe output;
  Pipe error;
};

std::expected<Pipes, SpawnFailure> make_pipes(bool with_input, bool leaves_room) {
  const int highest = highest_taken(leaves_room);
  Pipes pipes;
  for (Pipe* pipe : {&pipes.input, &pipes.output, &pipes.error}) {
    const bool is_input = pipe == &pipes.input;
    if (is_input && !with_input) continue;
    auto made = make_pipe(is_input, highest);
    if (!made) return std::unexpected(std::move(made).error());
    *pipe = *std::move(made);
  }
  return pipes;
}

Failure refused_as(ErrorCode code, std::string message) {
  return refused({.code = code, .message = std::move(message)});
}

Failure spawn_failed(const std::string& program, const ProcessSpec& spec, int error) {
  const std::string name = in_quotes(program);
  switch (error) {
    case ENOENT:  // the file itself was there a moment ago
      return refused_as(ErrorCode::not_found,
                        fmt::format("{} cannot run: the interpreter it names (in its #! line, or the loader "
                                    "of another system) does not exist",
                                    name));
    case ENOEXEC:
      return refused_as(
          ErrorCode::invalid_argument,
          fmt::format("{} is not a program of this machine; a script must begin with #! and its interpreter", name));
    case EACCES:
    case EPERM:
      return refused_as(ErrorCode::permission_denied,
                        fmt::format("{} may not be executed: {}", name, strerrordesc_np(error)));
    case E2BIG: {
      std::size_t bytes = 0;
      std::size_t longest = 0;
      for (const std::string& argument : spec.argv) {
        bytes += argument.size() + 1;
        longest = std::max(longest, argument.size());
      }
      if (longest >= kMostArgumentBytes)
        return refused_as(
            ErrorCode::limit_exceeded,
            fmt::format("one argument of {} has {} bytes, and the kernel accepts 128 KiB in one; a script "
                        "stands in a file, and a value is passed by `stdin`",
                        name, longest));
      for (const auto& [key, value] : spec.env) bytes += key.size() + value.size() + 2;
      return refused_as(
          ErrorCode::limit_exceeded,
          fmt::format("the arguments and environment of {} ({} bytes) are more than the kernel accepts (128 KiB "
                      "each, 2 MiB in all, as a rule); pass large values by `stdin` or in a file",
                      name, bytes));
    }
    case EAGAIN: {
      Failure failure = refused_as(
          ErrorCode::unavailable,
          fmt::format("{} cannot be started: the limit of processes (ulimit -u, or pids.max of the container) is "
                      "reached; raise it, or run fewer concurrently",
                      name));
      failure.error().for_want = true;
      return failure;
    }
    case kKeeperGone: {
      Failure failure = refused_as(ErrorCode::unavailable, fmt::format("{} cannot be started: {}", name, kKeeperLost));
      failure.error().keeper_gone = true;
      return failure;
    }
    case ELOOP:
    case EINVAL:
    case ENAMETOOLONG:
      return refused_as(ErrorCode::invalid_argument,
                        fmt::format("{} cannot be started: {}", name, strerrordesc_np(error)));
    default:
      return no_resources(fmt::format("{} cannot be started", name), error);
  }
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

std::expected<Spawning, SpawnFailure> spawn(std::uint64_t id, const ProcessSpec& spec, const Environment& inherited,
                                            Keeper& keeper, bool leaves_room) {
  if (spec.argv.empty()) return refused_as(ErrorCode::invalid_argument, "no program is given");
  if (auto cwd = check_working_directory(spec.cwd); !cwd) return refused(std::move(cwd).error());

  Environment environment = inherited;
  for (const auto& [name, value] : spec.env) environment.insert_or_assign(name, value);
  environment.erase(std::string(kMarkerName));
  const auto path = environment.find("PATH");
  const std::string_view path_value = path == environment.end() ? kDefaultPath : std::string_view(path->second);
  const std::vector<std::string>* argv = &spec.argv;
  auto program = find_program(argv->front(), path_value, spec.cwd);
  if (!program && !spec.fallback_argv.empty()) {
    argv = &spec.fallback_argv;
    program = find_program(argv->front(), path_value, spec.cwd);
  }
  if (!program) return refused(std::move(program).error());
  std::vector<std::string> entries;
  entries.reserve(environment.size());
  for (const auto& [name, value] : environment) entries.push_back(fmt::format("{}={}", name, value));

  auto pipes = make_pipes(!spec.stdin_text.empty(), leaves_room);
  if (!pipes) return std::unexpected(std::move(pipes).error());
  const int failed = keeper.start(id, {.program = *program, .argv = *argv, .env = entries, .cwd = spec.cwd},
                                  pipes->input.theirs, pipes->output.theirs, pipes->error.theirs);
  if (failed != 0) return spawn_failed(*program, spec, failed);
  return Spawning{.program = *std::move(program),
                  .spawned = {.pid = -1,
                              .attempt = 0,
                              .descriptors = {Descriptor(), std::move(pipes->input.ours), std::move(pipes->output.ours),
                                              std::move(pipes->error.ours)}}};
}

std::expected<Spawned, SpawnFailure> complete(Spawning spawning, const ProcessSpec& spec,
                                              const Keeper::Answer& answer) {
  if (answer.error != 0) return spawn_failed(spawning.program, spec, answer.error);
  spawning.spawned.pid = answer.pid;
  spawning.spawned.attempt = answer.attempt;
  // Of the right process, for its number is kept until we have it ended.
  spawning.spawned.descriptors.front() = open_handle(answer.pid);
  return std::move(spawning.spawned);
}

}  // namespace pawl::runners
