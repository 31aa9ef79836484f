#include "sim/runner.h"

#include <algorithm>
#include <string>
#include <utility>

namespace pawl::sim {
namespace {

using std::chrono::microseconds;

// The end of an attempt that does not end by itself.
constexpr Timestamp kNoEnd = Timestamp::max();

AttemptOutcome failed(std::string code) {
  return {.result = {}, .error = std::make_unique<TaskError>(std::move(code), "as the simulation wants it")};
}

}  // namespace

SimRunner::Name SimRunner::name_of(const Assignment& assignment) {
  const ActionId action = assignment.address.action;
  return {assignment.facts->id.text(),
          (action.undo ? "undo " : "") + std::string(assignment.facts->definition->task_id(action.task))};
}

bool SimRunner::has_one_of(const Assignment& assignment) const {
  return std::ranges::any_of(running_, [&](const auto& each) { return each.second.name == name_of(assignment); });
}

void SimRunner::finish_at(Timestamp due, Running running) { running_.emplace(due, std::move(running)); }

void SimRunner::start(std::span<Assignment> assignments) {
  for (const Assignment& assignment : assignments) {
    started_(assignment);
    if (obeys_) {
      const Name name = name_of(assignment);
      open_.push_back({.address = assignment.address, .workflow = name.first, .action = name.second});
      auto& [count, last] = made_[name];
      ++count;
      last = assignment.address;
      continue;
    }
    Running running{.address = assignment.address, .name = name_of(assignment), .outcome = {}};
    Timestamp due = clock_.now() + microseconds(random_.next() % 30'000);
    const std::uint64_t fate = behaves_ ? 99 : random_.next() % 100;
    if (fate < 20) {
      running.outcome = failed(fate < 10 ? "network_error" : "boom");
    } else if (fate < 25 && assignment.deadline) {
      due = kNoEnd;  // hangs until its timeout
      running.listens = !options_.forces || fate % 2 == 0;
    } else if (fate < 30) {
      running.listens = false;  // and takes its time
      due = clock_.now() + microseconds(random_.next() % 1'000'000);
    } else {
      running.outcome.result = JsonText::copy_of(std::to_string(random_.next() % 20));
    }
    finish_at(due, std::move(running));
  }
}

std::size_t SimRunner::attempts(const std::string& workflow, const std::string& action) const {
  const auto made = made_.find({workflow, action});
  return made == made_.end() ? 0 : made->second.first;
}

bool SimRunner::finish(const std::string& workflow, const std::string& action, AttemptOutcome outcome) {
  const auto made = made_.find({workflow, action});
  if (made == made_.end()) return false;
  const AttemptAddress address = made->second.second;
  std::erase_if(open_, [&](const Open& each) { return each.address == address; });
  finish_at(clock_.now(), {.address = address, .name = {workflow, action}, .outcome = std::move(outcome)});
  return true;
}

void SimRunner::stop(const AttemptAddress& address, Duration grace) {
  constexpr std::size_t kMissedEvery = 3;
  if (options_.is_deaf && ++stops_ % kMissedEvery == 0) return;
  for (Open& each : open_) each.told_to_stop |= each.address == address;
  const auto found = std::ranges::find_if(running_, [&](const auto& each) { return each.second.address == address; });
  if (found == running_.end()) return;
  const Timestamp due = end_of_stopped(found->first, found->second.listens, grace);
  if (due >= found->first) return;
  Running stopped = std::move(found->second);
  running_.erase(found);
  stopped.outcome = failed("cancelled");
  finish_at(due, std::move(stopped));
}

// When an attempt ends that is told to stop and would have ended at `due`.
Timestamp SimRunner::end_of_stopped(Timestamp due, bool listens, Duration grace) {
  if (!options_.forces) return listens ? clock_.now() + microseconds(random_.next() % 1000) : due;
  const Timestamp killed = clock_.now() + grace;
  return listens ? std::min(killed, clock_.now() + microseconds(random_.next() % 50'000)) : killed;
}

std::optional<Timestamp> SimRunner::next_due() const {
  return running_.empty() || running_.begin()->first == kNoEnd ? std::nullopt : std::optional(running_.begin()->first);
}

bool SimRunner::deliver(const std::function<void(const AttemptAddress&, AttemptOutcome)>& report) {
  if (running_.empty() || running_.begin()->first > clock_.now()) return false;
  auto ended = running_.extract(running_.begin());
  report(ended.mapped().address, std::move(ended.mapped().outcome));
  return true;
}

}  // namespace pawl::sim
