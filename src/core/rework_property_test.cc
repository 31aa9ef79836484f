// What holds for workflows that are done over, undone, restored, recovered and forked, whatever has happened to them.
#include <map>
#include <set>
#include <span>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/completions.h"
#include "core/random_workflow_test.h"
#include "core/workflow_scope.h"

namespace pawl::core {
namespace {

// Lets time pass, and whatever runs end, one of four attempts with an error.
void take_step(Harness& h, Random& random) {
  if (h.workflow.state == WorkflowState::pending) (void)h.send(command::StartWorkflow{});
  if (h.workflow.state == WorkflowState::paused) (void)h.send(command::ResumeWorkflow{});
  std::vector<ActionId> running;
  for_each_action(h.workflow, [&](ActionId action, const TaskRecord& record) {
    if (record.held) (void)h.send(command::ReleaseTask{action});
    if (record.retry_waits) (void)h.send(command::ExpireWait{action, record.attempt});
    if (record.state == TaskState::running) running.push_back(action);
  });
  h.start_ready();
  if (running.empty()) return;
  const ActionId action = running[random.next() % running.size()];
  const std::uint32_t attempt = h.workflow.record(action).attempt;
  if (random.next() % 4 == 0) {
    RC_ASSERT(h.send(command::FailTask{action, attempt, {"boom", "it broke"}}).has_value());
  } else {
    RC_ASSERT(h.send(command::CompleteTask{action, attempt, JsonText::copy_of("1")}).has_value());
  }
}

void come_to_the_end(Harness& h, Random& random) {
  for (int step = 0; step < 2000 && !is_terminal(h.workflow.state); ++step) take_step(h, random);
  RC_ASSERT(is_terminal(h.workflow.state));
}

void do_something(Harness& h, Random& random, command::RestoreWorkflow& snapshot) {
  if (random.next() % 16 == 0) snapshot = take_snapshot(h);
  if (random.next() % 20 == 0) {
    (void)h.send(snapshot);
  } else if (random.next() % 4 == 0) {
    (void)h.send(random_afterthought(random, h.workflow));
  } else {
    (void)h.send(random_command(random, h.workflow));
  }
}

// Every task waits for as many of those that it depends on as have not released it.
void check_dependencies(const Workflow& workflow) {
  for (TaskIndex task = 0; task < workflow.task_count(); ++task) {
    if (is_terminal(workflow.tasks[task].state)) continue;
    const auto waits_on = std::ranges::count_if(workflow.definition().dependencies(task), [&](TaskIndex dependency) {
      return !workflow.has_released_dependents(dependency);
    });
    RC_ASSERT(std::cmp_equal(workflow.tasks[task].waiting_on, waits_on));
  }
}

// A history may be cut between an event and what was decided because of it, by a fork or by whatever lost the rest.
RC_GTEST_PROP(Rework, comes_to_its_end_from_wherever_its_history_is_cut, (std::uint64_t seed)) {
  Random random(seed);
  Harness h(random_saga(random));
  command::RestoreWorkflow snapshot = take_snapshot(h);
  h.start();
  for (int step = 0; step < 60; ++step) do_something(h, random, snapshot);
  const std::vector<Event> history = std::move(h.turn.events);
  Workflow past;
  for (const Event& event : history) {
    evolve(past, event);
    check_dependencies(past);
    if (is_terminal(past.state)) continue;
    Harness recovered(past.facts->definition);
    recovered.workflow = past;
    recovered.inputs.now = h.inputs.now;
    RC_ASSERT(
        recovered.send(command::RecoverWorkflow{.crashed = random.next() % 2 == 0, .max_crashes = 3}).has_value());
    come_to_the_end(recovered, random);
    Harness forked(past.facts->definition);
    forked.inputs.now = h.inputs.now;
    command::RestoreWorkflow restore{.snapshot = "w, event",
                                     .taken_at = h.inputs.now,
                                     .facts = past.facts,
                                     .state = std::make_shared<const std::string>(encode_state(past))};
    RC_ASSERT(forked.send(restore).has_value());
    come_to_the_end(forked, random);
    // Settled, it has nothing to settle any more.
    Harness again(past.facts->definition);
    again.workflow = past;
    again.inputs.now = h.inputs.now;
    (void)again.send(command::RecoverWorkflow{.crashed = false, .max_crashes = 3});
    if (is_terminal(again.workflow.state)) continue;
    const std::size_t events = again.turn.events.size();
    (void)again.send(command::RecoverWorkflow{.crashed = false, .max_crashes = 3});
    RC_ASSERT(again.turn.events.size() == events);
  }
}

bool completes_a_task(const Workflow& workflow, const Command& command) {
  if (const auto* const expired = std::get_if<command::ExpireWait>(&command))
    return workflow.record(expired->action).state == TaskState::running;
  return std::holds_alternative<command::CompleteTask>(command) ||
         std::holds_alternative<command::SatisfyWait>(command);
}

// Each completion with its own result, so that one can be told from the other when it is undone.
class Ledger {
 public:
  void complete(Harness& h, ActionId action) {
    const std::uint32_t attempt = h.workflow.record(action).attempt;
    if (!action.undo) {
      const std::string result = std::to_string(++results_);
      if (!h.send(command::CompleteTask{action, attempt, JsonText::copy_of(result)})) return;
      if (h.workflow.definition().compensation_of(action.task)) done_[result] = 0;
      return;
    }
    expression::Evaluator evaluator;
    const auto undone = undone_by(h.workflow, action.task, evaluator, 1U << 20U);
    const std::uint32_t generation = generation_of(h.workflow, action);
    if (!h.send(command::CompleteTask{action, attempt, JsonText()})) return;
    RC_ASSERT(undone.has_value());
    RC_ASSERT(done_.contains(std::string(undone->result.view())));
    ++done_[std::string(undone->result.view())];
    RC_ASSERT(keys_.emplace(action, generation).second);
  }
  [[nodiscard]] const std::map<std::string, int>& done() const { return done_; }

