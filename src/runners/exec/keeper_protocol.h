// What ProcessRunner and its keeper process say to each other: requests, and for each a reply, in their order, over a
// socket that keeps messages apart. What is to be executed lies in memory that both share, at the same address: in one
// of a few places, each for one start at a time.
//
// Errors are numbers of errno, 0 for none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <sys/types.h>

namespace pawl::runners {

// More than the kernel ever takes as arguments and environment of one program (6 MiB).
inline constexpr std::size_t kImageBytes = 8U << 20;
// Starts that may be under way: the keeper need not wait for the next one.
inline constexpr std::size_t kImages = 16;
// Standard input, output and error go along with `start`, in this order; without something to read, only the last two.
inline constexpr std::size_t kPassedDescriptors = 3;
// In the environment of every process of an attempt, so that the keeper finds those that have left its session:
// "PAWL_ATTEMPT=<word>.<number>", the word (16 hexadecimal digits) chosen at random by each keeper.
inline constexpr std::string_view kMarkerName = "PAWL_ATTEMPT";
inline constexpr std::size_t kMarkerWordBytes = 16;

enum class RequestKind : std::uint8_t {
  start,   // executes what the shared memory says
  signal,  // `number` to the leader's group; what the attempt has outside of it gets it, too
  status,  // how the leader, which has ended, did so, and whether it can be seen what it has left
  rest,    // whether the leader, which has ended, has left anything
  end,     // kills what is left of the leader's group, and if `all` whatever is left of the attempt, and reaps it;
           // without `all` nothing is killed yet of a leader that has failed and left something, or that has just
           // started something that may be about to leave the group
  hold,    // keeps the one descriptor that comes along, open, as long as the keeper lives
  quit,    // ends everything within `grace_ms`, which a second one can shorten; there is no reply but the keeper's end
};

struct Request {
  RequestKind kind = RequestKind::start;
  bool all = false;
  int number = 0;
  // Its marker's number. A leader's process id would not do: when that is reaped another leader may get it, while what
  // the first one has left is still waited for.
  std::uint64_t attempt = 0;
  std::uint64_t image = 0;  // of `start`: the place of what is to be executed
  std::int64_t grace_ms = 0;
};

struct Reply {
  int error = 0;
  pid_t pid = 0;
  int status = 0;          // as waitpid(2) gives it
  bool gone = false;       // nothing is left of the attempt
  bool failed = false;     // of `end`: the leader has failed, and what it has left lives
  bool sees_rest = false;  // of `status`: it can be seen what a leader has left
};

// At the beginning of the shared memory; the pointers are into it.
struct ExecImage {
  const char* program = nullptr;
  const char* from = nullptr;  // the directory in which `cwd` is looked for; null: the keeper's own
  const char* cwd = nullptr;   // null: `from`
  char** argv = nullptr;
  char** env = nullptr;
  int error = 0;  // why it could not be executed
};

}  // namespace pawl::runners
