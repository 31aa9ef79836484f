// Waiting for the end of a workflow, and explaining why it does not come.
#include <algorithm>
#include <utility>

#include "base/mutex.h"
#include "base/time.h"
#include "core/explain.h"
#include "orchestrator/local_ask.h"
#include "orchestrator/report.h"
#include "runners/current_attempt.h"

namespace pawl {
namespace {

// The end of a wait: whatever comes first of the workflow's end, its shard's, and a request to stop.
class EndReply final : public EndWaiter {
 public:
  using Outcome = Result<std::shared_ptr<const core::Workflow>>;

  void ended(const std::shared_ptr<const core::Workflow>& workflow) override { settle(workflow); }
  void lost(const Error& why) override { settle(std::unexpected(why)); }

  void settle(Outcome outcome) {
    const MutexLock lock(mutex_);
    if (outcome_) return;
    outcome_ = std::move(outcome);
    arrived_.notify_all();
  }

  // nullopt when `until` has come first.
  std::optional<Outcome> wait(std::optional<std::chrono::steady_clock::time_point> until) {
    const MutexLock lock(mutex_);
    while (!outcome_) {
      if (!until) {
        arrived_.wait(mutex_);
      } else if (!arrived_.wait_until(mutex_, *until)) {
        break;
      }
    }
    return std::move(outcome_);
  }

 private:
  Mutex mutex_;
  ConditionVariable arrived_;
  std::optional<Outcome> outcome_ PAWL_GUARDED_BY(mutex_);
};

// Any duration: what is longer than a century is as good as that.
std::optional<std::chrono::steady_clock::time_point> deadline_after(std::optional<Duration> timeout) {
  if (!timeout) return std::nullopt;
  return std::chrono::steady_clock::now() + std::clamp(*timeout, Duration::zero(), kMaxDuration);
}

}  // namespace

// Only of a handler that this engine called is it known that its task runs as long as it waits.
Result<std::unique_ptr<WorkflowWaits::Wait>> LocalOrchestrator::begin_wait(const std::string& id) {
  const Assignment* const attempt = CurrentAttempt::of(sink_);
  if (attempt == nullptr) return nullptr;
  const TaskIndex task = attempt->address.action.task;
  return waits_.begin({.attempt = attempt->id(), .task_id = std::string(attempt->facts->definition->task_id(task))},
                      id);
}

Result<WorkflowReport> LocalOrchestrator::wait_workflow(const std::string& id, std::optional<Duration> timeout,
                                                        std::stop_token stop) {
  if (Result<void> open = check_open(); !open) return std::unexpected(std::move(open.error()));
  const Result<std::unique_ptr<WorkflowWaits::Wait>> wait = begin_wait(id);
  if (!wait) return std::unexpected(wait.error());
  return wait_for_end(id, timeout, std::move(stop));
}

Result<WorkflowReport> LocalOrchestrator::wait_for_end(const std::string& id, std::optional<Duration> timeout,
                                                       std::stop_token stop) {
  const auto until = deadline_after(timeout);
  const auto end = std::make_shared<EndReply>();
  Result<void> asked = ask_live<void>(id, [&](Shard& shard, LiveWorkflow& workflow) -> Result<void> {
    shard.lifecycle().when_ended(workflow, end);
    return {};
  });
  if (!asked && asked.error().code != ErrorCode::not_found) return std::unexpected(std::move(asked.error()));
  if (!asked) {
    const Result<core::Workflow> state = state_in_store(id);
    if (!state) return std::unexpected(state.error());
    if (is_terminal(state->state)) return report_of(*state);
    if (Result<void> sound = check_quarantine(id); !sound) return std::unexpected(std::move(sound.error()));
    return fail(ErrorCode::unavailable, fmt::format("workflow {} is stored, but does not run here", in_quotes(id)));
  }
  const std::stop_callback on_stop(std::move(stop), [&] {
    end->settle(fail(ErrorCode::cancelled, fmt::format("the wait for workflow {} was cancelled", in_quotes(id))));
  });
  std::optional<EndReply::Outcome> state = end->wait(until);
  if (!state) return fail(ErrorCode::timeout, fmt::format("workflow {} has not ended yet", in_quotes(id)));
  if (!*state) return std::unexpected(std::move(state->error()));
  return report_of(***state);
}

Result<std::vector<Explanation>> LocalOrchestrator::explain_workflow(const std::string& id, std::size_t max_tasks) {
  if (Result<void> open = check_open(); !open) return std::unexpected(std::move(open.error()));
  constexpr std::size_t kNamedWaiters = 3;
  const WorkflowWaits::Holders waiting = waits_.holders(kNamedWaiters);
  std::string named;
  for (const auto& [waiter, awaited] : waiting.some)
    named += fmt::format("{}{} of {} for {}", named.empty() ? "" : ", ", in_quotes(waiter.task_id),
                         in_quotes(waiter.attempt.workflow), in_quotes(awaited));
  if (waiting.count > waiting.some.size()) named += fmt::format(" and {} more", waiting.count - waiting.some.size());
  core::Surroundings surroundings{.nobody_runs_it = options_.shard.standby,
                                  .slots_in_use = slots_.in_use(),
                                  .slots = slots_.capacity(),
                                  .slots_of_waiting = waiting.count,
                                  .waiting = std::move(named),
                                  .awaited = [&](const AttemptId& attempt) { return waits_.awaited_by(attempt); },
                                  .breaker = [&](const std::string& name) -> std::string {
                                    const Result<BreakerReport> report = policies_.check_breaker(name);
                                    if (!report) return {};
                                    if (report->open_until)
                                      return fmt::format(" until {}", format_time(*report->open_until));
                                    return fmt::format(" and is {}", to_string(report->state));
                                  }};
  // A few reasons are found on the shard sooner than the state is copied there.
  constexpr std::size_t kFoundOnShard = 1000;
  if (max_tasks <= kFoundOnShard) {
    auto found = ask_live<std::vector<Explanation>>(
        id, [&](Shard& shard, const LiveWorkflow& workflow) -> Result<std::vector<Explanation>> {
          surroundings.previous = [&](ActionId action) -> std::optional<core::Surroundings::Previous> {
            const AttemptsOut::Attempt* const before = shard.ready().attempt_before(workflow, action);
            if (before == nullptr) return std::nullopt;
            return core::Surroundings::Previous{.attempt = before->address.attempt, .ends_by = before->ends_by};
          };
          return core::explain(workflow.state, surroundings, max_tasks);
        });
    if (found || found.error().code != ErrorCode::not_found) return found;
  }
  surroundings.previous = nullptr;
  const Result<core::Workflow> state = state_of(id);
  if (!state) return std::unexpected(state.error());
  std::vector<Explanation> explanations = core::explain(*state, surroundings, max_tasks);
  if (const Result<void> sound = check_quarantine(id); !sound)
    explanations.insert(explanations.begin(), {.task = {}, .code = "quarantined", .text = sound.error().message});
  return explanations;
}

}  // namespace pawl
