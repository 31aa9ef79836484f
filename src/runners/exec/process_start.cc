// How processes come to run: a keeper for them, their start, its answer, and the wait for room.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <signal.h>
#include <sys/epoll.h>

#include "base/log.h"
#include "runners/exec/marked.h"
#include "runners/exec/process_reactor.h"

namespace pawl::runners {

void ProcessRunner::Impl::execute(Start start) {
  if (!waiting_.empty() || !try_start(start)) waiting_.push_back(std::move(start));
}

bool ProcessRunner::Impl::try_start(Start& start) {
  ProcessOutcome outcome;
  // A keeper may have been killed, and nobody has noticed; the next one has not.
  for (int keepers = 0; keepers < 2; ++keepers) {
    if (Result<void> made = make_keeper(); !made) {
      if (is_busy()) return false;
      outcome.spawn_error = std::move(made).error();
      break;
    }
    if (!keeper_->can_start()) return false;
    auto spawning = spawn(start.id, start.spec, environment_, *keeper_, is_busy());
    if (spawning) {
      const std::uint64_t id = start.id;
      starting_.emplace(id, Starting{.start = std::move(start), .spawning = *std::move(spawning), .stop = {}});
      return true;
    }
    if (spawning.error().for_want && is_busy()) return false;
    const bool keeper_gone = spawning.error().keeper_gone;
    outcome.spawn_error = std::move(spawning).error().error;
    if (!keeper_gone) break;
    on_keeper_end();
  }
  start.done(std::move(outcome));
  return true;
}

void ProcessRunner::Impl::start_waiting() {
  while (!waiting_.empty() && !closing_ && try_start(waiting_.front())) waiting_.pop_front();
}

void ProcessRunner::Impl::on_started(const Keeper::Answer& answer) {
  const auto found = starting_.extract(answer.id);
  if (found.empty()) return;
  may_start_ = true;
  auto& [start, spawning, stop] = found.mapped();
  auto spawned = complete(std::move(spawning), start.spec, answer);
  if (spawned) {
    begin(std::move(start), *std::move(spawned));
    if (stop) execute(*stop);
  } else if (spawned.error().for_want && is_busy()) {
    if (!stop) return waiting_.push_front(std::move(start));
    ProcessOutcome outcome;
    outcome.stopped = true;
    start.done(std::move(outcome));
  } else {
    ProcessOutcome outcome;
    outcome.spawn_error = std::move(spawned).error().error;
    start.done(std::move(outcome));
  }
}

void ProcessRunner::Impl::begin(Start start, Spawned spawned) {
  auto child = std::make_unique<Child>(std::move(spawned), std::move(start.spec), std::move(start.output), *keeper_);
  const auto running =
      children_
          .emplace(start.id,
                   Running{.child = std::move(child), .done = std::move(start.done), .error = {}, .deadline = {}})
          .first;
  if (watch(start.id, *running->second.child)) return;
  running->second.error =
      Error{.code = ErrorCode::unavailable,
            .message = fmt::format("cannot watch the process, so it was killed: {}", strerrordesc_np(errno))};
  end(running);
}

Result<void> ProcessRunner::Impl::make_keeper() {
  // One that is to end starts nothing more.
  if (keeper_ && keeper_quits_) on_keeper_end();
  if (keeper_) return {};
  auto made = [this] {
    const MutexLock held(mutex_);
    return Keeper::make(grace_, lock_.get());
  }();
  if (!made) return std::unexpected(std::move(made).error());
  epoll_event event{.events = EPOLLIN, .data = {.u64 = kKeeperTag}};
  epoll_event answers{.events = EPOLLIN, .data = {.u64 = kAnswersTag}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, (*made)->handle().get(), &event) != 0 ||
      ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, (*made)->socket().get(), &answers) != 0)
    return fail(ErrorCode::unavailable, fmt::format("child processes cannot be watched: {}", strerrordesc_np(errno)));
  keeper_ = *std::move(made);
  keeper_quits_ = false;
  const MutexLock lock(mutex_);
  has_keeper_ = true;
  return {};
}

// It has ended: as it was told to, or because it was killed, and then with it all that it had started.
void ProcessRunner::Impl::on_keeper_end() {
  const std::unique_ptr<Keeper> ended = std::move(keeper_);
  Children lost = std::move(children_);
  children_.clear();
  deadlines_.clear();
  auto lost_starts = std::exchange(starting_, {});
  const bool is_in_order = ended->has_ended_all();
  for (const Descriptor* watched : {&ended->handle(), &ended->socket()})
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, watched->get(), nullptr);
  {
    const MutexLock lock(mutex_);
    if (is_in_order) erase_word(lock_.get(), ended->word());
    has_keeper_ = false;
  }
  ended_.notify_all();
  if (!keeper_quits_)
    log().error("{}, and with it {} of tasks", kKeeperLost,
                lost.size() == 1 ? "1 process" : fmt::format("{} processes", lost.size()));
  if (!is_in_order && ended->has_ended()) {
    std::vector<pid_t> sessions;
    for (const auto& [id, running] : lost) sessions.push_back(running.child->pid());
    kill_all_of(ended->marker(), sessions);
  }
  for (auto& [id, running] : lost) report(std::move(running), true);
  for (auto& [id, starting] : lost_starts) {
    ProcessOutcome outcome;
    outcome.signal = SIGKILL;
    outcome.keeper_lost = true;
    starting.start.done(std::move(outcome));
  }
}

}  // namespace pawl::runners
