// Ctrl-C and SIGTERM as calls instead of interruptions.
#pragma once

#include <csignal>
#include <functional>
#include <thread>

namespace pawl::cli {

// Blocks SIGINT, SIGTERM and SIGHUP in the calling thread and in all threads it starts later, and takes them on a
// thread of its own. SIGINT and SIGHUP are left alone if this process was started with them ignored (`nohup pawl run`,
// `pawl run &` in a script). Make it before any other thread.
class Signals {
 public:
  // `on_signal(signal, count)` is called with the counts 1, 2, ... as they come.
  explicit Signals(std::function<void(int signal, int count)> on_signal);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  void take(const std::function<void(int signal, int count)>& on_signal) const;

  sigset_t before_{};
  int signals_ = -1;  // a signalfd
  int end_ = -1;      // an eventfd
  std::thread thread_;
};

}  // namespace pawl::cli
