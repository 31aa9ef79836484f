// Random workflows, and random commands to them, for the tests of what holds whatever happens.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/random.h"
#include "core/harness_test.h"
#include "core/stored_state.h"

namespace pawl::core {

using pawl::testing::define;

inline WorkflowSpec random_spec(Random& random) {
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
      task.args = boost::json::array{random.next() % 8 == 0 ? "soon" : "10ms"};
    }
  }
  return spec;
}

inline DefinitionPtr random_definition(Random& random) { return define(random_spec(random)); }

inline Command random_command(Random& random, const Workflow& workflow) {
  const ActionId action =
      workflow.definition().action_at(static_cast<TaskIndex>(random.next() % workflow.tasks.size()));
  const std::uint32_t attempt =
      random.next() % 8 == 0 ? static_cast<std::uint32_t>(random.next() % 4) : workflow.record(action).attempt;
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
      return command::SkipTask{action.task};
    case 7:
      return command::TimeOutTask{action, attempt};
    case 8:
    case 9:
    case 10:
      return command::FailTask{action, attempt, {"boom", "it broke"}};
    case 11:
    case 12:
      return command::ExpireWait{action, attempt};
    case 13:
      return command::SatisfyWait{action, attempt, JsonText::copy_of("1")};
    case 14:
    case 15:
    case 16:
    case 17:
      return command::StartTask{action};
    default:
      return command::CompleteTask{action, attempt, JsonText::copy_of("1")};
  }
}

// With all that may happen to a workflow after its tasks have ended, or instead of their starts.
inline WorkflowSpec random_saga_spec(Random& random) {
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
  return spec;
}

inline DefinitionPtr random_saga(Random& random) { return define(random_saga_spec(random)); }

inline Command random_afterthought(Random& random, const Workflow& workflow) {
  const ActionId action =
      workflow.definition().action_at(static_cast<TaskIndex>(random.next() % workflow.tasks.size()));
  const TaskIndex task = action.task;
  switch (random.next() % 11) {
    case 0:
      return command::ReviveWorkflow{};
    case 1:
    case 10:
      return command::ReviveWorkflow{.start = task, .rerun = true, .undo_first = random.next() % 3 == 0};
    case 2:
      return command::ReviveWorkflow{.start = task};
    case 3:
      return command::CompensateWorkflow{};
    case 4:
      return command::CompensateWorkflow{{task}};
    case 5:
      return command::RedriveCompensation{task};
    case 6:
      return command::DiscardDeadLetter{.action = action, .reason = "enough"};
    case 7:
      return command::HoldTask{.action = action, .until = workflow.created_at + std::chrono::seconds(1)};
    case 8:
      return command::ReleaseTask{action};
    default:
      return command::ExpireTask{.action = action, .to_close = random.next() % 2 == 0};
  }
}

// A snapshot of the present.
inline command::RestoreWorkflow take_snapshot(const Harness& h) {
  return {.snapshot = "s",
          .taken_at = h.inputs.now,
          .facts = h.workflow.facts,
          .state = std::make_shared<const std::string>(encode_state(h.workflow))};
}

}  // namespace pawl::core
