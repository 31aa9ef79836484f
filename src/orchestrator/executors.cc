#include "orchestrator/executors.h"

#include <fmt/format.h>

#include "base/text.h"

namespace pawl {

Executors::Executors(std::size_t local_capacity) {
  executors_.push_back({.name = "local", .capacity = local_capacity});
}

std::optional<ExecutorIndex> Executors::try_acquire(const AttemptRoute& workflow, Priority priority,
                                                    QueueTicket& ticket) {
  const MutexLock lock(mutex_);
  // Nobody overtakes those who wait already.
  bool someone_waits = false;
  for (const auto& queue : queues_) someone_waits |= !queue.empty();
  if (!someone_waits)
    if (const auto place = take_place()) return place;
  ticket = ++last_ticket_;
  queues_[static_cast<std::size_t>(priority)].emplace(ticket, workflow);
  return std::nullopt;
}

void Executors::withdraw(QueueTicket ticket, Priority priority) {
  const MutexLock lock(mutex_);
  queues_[static_cast<std::size_t>(priority)].erase(ticket);
}

ExecutorIndex Executors::place_running() {
  const MutexLock lock(mutex_);
  if (const auto place = take_place()) return *place;
  ++executors_.front().running;
  return 0;
}

std::vector<Placement> Executors::leave(ExecutorIndex executor) {
  const MutexLock lock(mutex_);
  --executors_[executor].running;
  return place_queued();
}

Result<void> Executors::add(std::string name, std::size_t capacity, std::vector<Placement>& started) {
  if (name.empty() || capacity == 0)
    return fail(ErrorCode::invalid_argument, "an executor needs a name and a capacity of at least 1");
  const MutexLock lock(mutex_);
  for (const Executor& executor : executors_)
    if (!executor.removed && executor.name == name)
      return fail(ErrorCode::already_exists, fmt::format("executor {} already exists", in_quotes(name)));
  if (executors_.size() > UINT16_MAX) return fail(ErrorCode::limit_exceeded, "too many executors");
  executors_.push_back({.name = std::move(name), .capacity = capacity});
  started = place_queued();
  return {};
}

Result<void> Executors::remove(const std::string& name) {
  const MutexLock lock(mutex_);
  for (Executor& executor : executors_) {
    if (executor.removed || executor.name != name) continue;
    executor.removed = true;
    return {};
  }
  return fail(ErrorCode::not_found, fmt::format("there is no executor {}", in_quotes(name)));
}

std::vector<ExecutorReport> Executors::list() const {
  const MutexLock lock(mutex_);
  std::vector<ExecutorReport> reports;
  for (const Executor& executor : executors_)
    if (!executor.removed)
      reports.push_back({.name = executor.name, .capacity = executor.capacity, .running = executor.running});
  return reports;
}

std::vector<std::size_t> Executors::running() const {
  const MutexLock lock(mutex_);
  std::vector<std::size_t> counts;
  for (const Executor& executor : executors_) counts.push_back(executor.running);
  return counts;
}

std::size_t Executors::queued() const {
  const MutexLock lock(mutex_);
  std::size_t count = 0;
  for (const auto& queue : queues_) count += queue.size();
  return count;
}

std::optional<ExecutorIndex> Executors::take_place() {
  std::optional<ExecutorIndex> best;
  std::size_t most_room = 0;
  for (std::size_t i = 0; i < executors_.size(); ++i) {
    const Executor& executor = executors_[i];
    if (executor.removed || executor.running >= executor.capacity) continue;
    const std::size_t room = executor.capacity - executor.running;
    if (room <= most_room) continue;
    most_room = room;
    best = static_cast<ExecutorIndex>(i);
  }
  if (best) ++executors_[*best].running;
  return best;
}

std::vector<Placement> Executors::place_queued() {
  std::vector<Placement> placed;
  for (auto queue = queues_.rbegin(); queue != queues_.rend(); ++queue) {
    while (!queue->empty()) {
      const auto place = take_place();
      if (!place) return placed;
      placed.push_back({.workflow = queue->begin()->second, .executor = *place});
      queue->erase(queue->begin());
    }
  }
  return placed;
}

}  // namespace pawl
