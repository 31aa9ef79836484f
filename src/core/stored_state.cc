#include "core/stored_state.h"

#include <algorithm>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "core/settle.h"
#include "model/stored.pb.h"

namespace pawl::core {
namespace {

enum Flag : unsigned { retry_waits = 1U, has_results = 2U, has_start = 64U, has_end = 128U };
constexpr unsigned kCrashesShift = 2;
constexpr unsigned kCrashesMask = 15;
// Added to how a compensation ends: what follows must not be overlooked.
constexpr std::uint32_t kHasMore = 8;

// A State names actions by their position: it carries the definition that they are positions in.
std::vector<std::uint32_t> positions_of(const Workflow& workflow, const std::vector<ActionId>& actions) {
  std::vector<std::uint32_t> positions;
  for (const ActionId action : actions) positions.push_back(workflow.definition().position_of(action));
  return positions;
}

void encode_tasks(const Workflow& workflow, stored::State& out) {
  const auto since_creation = [&](Timestamp time) {
    return time == Timestamp() ? 0 : (time - workflow.created_at).count();
  };
  const bool interrupted = std::ranges::any_of(workflow.tasks, [](const auto& task) { return task.interruptions > 0; });
  for (TaskIndex i = 0; i < workflow.tasks.size(); ++i) {
    const TaskRecord& task = workflow.tasks[i];
    const unsigned flags = (task.retry_waits ? retry_waits : 0U) | (task.has_results ? has_results : 0U) |
                           unsigned{task.crashes} << kCrashesShift | (task.started_at != Timestamp() ? has_start : 0U) |
                           (task.completed_at != Timestamp() ? has_end : 0U);
    out.mutable_task_states()->push_back(static_cast<char>(task.state));
    out.mutable_task_flags()->push_back(static_cast<char>(flags));
    out.add_task_attempts(task.attempt);
    out.add_task_waiting_on(task.waiting_on);
    out.add_task_started_after_us(since_creation(task.started_at));
    out.add_task_completed_after_us(since_creation(task.completed_at));
    if (interrupted) out.add_task_interruptions(task.interruptions);
    if (task.held) out.add_held(i);
    if (task.outcome.is_null()) continue;
    stored::TaskOutcome& outcome = *out.add_outcomes();
    outcome.set_task(i);
    to_stored_json(task.outcome, outcome.mutable_json());
  }
}

// Whether nothing before the skipped task was a reason to skip it: it was skipped by its condition, or by request.
bool follows_as_released(const Workflow& workflow, TaskIndex task) {
  return std::ranges::none_of(workflow.definition().dependencies(task), [&](TaskIndex dependency) {
    return is_terminal(workflow.tasks[dependency].state) && !workflow.has_released_dependents(dependency);
  });
}

void encode_released(const Workflow& workflow, stored::State& out) {
  if (workflow.skipped_tasks == 0) return;
  for (TaskIndex task = 0; task < workflow.task_count(); ++task)
    if (workflow.tasks[task].released && !follows_as_released(workflow, task)) out.add_released(task);
}

// States that were stored before do not say which tasks were skipped by request behind a failure; a dependent that
// runs or has completed says it of those that matter.
void decode_released(const stored::State& in, Workflow& workflow) {
  for (const std::uint32_t task : in.released()) workflow.tasks[task].released = true;
  if (workflow.skipped_tasks == 0) return;
  const auto has_run = [&](TaskIndex dependent) {
    const TaskState state = workflow.tasks[dependent].state;
    return state == TaskState::running || has_result(state);
  };
  for (const TaskIndex task : workflow.definition().topological_order())
    if (workflow.tasks[task].state == TaskState::skipped && !workflow.tasks[task].released)
      workflow.tasks[task].released =
          follows_as_released(workflow, task) || std::ranges::any_of(workflow.definition().dependents(task), has_run);
}

std::unexpected<Error> corrupt(std::string_view what) {
  return fail(ErrorCode::corruption, fmt::format("the stored state of a workflow is inconsistent: {}", what));
}

void count(Workflow& workflow, TaskState state) {
  switch (state) {
    case TaskState::pending:
      ++workflow.open_tasks;
      break;
    case TaskState::running:
      ++workflow.open_tasks;
      ++workflow.running_tasks;
      break;
    case TaskState::completed:
      ++workflow.completed_tasks;
      break;
    case TaskState::failed:
      ++workflow.failed_tasks;
      break;
    case TaskState::skipped:
      ++workflow.skipped_tasks;
      break;
    case TaskState::compensated:
      ++workflow.after.edit().compensated_tasks;
      break;
    default:
      ++workflow.cancelled_tasks;
      break;
  }
}

void encode_aftermath(const Workflow& workflow, stored::State& out) {
  out.set_completions(workflow.completions);
  if (!workflow.after.has_value()) return;
  const ReworkState& after = *workflow.after;
  stored::Compensation& compensation = *out.mutable_compensation();
  compensation.set_running(after.compensating);
  compensation.set_wanted(after.compensate_wanted);
  const bool has_more = !after.earlier.empty() || after.rerun || after.undone_earlier > 0;
  compensation.set_end(static_cast<std::uint32_t>(after.end) + (has_more ? kHasMore : 0));
  for (const std::uint32_t position : positions_of(workflow, after.to_compensate)) compensation.add_next(position);
  for (const auto& [key, completion] : after.earlier) {
    stored::Completion& earlier = *compensation.add_earlier();
    earlier.set_task(key.first);
    earlier.set_generation(key.second);
    earlier.set_attempt(completion.attempt);
    earlier.set_place(completion.place);
    to_stored_json(completion.result, earlier.mutable_result());
  }
  compensation.set_rerun(after.rerun ? *after.rerun + 1 : 0);
  compensation.set_undone_earlier(after.undone_earlier);
  // Both are stored in the order of positions.
  std::vector<std::pair<std::uint32_t, const RetryBase*>> starts;
  for (const RetryBase& base : after.retry_bases)
    starts.emplace_back(workflow.definition().position_of(base.action), &base);
  std::ranges::sort(starts);
  for (const auto& [position, base] : starts) {
    stored::FreshStart& start = *out.add_fresh_starts();
    start.set_task(position);
    start.set_attempt(base->attempt);
    start.set_generation(base->generation);
    if (base->latest_generation != base->generation) start.set_latest_generation(base->latest_generation);
  }
  out.set_revivals(after.revivals);
  std::vector<std::uint32_t> discarded = positions_of(workflow, after.discarded);
  std::ranges::sort(discarded);
  out.mutable_discarded()->Assign(discarded.begin(), discarded.end());
}

// States that were stored before completions were counted tell their order by the times.
void count_completions(Workflow& workflow) {
  std::vector<TaskIndex> completed;
  for (TaskIndex task = 0; task < workflow.task_count(); ++task)
    if (workflow.tasks[task].state == TaskState::completed) completed.push_back(task);
  std::ranges::sort(completed, {}, [&](TaskIndex task) { return std::pair(workflow.tasks[task].completed_at, task); });
  for (const TaskIndex task : completed) workflow.tasks[task].waiting_on = ++workflow.completions & kMostDependencies;
}

Result<void> decode_aftermath(const stored::State& in, Workflow& workflow) {
  workflow.completions = in.completions();
  if (workflow.completions == 0) count_completions(workflow);
  if (!in.has_compensation()) return {};
  const auto out_of_range = [&](std::uint32_t action) { return action >= workflow.tasks.size(); };
  const stored::Compensation& compensation = in.compensation();
  if (std::ranges::any_of(compensation.next(), out_of_range) || std::ranges::any_of(in.discarded(), out_of_range) ||
      std::ranges::any_of(in.fresh_starts(), [&](const auto& base) { return out_of_range(base.task()); }) ||
      compensation.end() % kHasMore > static_cast<std::uint32_t>(WorkflowState::cancelled) ||
      compensation.end() / kHasMore > 1 || compensation.rerun() > workflow.task_count() ||
      std::ranges::any_of(compensation.earlier(),
                          [&](const auto& earlier) { return earlier.task() >= workflow.task_count(); }))
    return corrupt("how it was compensated or revived");
  ReworkState& after = workflow.after.edit();
  after.compensating = compensation.running();
  after.compensate_wanted = compensation.wanted();
  after.end = static_cast<WorkflowState>(compensation.end() % kHasMore);
  if (compensation.rerun() > 0) after.rerun = compensation.rerun() - 1;
  after.undone_earlier = compensation.undone_earlier();
  for (const stored::Completion& each : compensation.earlier())
    after.earlier.emplace(
        std::pair(each.task(), each.generation()),
        Completion{.attempt = each.attempt(), .place = each.place(), .result = from_stored_json(each.result())});
  const auto action_at = [&](std::uint32_t position) { return workflow.definition().action_at(position); };
  for (const std::uint32_t position : compensation.next()) after.to_compensate.push_back(action_at(position));
  for (const stored::FreshStart& base : in.fresh_starts())
    after.retry_bases.push_back({.action = action_at(base.task()),
                                 .attempt = base.attempt(),
                                 .generation = base.generation(),
                                 .latest_generation = std::max(base.generation(), base.latest_generation())});
  after.revivals = in.revivals();
  for (const std::uint32_t position : in.discarded()) after.discarded.push_back(action_at(position));
  std::ranges::sort(after.retry_bases, {}, &RetryBase::action);
  std::ranges::sort(after.discarded);
  const auto names_twice = [](const auto& sorted, auto of) {
    return std::ranges::adjacent_find(sorted, {}, of) != sorted.end();
  };
  if (names_twice(after.retry_bases, &RetryBase::action) || names_twice(after.discarded, std::identity()))
    return corrupt("an action that was given two retry bases, or discarded twice");
  return {};
}

// Versions whose records had more room for them stored up to kMostStoredInterruptions of an action.
Result<void> decode_interruptions(const stored::State& in, Workflow& workflow) {
  constexpr std::uint32_t kMostStoredInterruptions = 255;
  for (int i = 0; i < in.task_interruptions_size(); ++i) {
    const std::uint32_t interruptions = in.task_interruptions(i);
    if (interruptions > kMostStoredInterruptions) return corrupt(fmt::format("{} interruptions", interruptions));
    count_interruptions(workflow, workflow.definition().action_at(static_cast<TaskIndex>(i)), interruptions);
  }
  return {};
}

Result<void> decode_tasks(const stored::State& in, Workflow& workflow) {
  const auto tasks = static_cast<int>(workflow.definition().action_count());
  const auto bytes = static_cast<std::size_t>(tasks);
  if (in.task_states().size() != bytes || in.task_flags().size() != bytes || in.task_attempts_size() != tasks ||
      in.task_waiting_on_size() != tasks || in.task_started_after_us_size() != tasks ||
      in.task_completed_after_us_size() != tasks ||
      (in.task_interruptions_size() != tasks && in.task_interruptions_size() != 0))
    return corrupt(fmt::format("it is not about the {} tasks of its definition", tasks));
  workflow.tasks.resize(bytes);
  for (int i = 0; i < tasks; ++i) {
    TaskRecord& task = workflow.tasks[static_cast<std::size_t>(i)];
    const auto flags = static_cast<unsigned char>(in.task_flags()[static_cast<std::size_t>(i)]);
    const auto state = static_cast<unsigned char>(in.task_states()[static_cast<std::size_t>(i)]);
    if (state > static_cast<unsigned char>(TaskState::compensated)) return corrupt(fmt::format("task state {}", state));
    task.state = static_cast<TaskState>(state);
    task.retry_waits = (flags & retry_waits) != 0;
    task.has_results = (flags & has_results) != 0;
    task.crashes = static_cast<std::uint8_t>(flags >> kCrashesShift & kCrashesMask);
    if (in.task_attempts(i) > kMostAttempts) return corrupt(fmt::format("{} attempts", in.task_attempts(i)));
    task.attempt = in.task_attempts(i) & kMostAttempts;
    task.waiting_on = in.task_waiting_on(i) & kMostDependencies;
    if ((flags & has_start) != 0) task.started_at = from_stored_time(in.created_at_us(), in.task_started_after_us(i));
    if ((flags & has_end) != 0) task.completed_at = from_stored_time(in.created_at_us(), in.task_completed_after_us(i));
    if (static_cast<TaskIndex>(i) < workflow.task_count()) {
      count(workflow, task.state);
    } else if (task.state == TaskState::failed) {
      ++workflow.after.edit().failed_compensations;
    } else if (task.state == TaskState::running) {
      ++workflow.running_tasks;
    }
  }
  for (const stored::TaskOutcome& outcome : in.outcomes()) {
    if (outcome.task() >= bytes) return corrupt(fmt::format("an outcome of task {}", outcome.task()));
    workflow.tasks[outcome.task()].outcome = from_stored_json(outcome.json());
  }
  const auto out_of_range = [bytes](std::uint32_t task) { return task >= bytes; };
  if (std::ranges::any_of(in.ready(), out_of_range) || std::ranges::any_of(in.waiting(), out_of_range) ||
      std::ranges::any_of(in.held(), out_of_range) ||
      std::ranges::any_of(in.released(), [&](std::uint32_t task) { return task >= workflow.task_count(); }))
    return corrupt("a queue with a task that does not exist");
  // Which tasks wait may have been another question when this was written.
  for (const auto* const positions : {&in.ready(), &in.waiting()}) {
    for (const std::uint32_t position : *positions) {
      const ActionId action = workflow.definition().action_at(position);
      workflow.queue_of(action).push(action);
    }
  }
  for (const std::uint32_t position : in.held()) workflow.tasks[position].held = true;
  decode_released(in, workflow);
  return {};
}

}  // namespace

std::string encode_state(const Workflow& workflow) {
  stored::State out;
  encode_facts(*workflow.facts, *out.mutable_facts());
  out.set_events(workflow.event_count);
  out.set_state(static_cast<std::uint32_t>(workflow.state));
  out.set_stop_reason(static_cast<std::uint32_t>(workflow.stop_reason));
  out.set_queued(workflow.queued);
  out.set_created_at_us(to_stored_time(workflow.created_at));
  out.set_started_at_us(to_stored_time(workflow.started_at));
  out.set_times_out_from_us(to_stored_time(workflow.times_out_from));
  out.set_completed_at_us(to_stored_time(workflow.completed_at));
  out.set_last_event_at_us(to_stored_time(workflow.last_event_at));
  to_stored_json(workflow.output, out.mutable_output());
  to_stored_json(workflow.error, out.mutable_error());
  out.set_first_failure(workflow.first_failure == kNoTask ? 0 : workflow.first_failure + 1);
  encode_tasks(workflow, out);
  encode_released(workflow, out);
  encode_aftermath(workflow, out);
  const auto position_at = [&](const ReadyQueue& queue, std::size_t i) {
    return workflow.definition().position_of(queue.peek(i));
  };
  for (std::size_t i = 0; i < workflow.ready.size(); ++i) out.add_ready(position_at(workflow.ready, i));
  for (std::size_t i = 0; i < workflow.waiting.size(); ++i) out.add_waiting(position_at(workflow.waiting, i));
  return out.SerializeAsString();
}

Result<Workflow> decode_state(std::string_view bytes, const DefinitionSource& definitions) {
  stored::State in;
  if (!in.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return corrupt("not a State record");
  if (in.state() > static_cast<std::uint32_t>(WorkflowState::cancelled) ||
      in.stop_reason() > static_cast<std::uint32_t>(StopReason::cancelled))
    return corrupt(fmt::format("state {}, stop reason {}", in.state(), in.stop_reason()));
  Workflow workflow;
  Result<WorkflowFactsPtr> facts = decode_facts(in.facts(), definitions);
  if (!facts) return std::unexpected(std::move(facts.error()));
  workflow.facts = *std::move(facts);
  workflow.event_count = in.events();
  workflow.state = static_cast<WorkflowState>(in.state());
  workflow.stop_reason = static_cast<StopReason>(in.stop_reason());
  workflow.queued = in.queued();
  workflow.created_at = from_stored_time(in.created_at_us());
  workflow.started_at = from_stored_time(in.started_at_us());
  workflow.times_out_from = from_stored_time(in.times_out_from_us());
  workflow.completed_at = from_stored_time(in.completed_at_us());
  workflow.last_event_at = from_stored_time(in.last_event_at_us());
  workflow.output = from_stored_json(in.output());
  workflow.error = from_stored_json(in.error());
  if (in.first_failure() > workflow.definition().task_count()) return corrupt("the failed task does not exist");
  if (in.first_failure() > 0) workflow.first_failure = in.first_failure() - 1;
  if (Result<void> decoded = decode_tasks(in, workflow); !decoded) return std::unexpected(std::move(decoded.error()));
  if (Result<void> decoded = decode_aftermath(in, workflow); !decoded)
    return std::unexpected(std::move(decoded.error()));
  if (Result<void> decoded = decode_interruptions(in, workflow); !decoded)
    return std::unexpected(std::move(decoded.error()));
  return workflow;
}

}  // namespace pawl::core
