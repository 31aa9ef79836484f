#include "sim/runner.h"

#include <algorithm>
#include <string>
#include <utility>

namespace pawl::sim {
namespace {

using std::chrono::microseconds;

// Longer than anything in a simulation waits.
constexpr std::chrono::hours kForEver(24);

AttemptOutcome failed(std::string code) {
  return {.result = {}, .error = std::make_unique<TaskError>(std::move(code), "as the simulation wants it")};
}

}  // namespace

void SimRunner::finish_at(Timestamp due, Running running) { running_.emplace(due, std::move(running)); }

void SimRunner::start(std::span<Assignment> assignments) {
  for (const Assignment& assignment : assignments) {
    started_(assignment);
    if (obeys_) {
      const Definition& definition = *assignment.facts->definition;
      const TaskIndex task = assignment.address.task;
      const std::string action =
          (definition.is_compensation(task) ? "undo " : "") + std::string(definition.task_id(task));
      const std::string& workflow = assignment.facts->id.text();
      open_.push_back({.address = assignment.address, .workflow = workflow, .action = action});
      auto& [count, last] = made_[{workflow, action}];
      ++count;
      last = assignment.address;
      continue;
    }
    Running running{.address = assignment.address, .outcome = {}};
    Timestamp due = clock_.now() + microseconds(random_.next() % 30'000);
    const std::uint64_t fate = behaves_ ? 99 : random_.next() % 100;
    if (fate < 20) {
      running.outcome = failed(fate < 10 ? "network_error" : "boom");
    } else if (fate < 25 && assignment.deadline) {
      due = clock_.now() + kForEver;  // hangs until its timeout
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
  finish_at(clock_.now(), {.address = address, .outcome = std::move(outcome)});
  return true;
}

void SimRunner::stop(const AttemptAddress& address, Duration) {
  for (Open& each : open_) each.told_to_stop |= each.address == address;
  const auto found = std::ranges::find_if(running_, [&](const auto& each) { return each.second.address == address; });
  if (found == running_.end() || !found->second.listens) return;
  Running stopped = std::move(found->second);
  running_.erase(found);
  stopped.outcome = failed("cancelled");
  finish_at(clock_.now() + microseconds(random_.next() % 1000), std::move(stopped));
}

std::optional<Timestamp> SimRunner::next_due() const {
  return running_.empty() ? std::nullopt : std::optional(running_.begin()->first);
}

bool SimRunner::deliver(const std::function<void(const AttemptAddress&, AttemptOutcome)>& report) {
  if (running_.empty() || running_.begin()->first > clock_.now()) return false;
  auto ended = running_.extract(running_.begin());
  report(ended.mapped().address, std::move(ended.mapped().outcome));
  return true;
}

}  // namespace pawl::sim
