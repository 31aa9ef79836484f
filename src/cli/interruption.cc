#include "cli/interruption.h"

#include <csignal>
#include <cstring>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "cli/cli.h"

namespace pawl::cli {
namespace {

// How often a signal asks before the next one ends the process, whatever became of those before it.
constexpr int kMostAsked = 2;

}  // namespace

Interruption::Interruption(bool durable)
    : durable_(durable),
      signals_({.at_once =
                    [durable](int, int count) {
                      if (count > kMostAsked) ::_exit(durable ? kUnavailable : kCancelled);
                    },
                .in_turn = [this](int signal, int count) { act_on(signal, count); }}) {}

void Interruption::set_workflow(Orchestrator& orchestrator, const std::string& id) {
  const MutexLock lock(mutex_);
  orchestrator_ = &orchestrator;
  id_ = id;
}

void Interruption::clear_workflow() {
  const MutexLock lock(mutex_);
  orchestrator_ = nullptr;
  is_over_ = true;
}

void Interruption::end(Engine& engine, bool tells) {
  bool insists = false;
  {
    const MutexLock lock(mutex_);
    ends_ = &engine;
    tells_ = tells;
    insists = insists_;
  }
  StopWait on_wait;
  if (tells) on_wait = [this](const std::string& why) { tell(why); };
  (void)engine.stop(insists ? std::optional(Duration::zero()) : std::nullopt, on_wait);
  const MutexLock lock(mutex_);
  ends_ = nullptr;
}

// Without the mutex: who acts on a signal holds it while the engine ends.
void Interruption::tell(const std::string& why) const {
  note(fmt::format("{}; press Ctrl-C {}to kill immediately", why, was_asked_ ? "" : "twice "));
}

PersistenceOptions Interruption::attend(PersistenceOptions options) const {
  options.on_wait = [](const std::string& why) { note(why); };
  options.stop = stop_.get_token();
  return options;
}

std::string Interruption::reason() const {
  const int signal = leaving_.load();
  const char* const name = signal == 0 ? nullptr : ::sigabbrev_np(signal);
  return name == nullptr ? std::string() : std::string("SIG") + name;
}

void Interruption::act_on(int signal, int count) {
  const MutexLock lock(mutex_);
  was_asked_ = true;
  if (ends_ != nullptr || leaves() || is_over_) {
    // The first one asks for what is under way.
    insists_ = count >= kMostAsked;
    if (ends_ != nullptr && insists_) (void)ends_->stop(Duration::zero());
    if (ends_ != nullptr && !insists_ && tells_) note("processes have their time to stop; another Ctrl-C kills them");
    return;
  }
  const bool cancels = orchestrator_ != nullptr && (signal == SIGINT || !durable_);
  if (!cancels) {
    if (!durable_) ::_exit(kCancelled);
    leaving_ = signal;
    stop_.request_stop();
    return;
  }
  CancelOptions cancel{.reason = "interrupted", .grace = {}};
  if (count == kMostAsked) cancel.grace = Duration::zero();
  insists_ = count == kMostAsked;
  if (orchestrator_->cancel_workflow(id_, cancel)) {
    cancelled_ = true;
    return;
  }
  // While it undoes what it has done it is not cancelled, but another process can go on with that.
  const Result<WorkflowStatus> status = orchestrator_->get_workflow_status(id_);
  if (durable_ && status && !is_terminal(status->state)) leaving_ = signal;
}

}  // namespace pawl::cli
