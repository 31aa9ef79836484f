// Keeper is our side of a keeper process (keeper_process.h): the starts, signals and ends of processes as calls.
//
// What it needs is all done before anything else: the process is made when the first one is started, and stays.
//
// Threads: one at a time. Errors: a number of errno; kKeeperGone if the keeper process was killed.
#pragma once

#include <array>
#include <cerrno>
#include <cstdint>
#include <deque>
#include <expected>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "pawl/result.h"
#include "pawl/types.h"

#include "runners/exec/descriptor.h"
#include "runners/exec/exec_image.h"
#include "runners/exec/keeper_protocol.h"

namespace pawl::runners {

inline constexpr int kKeeperGone = EOWNERDEAD;
inline constexpr const char* kKeeperLost = "pawl-keeper, the parent of task processes, was killed";

class Keeper {
 public:
  // `grace`: what processes get to end by themselves when we are gone. `lock`: the descriptor of a locked file that the
  // keeper process keeps open until it has ended them all, or -1; its word is written into that file. Error:
  // `unavailable`.
  static Result<std::unique_ptr<Keeper>> make(Duration grace, int lock);
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;
  // Kills what is left.
  ~Keeper();

  // An answer to start() or end().
  struct Answer {
    bool is_start = false;
    std::uint64_t id = 0;       // that was given there
    std::uint64_t attempt = 0;  // what the other calls know the process by
    int error = 0;              // of one that is gone: its status is not known
    pid_t pid = 0;              // of the process that was started
    bool gone = false;          // nothing of the one that was to end is left; its number may be another's from now on
    int status = 0;             // if it is gone: as waitpid(2) says it
    bool failed = false;        // not gone: it has failed, and what it has left lives; nothing was killed
  };

  // Has a program executed, which takes some 0.2 ms; an answer will come. `input` may be closed: then it reads
  // /dev/null. The process id stays its own until end() says that it is gone. 0, or an error: also E2BIG; EAGAIN: so
  // many starts are under way that an answer must come first.
  [[nodiscard]] int start(std::uint64_t id, const Execution& execution, const Descriptor& input,
                          const Descriptor& output, const Descriptor& error);
  // Has what is left of its group killed, or, with `all`, of all that it has started; an answer will come. To be
  // repeated until that is gone. Of one that has failed and left something nothing is killed without `all`; and what
  // may be about to leave the group has half a second for that.
  void end(std::uint64_t id, std::uint64_t attempt, bool all);
  [[nodiscard]] bool can_start() const { return !free_images_.empty(); }
  // Those that have come. Does not wait. Error: kKeeperGone, when all have been taken.
  [[nodiscard]] std::expected<std::vector<Answer>, int> take_answers();
  // Some have come while another question was asked.
  [[nodiscard]] bool has_answers() const { return !answers_.empty(); }

  // To its group, and to what it has started outside of it. After SIGTERM, SIGCONT.
  void signal(std::uint64_t attempt, int number);
  // How one has ended that has.
  struct End {
    int status = 0;          // as waitpid(2) says it
    bool sees_rest = false;  // is_alone() can tell
  };
  [[nodiscard]] std::expected<End, int> status(std::uint64_t attempt);
  // Whether the leader, which has ended, has left nothing behind that can be seen.
  [[nodiscard]] bool is_alone(std::uint64_t attempt);
  // The keeper process keeps `lock` open, instead of the one before; its word is written into it.
  void hold(int lock);

  // What is left gets SIGTERM, and SIGKILL after `grace`; a shorter one than before counts. Only wait_end() may follow.
  void quit(Duration grace);
  // False: it has not ended in time.
  [[nodiscard]] bool wait_end(Duration most) const;

  [[nodiscard]] bool has_ended() const;
  // Of one that has ended: in order, so that nothing is left of what it has started. False if that is not known.
  [[nodiscard]] bool has_ended_all() const;
  // Readable when answers have come.
  [[nodiscard]] const Descriptor& socket() const { return socket_; }
  // Readable when the keeper process has ended.
  [[nodiscard]] const Descriptor& handle() const { return handle_; }
  [[nodiscard]] pid_t pid() const { return pid_; }
  // "PAWL_ATTEMPT=<word>.": what the environment of all that it starts has, and then a number.
  [[nodiscard]] const std::string& marker() const { return marker_; }
  [[nodiscard]] const std::string& word() const { return word_; }

 private:
  Keeper() = default;

  [[nodiscard]] std::expected<Reply, int> ask(const Request& request, const std::vector<int>& descriptors = {});
  [[nodiscard]] bool send(const Request& request, const std::vector<int>& descriptors) const;
  // The next reply; `wait`: until it comes. Error: EAGAIN, kKeeperGone.
  [[nodiscard]] std::expected<Reply, int> receive(bool wait);
  [[nodiscard]] bool make_room();
  void answer(const Reply& reply);

  Descriptor socket_;
  Descriptor handle_;
  pid_t pid_ = -1;
  void* memory_ = nullptr;  // shared with the keeper process
  std::string directory_;   // ours when it was made
  std::string word_;
  std::string marker_;
  std::uint64_t attempts_ = 0;
  std::vector<std::uint64_t> free_images_;
  // Requests whose replies are still to come, in their order.
  struct Pending {
    RequestKind kind;
    std::uint64_t id;
    std::uint64_t attempt;
    std::uint64_t image;
  };
  std::deque<Pending> pending_;
  std::vector<Answer> answers_;
};

}  // namespace pawl::runners
