// Work that may end its process, done in a child: RocksDB's packaged build asserts what damaged files can break.
//
// A child has the caller's thread alone, and the locks as the other threads held them: one made while RocksDB runs in
// this process may wait for ever. So what is done while it runs is done by a Workshop that was opened before.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <sys/types.h>

#include "pawl/result.h"

namespace pawl {

// What `work` returned; `corruption` if it did not return. What it leaves in memory is lost. No other thread of this
// process may use RocksDB.
[[nodiscard]] Result<void> in_child(const std::function<Result<void>()>& work);

// Whether this process has one thread.
[[nodiscard]] bool is_single_threaded();

// A process that does nothing but start others, each of which does one piece of work. Threads: one at a time.
class Workshop {
 public:
  using Work = std::function<Result<void>(const std::string& piece)>;

  // Error: `unavailable`.
  static Result<std::unique_ptr<Workshop>> open(const Work& work);
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;
  ~Workshop();

  // As in_child(), of `work` with this piece.
  Result<void> run(const std::string& piece);

 private:
  Workshop(int line, pid_t process) : line_(line), process_(process) {}

  const int line_;
  const pid_t process_;
};

}  // namespace pawl
