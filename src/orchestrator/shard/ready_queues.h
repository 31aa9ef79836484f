// Workflows with tasks that may start: who has its go next. Threads: the shard's.
#pragma once

#include <array>
#include <deque>

#include "orchestrator/shard/attempts_out.h"
#include "orchestrator/shard/environment.h"
#include "orchestrator/shard/live_workflow.h"

namespace pawl {

class ReadyQueues {
 public:
  using Queue = std::deque<Pin>;

  ReadyQueues(const AttemptsOut& out, const ShardLimits& limits) : out_(out), limits_(limits) {}

  // The workflow stands at the back of the queues that it belongs into, if it does not stand there already.
  void add(LiveWorkflow& workflow);
  // With ready tasks, for which there must be a slot.
  [[nodiscard]] Queue& of(Priority priority) { return ready_[static_cast<std::size_t>(priority)]; }
  // With tasks that wait for something, and need no slot.
  [[nodiscard]] Queue& waiting() { return waiting_; }
  [[nodiscard]] bool has_ready() const;
  // The first workflow of a queue, which is not in it any more; the caller clears its `in_run_queue` or
  // `in_wait_queue`.
  [[nodiscard]] static Pin take(Queue& queue);

  // What a ready action has to wait for: an attempt of it that still has a process. nullptr: there is none.
  [[nodiscard]] const AttemptsOut::Attempt* attempt_before(const LiveWorkflow& workflow, ActionId action) const;

  void clear();
  // As clear(), when the workflows must not be touched any more.
  void abandon();

 private:
  [[nodiscard]] bool has_task_to_start(const LiveWorkflow& workflow) const;

  const AttemptsOut& out_;
  const ShardLimits& limits_;
  std::array<Queue, 4> ready_;  // by priority
  Queue waiting_;
};

}  // namespace pawl
