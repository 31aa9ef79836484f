// Ctrl-C and SIGTERM as calls instead of interruptions.
#pragma once

#include <csignal>
#include <deque>
#include <functional>
#include <thread>

#include "base/mutex.h"

namespace pawl::cli {

// What happens when a signal comes, the first one with `count` 1.
struct Reactions {
  using Reaction = std::function<void(int signal, int count)>;
  // As soon as it comes, whatever became of those before it: this must not wait for anything.
  Reaction at_once;
  // After that, on another thread, one signal after another: this may take its time.
  Reaction in_turn;
};

// Blocks SIGINT, SIGTERM and SIGHUP in the calling thread and in all threads it starts later, and takes them on threads
// of its own: one reads them, another one acts. SIGINT and SIGHUP are left alone if this process was started with them
// ignored (`nohup pawl run`, `pawl run &` in a script). Make it before any other thread.
class Signals {
 public:
  explicit Signals(Reactions reactions);
  // Waits for the reaction that is under way; until it has ended, signals are read.
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  struct Taken {
    int signal;
    int count;
  };

  void read();
  void act();

  const Reactions reactions_;
  sigset_t before_{};
  int signals_ = -1;  // a signalfd
  int end_ = -1;      // an eventfd
  Mutex mutex_;
  std::deque<Taken> taken_ PAWL_GUARDED_BY(mutex_);
  bool ends_ PAWL_GUARDED_BY(mutex_) = false;
  ConditionVariable changed_;
  std::thread reader_;
  std::thread actor_;
};

}  // namespace pawl::cli