 private:
  std::uint64_t results_ = 0;
  std::map<std::string, int> done_;  // by result: how often it was undone
  std::set<std::pair<ActionId, std::uint32_t>> keys_;
};

// Reruns, retries, restores and failures in any order: once all that is left is undone, each completion has been undone
// once, by an attempt with an idempotency key of its own.
RC_GTEST_PROP(Rework, undoes_each_completion_once, (std::uint64_t seed)) {
  Random random(seed);
  Harness h(random_saga(random));
  Ledger ledger;
  command::RestoreWorkflow snapshot = take_snapshot(h);
  h.start();
  const auto step = [&] {
    h.start_ready();
    std::vector<ActionId> running;
    for_each_action(h.workflow, [&](ActionId action, const TaskRecord& record) {
      if (record.state == TaskState::running) running.push_back(action);
    });
    if (!running.empty() && random.next() % 2 == 0) return ledger.complete(h, running[random.next() % running.size()]);
    if (random.next() % 20 == 0) snapshot = take_snapshot(h);
    if (random.next() % 20 == 0) return (void)h.send(snapshot);
    const Command command =
        random.next() % 3 == 0 ? random_afterthought(random, h.workflow) : random_command(random, h.workflow);
    if (!completes_a_task(h.workflow, command)) (void)h.send(command);
  };
  for (int i = 0; i < 200; ++i) {
    step();
    check_dependencies(h.workflow);
  }
  for (int i = 0; i < 20'000; ++i) {
    if (is_terminal(h.workflow.state)) {
      for (TaskIndex task = 0; task < h.workflow.task_count(); ++task) (void)h.send(command::RedriveCompensation{task});
      if (is_terminal(h.workflow.state) && !h.send(command::CompensateWorkflow{})) break;
    }
    for_each_action(h.workflow, [&](ActionId action, const TaskRecord& record) {
      if (record.held) (void)h.send(command::ReleaseTask{action});
      if (record.retry_waits) (void)h.send(command::ExpireWait{action, record.attempt});
      if (record.state == TaskState::running) ledger.complete(h, action);
    });
    if (h.workflow.state == WorkflowState::pending) (void)h.send(command::StartWorkflow{});
    if (h.workflow.state == WorkflowState::paused) (void)h.send(command::ResumeWorkflow{});
    h.start_ready();
  }
  RC_ASSERT(is_terminal(h.workflow.state));
  for (const auto& [result, times] : ledger.done()) RC_ASSERT(times == 1);
  RC_ASSERT(h.workflow.after->earlier.empty());
}

}  // namespace
}  // namespace pawl::core
