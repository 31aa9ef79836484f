#include <coroutine>
#include <utility>

#include <fmt/format.h>

#include "base/mutex.h"
#include "base/text.h"
#include "operations/orchestrator/operations.h"
#include "operations/reads.h"
#include "orchestrator/report.h"
#include "orchestrator/shard_ask.h"
#include "runners/current_attempt.h"

namespace pawl::operations {
namespace {

// Whatever comes first of a workflow's end, its shard's, and a request to stop.
class AwaitedEnd final : public EndWaiter {
 public:
  using Outcome = Result<std::shared_ptr<const core::Workflow>>;

  explicit AwaitedEnd(StepRunner& steps) : steps_(steps) {}
  void ended(const std::shared_ptr<const core::Workflow>& workflow) override { settle(workflow); }
  void lost(const Error& why) override { settle(std::unexpected(why)); }

  void settle(Outcome outcome) {
    std::coroutine_handle<> awaiting;
    {
      const MutexLock lock(mutex_);
      if (outcome_) return;
      outcome_ = std::move(outcome);
      awaiting = awaiting_;
    }
    if (awaiting) steps_.run([awaiting] { awaiting.resume(); });
  }

  class Wait {
   public:
    explicit Wait(AwaitedEnd& end) : end_(end) {}
    [[nodiscard]] bool await_ready() const { return false; }
    [[nodiscard]] bool await_suspend(std::coroutine_handle<> awaiting) const {
      const MutexLock lock(end_.mutex_);
      if (end_.outcome_) return false;
      end_.awaiting_ = awaiting;
      return true;
    }
    [[nodiscard]] Outcome await_resume() const {
      const MutexLock lock(end_.mutex_);
      return *std::move(end_.outcome_);
    }

   private:
    AwaitedEnd& end_;
  };
  // To be awaited once.
  [[nodiscard]] Wait wait() { return Wait(*this); }

 private:
  StepRunner& steps_;
  Mutex mutex_;
  std::coroutine_handle<> awaiting_ PAWL_GUARDED_BY(mutex_);
  std::optional<Outcome> outcome_ PAWL_GUARDED_BY(mutex_);
};

// Only of a handler that this engine called is it known that its task runs as long as it waits.
Result<std::unique_ptr<WorkflowWaits::Wait>> begin_wait(const Call& call, const std::string& id) {
  const Assignment* const attempt = CurrentAttempt::of(call.node.sink());
  if (attempt == nullptr || !call.is_waited_for) return nullptr;
  const TaskIndex task = attempt->address.action.task;
  return call.node.waits().begin(
      {.attempt = attempt->id(), .task_id = std::string(attempt->facts->definition->task_id(task))}, id);
}

}  // namespace

Steps<WorkflowReport> wait_workflow(Call call, request::WaitWorkflow request) {
  const std::string& id = request.id;
  const Result<std::unique_ptr<WorkflowWaits::Wait>> wait = begin_wait(call, id);
  if (!wait) co_return std::unexpected(wait.error());
  const auto end = std::make_shared<AwaitedEnd>(call.steps);
  Result<void> asked = co_await ask_live<void>(call, id, [&](Shard& shard, LiveWorkflow& workflow) -> Result<void> {
    shard.lifecycle().when_ended(workflow, end);
    return {};
  });
  if (!asked && asked.error().code != ErrorCode::not_found) co_return std::unexpected(std::move(asked.error()));
  if (!asked) {
    const Result<core::Workflow> stored = co_await state_in_store(call, id);
    if (!stored) co_return std::unexpected(stored.error());
    if (is_terminal(stored->state)) co_return report_of(*stored);
    Result<void> sound = co_await check_quarantine(call, id);
    if (!sound) co_return std::unexpected(std::move(sound.error()));
    co_return fail(ErrorCode::unavailable,
                   fmt::format("workflow {} is stored, but this process does not run it", in_quotes(id)));
  }
  const std::stop_callback on_stop(request.stop, [&] {
    end->settle(fail(ErrorCode::cancelled, fmt::format("the wait for workflow {} was cancelled", in_quotes(id))));
  });
  AwaitedEnd::Outcome state = co_await end->wait();
  if (!state) co_return std::unexpected(std::move(state.error()));
  co_return report_of(**state);
}

}  // namespace pawl::operations
