#include "core/waits.h"

#include <utility>

#include "core/settle.h"
#include "core/workflow_scope.h"

namespace pawl::core {
namespace {

TaskError unfit_args(const Error& error) {
  TaskError unfit("invalid_argument", describe(error));
  unfit.retryable = false;
  return unfit;
}

}  // namespace

std::optional<Wait> wait_of(const Workflow& workflow, ActionId action) {
  const TaskRecord& record = workflow.record(action);
  const WaitKind* kind = nullptr;
  if (record.retry_waits) {
    kind = &kRetryWait;
  } else if (record.state == TaskState::running && workflow.definition().waits(action)) {
    const HandlerName& handler = workflow.definition().handler(action);
    kind = find_wait_kind(handler.module, handler.function);
  }
  if (kind == nullptr) return std::nullopt;
  return Wait{.kind = kind, .attempt = record.attempt, .since = record.started_at};
}

std::expected<WaitTerms, TaskError> terms_of(const Workflow& workflow, ActionId action, const Wait& wait,
                                             expression::Evaluator& evaluator, std::size_t max_args_bytes) {
  if (wait.kind->terms == nullptr) return WaitTerms{.due = DueTime{.at = workflow.record(action).completed_at}};
  const Result<JsonText> text = expand_args(workflow, action, evaluator, max_args_bytes);
  if (!text) return std::unexpected(evaluation_failure(text.error()));
  const Json args = text->parse();
  // Args that come out of expressions were not checked when they were written.
  const bool computed = workflow.definition().args_have_places(action);
  const auto check = computed && wait.kind->check_written != nullptr ? wait.kind->check_written : wait.kind->check_args;
  if (const Result<void> ok = check == nullptr ? Result<void>() : check(args); !ok)
    return std::unexpected(unfit_args(ok.error()));
  Result<WaitTerms> terms = wait.kind->terms(args, wait.since);
  if (!terms) return std::unexpected(unfit_args(terms.error()));
  return *std::move(terms);
}

void arm_wait(Decision& decision, ActionId action, const Wait& wait) {
  const auto terms = terms_of(decision.workflow(), action, wait, decision.evaluator(), decision.max_args_bytes());
  if (!terms) return fail_attempt(decision, action, terms.error());
  if (!terms->due) return;
  decision.request(effect::ArmTimer{.kind = TimerKind::wait,
                                    .clock = terms->due->clock,
                                    .action = action,
                                    .attempt = wait.attempt,
                                    .due = terms->due->at});
}

void disarm_wait(const Workflow& workflow, ActionId action, std::vector<Effect>& effects) {
  if (wait_of(workflow, action)) effects.emplace_back(effect::DisarmTimer{.kind = TimerKind::wait, .action = action});
}

void stop_attempt(const Workflow& workflow, ActionId action, Duration grace, std::vector<Effect>& effects) {
  if (wait_of(workflow, action)) return disarm_wait(workflow, action, effects);
  effects.emplace_back(effect::StopTask{.action = action, .attempt = workflow.record(action).attempt, .grace = grace});
}

void cancel_waits(Decision& decision) {
  const Workflow& workflow = decision.workflow();
  for_each_action(workflow, [&](ActionId action, const TaskRecord& record) {
    if (wait_of(workflow, action))
      decision.raise(event::TaskCancelled{.action = action, .attempt = record.attempt, .at = decision.now()});
  });
}

}  // namespace pawl::core
