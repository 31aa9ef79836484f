// Random graphs driven by random commands, against a model simple enough to be right: every task's state and the edges.
//
// Held at every step: only legal transitions, no task before what it depends on, each outcome recorded once, terminal
// states final, refusals without effect; and at the end, replaying the events gives the same state byte for byte.
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/random.h"
#include "core/random_workflow_test.h"
#include "core/stored_state.h"

namespace pawl::core {
namespace {

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
  for (TaskIndex position = 0; position < after.tasks.size(); ++position) {
    const TaskState from = before.tasks[position].state;
    const TaskState to = after.tasks[position].state;
    RC_ASSERT(is_legal(from, to));
    RC_ASSERT(after.tasks[position].attempt >= before.tasks[position].attempt);
    if (from != TaskState::running && to == TaskState::running)
      for (const TaskIndex dependency : after.definition().dependencies(after.definition().action_at(position)))
        RC_ASSERT(lets_dependents_run(after, dependency));
    if (is_terminal(from))
      RC_ASSERT(before.tasks[position] == after.tasks[position] || before.tasks[position].waiting_on > 0);
  }
}

// Written to bytes and read back, the events add up to the same.
void check_stored_events(const Harness& h) {
  const std::vector<std::span<const Event>> pieces = {h.turn.events};
  std::string bytes;
  RC_ASSERT(EventEncoder().encode(pieces, bytes).has_value());
  const Result<std::vector<Event>> decoded = EventDecoder([&](const std::string&) -> Result<DefinitionPtr> {
                                               return h.workflow.facts->definition;
                                             }).decode_run(bytes);
  RC_ASSERT(decoded.has_value());
  Workflow replayed;
  for (const Event& event : *decoded) evolve(replayed, event);
  RC_ASSERT(fingerprint(replayed) == fingerprint(h.workflow));
  const std::vector<std::span<const Event>> again = {*decoded};
  std::string bytes_again;
  RC_ASSERT(EventEncoder().encode(again, bytes_again).has_value());
  RC_ASSERT(bytes_again == bytes);
}

RC_GTEST_PROP(Workflow, keeps_its_promises_under_random_commands, (std::uint64_t seed)) {
  Random random(seed);
  Harness h(random_definition(random));
  std::map<ActionId, int> outcomes;
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
    if (const auto* done = std::get_if<event::TaskCompleted>(&event)) ++outcomes[done->action];
    if (const auto* failed = std::get_if<event::TaskFailed>(&event)) ++outcomes[failed->action];
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
  command::RestoreWorkflow snapshot = take_snapshot(h);
  Workflow then = h.workflow;
  std::map<std::pair<ActionId, std::uint32_t>, int> starts;
  for (int step = 0; step < 120; ++step) {
    if (random.next() % 16 == 0) {
      snapshot = take_snapshot(h);
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
      RC_ASSERT(++starts[std::pair(started->action, started->attempt)] == 1);
  check_stored_events(h);
}

// Left to itself, every graph comes to its end, each task run once and after all that it depends on.
RC_GTEST_PROP(Workflow, comes_to_its_end, (std::uint64_t seed)) {
  Random random(seed);
  Harness h(random_definition(random));
  h.start();
  for (int step = 0; step < 1000 && !is_terminal(h.workflow.state); ++step) {
    std::vector<ActionId> running;
    for_each_action(h.workflow, [&](ActionId action, const TaskRecord& record) {
      if (record.state == TaskState::running) running.push_back(action);
      if (record.retry_waits) (void)h.send(command::ExpireWait{action, record.attempt});
    });
    if (!running.empty()) {
      const ActionId task = running[random.next() % running.size()];
      const std::uint32_t attempt = h.workflow.record(task).attempt;
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

RC_GTEST_PROP(Workflow, goes_on_when_it_is_undone_and_done_again, (std::uint64_t seed)) {
  Random random(seed);
  Harness h(random_saga(random));
  const DefinitionSource source = [&](const std::string&) -> Result<DefinitionPtr> {
    return h.workflow.facts->definition;
  };
  command::RestoreWorkflow snapshot = take_snapshot(h);
  for (int step = 0; step < 150; ++step) {
    const Workflow before = h.workflow;
    if (random.next() % 16 == 0) snapshot = take_snapshot(h);
    const Command command = random.next() % 16 == 0  ? Command(snapshot)
                            : random.next() % 4 == 0 ? random_afterthought(random, h.workflow)
                                                     : random_command(random, h.workflow);
    const bool accepted = h.send(command).has_value();
    if (!accepted) RC_ASSERT(before == h.workflow);
    const Result<Workflow> stored = decode_state(encode_state(h.workflow), source);
    RC_ASSERT(stored.has_value());
    RC_ASSERT(fingerprint(*stored) == fingerprint(h.workflow));
  }
  check_stored_events(h);
}

}  // namespace
}  // namespace pawl::core
