// Random graphs driven by random commands, against a model simple enough to be right: every task's state and the edges.
//
// Held at every step: only legal transitions, no task before what it depends on, each outcome recorded once, terminal
// states final, refusals without effect; and at the end, replaying the events gives the same state byte for byte.
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/random.h"
#include "core/harness_test.h"
#include "core/stored_state.h"

namespace pawl::core {
namespace {

using pawl::testing::define;

WorkflowSpec random_spec(Random& random) {
  const std::size_t tasks = 1 + random.next() % 12;
  WorkflowSpec spec = pawl::testing::random_graph(std::max<std::size_t>(tasks, 2), random.next() % 20, random.next());
  spec.on_failure = random.next() % 2 == 0 ? OnFailure::fail : OnFailure::continue_;
  if (random.next() % 3 == 0) spec.timeout = std::chrono::milliseconds(20);
  for (TaskSpec& task : spec.tasks) {
    if (random.next() % 3 == 0)
      task.retry_policy = RetryPolicy{.max_attempts = 1 + static_cast<std::uint32_t>(random.next() % 3)};
    task.allow_failure = random.next() % 5 == 0;
    if (random.next() % 6 == 0) task.when = random.next() % 2 == 0 ? "false" : "true";
    if (random.next() % 4 == 0) {
      task.module = "timer";
      task.function = "sleep";
    }
  }
  return spec;
}

DefinitionPtr random_definition(Random& random) { return define(random_spec(random)); }

Command random_command(Random& random, const Workflow& workflow) {
  const auto task = static_cast<TaskIndex>(random.next() % workflow.tasks.size());
  const std::uint32_t attempt =
      random.next() % 8 == 0 ? static_cast<std::uint32_t>(random.next() % 4) : workflow.tasks[task].attempt;
  switch (random.next() % 25) {
    case 24:
      return command::RecoverWorkflow{.crashed = random.next() % 2 == 0, .max_crashes = 3};
    case 0:
      return command::PauseWorkflow{};
    case 1:
    case 2:
      return command::ResumeWorkflow{};
    case 3:
      return random.next() % 8 == 0
                 ? Command(command::CancelWorkflow{
                       .reason = "", .grace = random.next() % 2 == 0 ? std::optional<Duration>() : Duration::zero()})
                 : Command(command::StartWorkflow{});
    case 4:
      return random.next() % 8 == 0 ? Command(command::FailWorkflow{}) : Command(command::QueueWorkflow{});
    case 5:
      return random.next() % 4 == 0 ? Command(command::TimeOutWorkflow{}) : Command(command::EndGrace{});
    case 6:
      return command::SkipTask{task};
    case 7:
      return command::TimeOutTask{task, attempt};
    case 8:
    case 9:
    case 10:
      return command::FailTask{task, attempt, {"boom", "it broke"}};
    case 11:
    case 12:
    case 13:
      return command::RetryTask{task, attempt};
    case 14:
    case 15:
    case 16:
    case 17:
      return command::StartTask{task};
    default:
      return command::CompleteTask{task, attempt, JsonText::copy_of("1")};
  }
}

bool is_legal(TaskState from, TaskState to) {
  static const std::set<std::pair<TaskState, TaskState>> kLegal = {
      {TaskState::pending, TaskState::running},
      {TaskState::running, TaskState::completed},
      {TaskState::running, TaskState::failed},
      {TaskState::running, TaskState::pending},
      {TaskState::pending, TaskState::skipped},
      {TaskState::pending, TaskState::cancelled},
      {TaskState::running, TaskState::cancelled},
      // two steps in one decision: started and failed by its own condition is not visible between commands
      {TaskState::pending, TaskState::failed}};
  return from == to || kLegal.contains({from, to});
}

bool is_legal(WorkflowState from, WorkflowState to) {
  using enum WorkflowState;
  static const std::set<std::pair<WorkflowState, WorkflowState>> kLegal = {
      {pending, running},
      {running, paused},
      {paused, running},
      {running, completed},
      {running, failed},
      {running, cancelled},
      {paused, cancelled},
      {pending, cancelled},
      // two steps in one decision: started or resumed, with nothing left to do
      {pending, completed},
      {paused, completed},
      {paused, failed}};
  return from == to || kLegal.contains({from, to});
}

// What may stand in the way of a task no longer.
bool lets_dependents_run(const Workflow& workflow, TaskIndex task) {
  const TaskState state = workflow.tasks[task].state;
  return state == TaskState::completed || state == TaskState::skipped ||
         (state == TaskState::failed && workflow.definition().rules(task).allow_failure);
}

void check_step(const Workflow& before, const Workflow& after) {
  RC_ASSERT(is_legal(before.state, after.state));
  if (is_terminal(before.state)) RC_ASSERT(before == after);
  std::map<TaskState, std::uint32_t> counts;
  for (TaskIndex task = 0; task < after.tasks.size(); ++task) {
    const TaskState from = before.tasks[task].state;
    const TaskState to = after.tasks[task].state;
    ++counts[to];
    RC_ASSERT(is_legal(from, to));
    RC_ASSERT(after.tasks[task].attempt >= before.tasks[task].attempt);
    if (from != TaskState::running && to == TaskState::running)
      for (const TaskIndex dependency : after.definition().dependencies(task))
        RC_ASSERT(lets_dependents_run(after, dependency));
    if (is_terminal(from)) RC_ASSERT(before.tasks[task] == after.tasks[task] || before.tasks[task].waiting_on > 0);
  }
  RC_ASSERT(counts[TaskState::running] == after.running_tasks);
  RC_ASSERT(counts[TaskState::completed] == after.completed_tasks);
  RC_ASSERT(counts[TaskState::failed] == after.failed_tasks);
  RC_ASSERT(counts[TaskState::pending] + counts[TaskState::running] == after.open_tasks);
  if (is_terminal(after.state)) RC_ASSERT(after.open_tasks == 0U);
}

// Written to bytes and read back, the events add up to the same.
void check_stored_events(const Harness& h) {
  const std::vector<std::span<const Event>> pieces = {h.turn.events};
  std::string bytes;
  EventEncoder().encode(pieces, bytes);
  const Result<std::vector<Event>> decoded =
      decode_events(bytes, [&](const std::string&) -> Result<DefinitionPtr> { return h.workflow.facts->definition; });
  RC_ASSERT(decoded.has_value());
  Workflow replayed;
  for (const Event& event : *decoded) evolve(replayed, event);
  RC_ASSERT(fingerprint(replayed) == fingerprint(h.workflow));
  const std::vector<std::span<const Event>> again = {*decoded};
  std::string bytes_again;
  EventEncoder().encode(again, bytes_again);
  RC_ASSERT(bytes_again == bytes);
}

RC_GTEST_PROP(Workflow, keeps_its_promises_under_random_commands, (std::uint64_t seed)) {
  Random random(seed);
  Harness h(random_definition(random));
  std::map<TaskIndex, int> outcomes;
  for (int step = 0; step < 120; ++step) {
    const Workflow before = h.workflow;
    const std::size_t events_before = h.turn.events.size();
    const bool accepted = h.send(random_command(random, h.workflow)).has_value();
    if (!accepted) {
      RC_ASSERT(before == h.workflow);
      RC_ASSERT(h.turn.events.size() == events_before);
    }
    check_step(before, h.workflow);
  }
  for (const Event& event : h.turn.events) {
    if (const auto* done = std::get_if<event::TaskCompleted>(&event)) ++outcomes[done->task];
    if (const auto* failed = std::get_if<event::TaskFailed>(&event)) ++outcomes[failed->task];
  }
  for (const auto& [task, count] : outcomes) RC_ASSERT(count == 1);

  Workflow replayed;
  for (const Event& event : h.turn.events) evolve(replayed, event);
  RC_ASSERT(fingerprint(replayed) == fingerprint(h.workflow));
  RC_ASSERT(replayed == h.workflow);
  check_stored_events(h);
}

// The stored form of the state loses nothing, and a state that was stored goes on as the other one does.
RC_GTEST_PROP(Workflow, is_the_same_after_it_was_stored, (std::uint64_t seed)) {
  Random random(seed);
  Harness h(random_definition(random));
  const DefinitionSource source = [&](const std::string&) -> Result<DefinitionPtr> {
    return h.workflow.facts->definition;
  };
  for (int step = 0; step < 60; ++step) {
    (void)h.send(random_command(random, h.workflow));
    const Result<Workflow> stored = decode_state(encode_state(h.workflow), source);
    RC_ASSERT(stored.has_value());
    RC_ASSERT(fingerprint(*stored) == fingerprint(h.workflow));
    if (random.next() % 8 == 0) {
      const WorkflowFactsPtr facts = h.workflow.facts;
      h.workflow = *stored;
      h.workflow.facts = facts;
    }
  }
}

// A snapshot restored at any later time: tasks are as they were, no attempt's number is given twice, and the events
// still add up to the state.
RC_GTEST_PROP(Workflow, is_as_it_was_after_a_restore, (std::uint64_t seed)) {
  Random random(seed);
  Harness h(random_definition(random));
  const auto take = [&] {
    return command::RestoreWorkflow{.snapshot = "s",
                                    .taken_at = h.moment.now,
                                    .facts = h.workflow.facts,
                                    .state = std::make_shared<const std::string>(encode_state(h.workflow))};
  };
  command::RestoreWorkflow snapshot = take();
  Workflow then = h.workflow;
  std::map<std::pair<TaskIndex, std::uint32_t>, int> starts;
  for (int step = 0; step < 120; ++step) {
    if (random.next() % 16 == 0) {
      snapshot = take();
      then = h.workflow;
    }
    if (random.next() % 16 != 0) {
      (void)h.send(random_command(random, h.workflow));
      continue;
    }
    const bool restored = h.send(snapshot).has_value();
    RC_ASSERT(restored == !is_terminal(then.state));
    if (!restored || is_terminal(h.workflow.state)) continue;
    RC_ASSERT(h.workflow.state == then.state);
    RC_ASSERT(h.workflow.completed_tasks == then.completed_tasks);
    RC_ASSERT(h.workflow.running_tasks == 0U);
  }
  for (const Event& event : h.turn.events)
    if (const auto* started = std::get_if<event::TaskStarted>(&event))
      RC_ASSERT(++starts[std::pair(started->task, started->attempt)] == 1);
  check_stored_events(h);
}

// Left to itself, every graph comes to its end, each task run once and after all that it depends on.
RC_GTEST_PROP(Workflow, comes_to_its_end, (std::uint64_t seed)) {
  Random random(seed);
  Harness h(random_definition(random));
  h.start();
  for (int step = 0; step < 1000 && !is_terminal(h.workflow.state); ++step) {
    std::vector<TaskIndex> running;
    for (TaskIndex task = 0; task < h.workflow.tasks.size(); ++task) {
      if (h.workflow.tasks[task].state == TaskState::running) running.push_back(task);
      if (h.workflow.tasks[task].retry_waits) (void)h.send(command::RetryTask{task, h.workflow.tasks[task].attempt});
    }
    if (!running.empty()) {
      const TaskIndex task = running[random.next() % running.size()];
      const std::uint32_t attempt = h.workflow.tasks[task].attempt;
      if (random.next() % 4 == 0) {
        RC_ASSERT(h.send(command::FailTask{task, attempt, {"boom", "it broke"}}).has_value());
      } else {
        RC_ASSERT(h.send(command::CompleteTask{task, attempt, {}}).has_value());
      }
    }
    h.start_ready();
  }
  RC_ASSERT(is_terminal(h.workflow.state));
}

// With all that may happen to a workflow after its tasks have ended, or instead of their starts.
DefinitionPtr random_saga(Random& random) {
  WorkflowSpec spec = random_spec(random);
  spec.saga = random.next() % 4 != 0;
  for (TaskSpec& task : spec.tasks) {
    if (random.next() % 2 == 0) {
      task.compensation = Compensation{.module = "test", .function = "noop"};
      if (random.next() % 2 == 0) task.compensation->retry_policy = RetryPolicy{.max_attempts = 2};
    }
    task.pivot = random.next() % 10 == 0;
    if (random.next() % 4 == 0) task.schedule_to_close = std::chrono::milliseconds(20);
    if (random.next() % 4 == 0) task.schedule_to_start = std::chrono::milliseconds(10);
    if (random.next() % 3 == 0) task.circuit_breaker = "payments";
    if (!task.circuit_breaker.empty() && random.next() % 2 == 0) task.on_open = OnOpen::fail;
  }
  return define(spec);
}

Command random_afterthought(Random& random, const Workflow& workflow) {
  const auto action = static_cast<TaskIndex>(random.next() % workflow.tasks.size());
  const TaskIndex task = workflow.definition().task_of(action);
  switch (random.next() % 10) {
    case 0:
      return command::ReviveWorkflow{};
    case 1:
      return command::ReviveWorkflow{.start = task, .rerun = true};
    case 2:
      return command::ReviveWorkflow{.start = task};
    case 3:
      return command::CompensateWorkflow{};
    case 4:
      return command::CompensateWorkflow{{task}};
    case 5:
      return command::RedriveCompensation{task};
    case 6:
      return command::DiscardDeadLetter{.task = action, .reason = "enough"};
    case 7:
      return command::HoldTask{.task = action, .until = workflow.created_at + std::chrono::seconds(1)};
    case 8:
      return command::ReleaseTask{action};
    default:
      return command::ExpireTask{.task = action, .to_close = random.next() % 2 == 0};
  }
}

// What is counted is what there is, and whoever stands in a queue may start.
void check_books(const Workflow& workflow) {
  std::map<TaskState, std::uint32_t> counts;
  std::uint32_t running = 0;
  for (TaskIndex action = 0; action < workflow.tasks.size(); ++action) {
    const TaskState state = workflow.tasks[action].state;
    running += state == TaskState::running ? 1 : 0;
    if (!workflow.is_compensation(action)) ++counts[state];
  }
  RC_ASSERT(running == workflow.running_tasks);
  RC_ASSERT(counts[TaskState::completed] == workflow.completed_tasks);
  RC_ASSERT(counts[TaskState::failed] == workflow.failed_tasks);
  RC_ASSERT(counts[TaskState::skipped] == workflow.skipped_tasks);
  RC_ASSERT(counts[TaskState::cancelled] == workflow.cancelled_tasks);
  RC_ASSERT(counts[TaskState::compensated] == workflow.after->compensated_tasks);
  RC_ASSERT(counts[TaskState::pending] + counts[TaskState::running] == workflow.open_tasks);
  std::set<TaskIndex> queued;
  for (ReadyQueue queue : {workflow.ready, workflow.waiting}) {
    for (; !queue.empty(); queue.remove(queue.front())) {
      const TaskRecord& record = workflow.tasks[queue.front()];
      RC_ASSERT(queued.insert(queue.front()).second);
      RC_ASSERT(record.state == TaskState::pending);
      RC_ASSERT(record.waiting_on == 0U);
      RC_ASSERT(!record.retry_waits);
      RC_ASSERT(!record.held);
    }
  }
  if (is_terminal(workflow.state)) {
    RC_ASSERT(workflow.open_tasks == 0U);
    RC_ASSERT(queued.empty());
    RC_ASSERT(workflow.after->to_compensate.empty());
  }
}

RC_GTEST_PROP(Workflow, keeps_its_books_when_it_is_undone_and_done_again, (std::uint64_t seed)) {
  Random random(seed);
  Harness h(random_saga(random));
  const DefinitionSource source = [&](const std::string&) -> Result<DefinitionPtr> {
    return h.workflow.facts->definition;
  };
  for (int step = 0; step < 150; ++step) {
    const Workflow before = h.workflow;
    const Command command =
        random.next() % 4 == 0 ? random_afterthought(random, h.workflow) : random_command(random, h.workflow);
    const bool accepted = h.send(command).has_value();
    if (!accepted) RC_ASSERT(before == h.workflow);
    check_books(h.workflow);
    const Result<Workflow> stored = decode_state(encode_state(h.workflow), source);
    RC_ASSERT(stored.has_value());
    RC_ASSERT(fingerprint(*stored) == fingerprint(h.workflow));
  }
  check_stored_events(h);
}

}  // namespace
}  // namespace pawl::core
