// What signals mean to a process that runs workflows.
//
// In memory each of them cancels: the first one lets running tasks stop by themselves, the second one stops them at
// once. With a data directory only Ctrl-C does. SIGTERM and SIGHUP, with which a service is stopped and a terminal
// closed, end the process and leave its workflows as they are, for another one to go on with; so does Ctrl-C while
// there is no workflow of its own to cancel, or that one undoes what it has done. Processes of tasks get their time to
// stop, however it ends; the second signal kills them. The third one ends the process as it is, even while what the
// others have asked for hangs.
//
// Threads: signals are acted on by a thread of their own; the rest is for the main thread. Make it before any other
// thread.
#pragma once

#include <atomic>
#include <stop_token>
#include <string>

#include "pawl/engine.h"

#include "base/mutex.h"
#include "cli/signals.h"

namespace pawl::cli {

class Interruption {
 public:
  explicit Interruption(bool durable);

  // From now on Ctrl-C is about this workflow.
  void set_workflow(Orchestrator& orchestrator, const std::string& id);
  // And now it is not any more; when this returns, the orchestrator is not called.
  void clear_workflow();

  // Ends the engine. Processes have the rest of their time; the second signal since the start of this process kills
  // them. If they take long and `tells`, it is said what is waited for.
  void end(Engine& engine, bool tells);
  // How a data directory is opened: who waits for what the last run has left says so, and a signal ends the wait.
  [[nodiscard]] PersistenceOptions attend(PersistenceOptions options) const;

  // The process is to end and to leave everything as it is.
  [[nodiscard]] bool leaves() const { return leaving_.load() != 0; }
  // By what: "SIGTERM"; empty if it does not.
  [[nodiscard]] std::string reason() const;
  [[nodiscard]] bool cancelled() const { return cancelled_.load(); }

 private:
  void act_on(int signal, int count);
  void tell(const std::string& why) const;

  const bool durable_;
  std::atomic<int> leaving_{0};  // the signal
  std::atomic<bool> cancelled_{false};
  std::atomic<bool> was_asked_{false};  // a first signal has come
  std::stop_source stop_;
  Mutex mutex_;  // held during the call, so that the engine is not destroyed meanwhile
  Orchestrator* orchestrator_ PAWL_GUARDED_BY(mutex_) = nullptr;
  std::string id_ PAWL_GUARDED_BY(mutex_);
  bool is_over_ PAWL_GUARDED_BY(mutex_) = false;    // there was a workflow, and is none any more
  bool insists_ PAWL_GUARDED_BY(mutex_) = false;    // processes are not to get more time
  Engine* ends_ PAWL_GUARDED_BY(mutex_) = nullptr;  // just now
  bool tells_ PAWL_GUARDED_BY(mutex_) = false;      // what it waits for then
  const Signals signals_;                           // last: it uses all of the above
};

}  // namespace pawl::cli
