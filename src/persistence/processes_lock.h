// The lock of the processes that an engine has started for tasks of a data directory.
//
// The file DIR/processes is locked as long as one of them may live: by the engine, and by the keeper of its processes,
// which outlives an engine that was killed until it has ended them all. Who wants to run work of the directory waits
// for that; who reads it does not.
//
// The lock is free too early if both were killed. So each keeper writes a word into the file by which its processes are
// known, and who gets the lock ends what has one of these words.
//
//   DIR/processes   "GRACE_MS\n", and "WORD\n" for each keeper that has not seen the end of all its processes
//
// Threads: any.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "pawl/result.h"
#include "pawl/types.h"

namespace pawl {

inline constexpr std::string_view kProcessesFile = "processes";

struct ProcessesWait {
  Duration grace{};  // what the caller's own processes will be given; the next one is told
  std::function<void(const std::string& why)> on_wait;  // called once, if it has to wait
  std::stop_token stop;                                 // gives the wait up
  // Sends a signal (0: none) to what is left of keepers with these words, and says whether anything is. Empty: nothing
  // is looked for.
  std::function<bool(std::span<const std::string> words, int number)> signal_left{};
};

class ProcessesLock {
 public:
  // Waits until nothing is left of the engine before; what its keeper cannot end any more gets SIGTERM, and SIGKILL
  // after the grace period of that engine. Error: `cancelled`; `unavailable` if processes are left long after they
  // should have been killed.
  static Result<std::unique_ptr<ProcessesLock>> take(const std::string& data_dir, const ProcessesWait& wait);
  ProcessesLock(const ProcessesLock&) = delete;
  ProcessesLock& operator=(const ProcessesLock&) = delete;
  // The lock goes with the last copy of the descriptor.
  ~ProcessesLock();

  // Lets go of it, whoever has a copy: the engine does not run work of this directory any more.
  void release() const;
  // Negative on a disk too full for the file: then nothing is locked.
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  explicit ProcessesLock(int descriptor) : descriptor_(descriptor) {}
  class Wait;

  [[nodiscard]] Result<void> end_left(Wait& waiting, const ProcessesWait& wait) const;
  void write_text(Duration grace) const;
  [[nodiscard]] bool try_lock() const;

  const int descriptor_;
};

}  // namespace pawl
