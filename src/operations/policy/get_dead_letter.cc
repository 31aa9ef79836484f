#include "core/workflow_scope.h"
#include "operations/orchestrator/operations.h"
#include "operations/policy/letters.h"
#include "operations/policy/operations.h"
#include "operations/reads.h"
#include "orchestrator/node.h"
#include "orchestrator/report.h"

namespace pawl::operations {
namespace {

Steps<std::vector<JsonText>> errors_in_history(const Call& call, const DeadLetterId& id) {
  constexpr std::size_t kPageBytes = 16'777'216;
  std::vector<JsonText> errors;
  for (std::uint64_t from = 0;;) {
    request::GetHistory page{.id = id.workflow, .options = {.from = from, .max_bytes = kPageBytes}};
    const Result<std::vector<HistoryEvent>> events = co_await get_history(call, std::move(page));
    if (!events) co_return std::unexpected(events.error());
    if (events->empty()) co_return errors;
    for (const HistoryEvent& each : *events) {
      const bool is_failure = each.event.type.ends_with("_failed") || each.event.type.ends_with("_retry_scheduled");
      const bool is_undoing = each.event.type.starts_with("compensation_");
      if (each.event.task == id.task && is_failure && is_undoing == id.compensation) errors.push_back(each.event.error);
    }
    from = events->back().number + 1;
  }
}

}  // namespace

Steps<DeadLetter> get_dead_letter(Call call, request::GetDeadLetter request) {
  const DeadLetterId& id = request.id;
  const Result<core::Workflow> state = co_await state_of(call, id.workflow);
  if (!state) co_return std::unexpected(state.error());
  const auto action = find_action(state->definition(), id);
  std::optional<DeadLetter> letter = action ? letter_of(*state, *action) : std::nullopt;
  if (!letter) co_return no_such_letter(id);
  expression::Evaluator evaluator;
  if (Result<JsonText> args = core::expand_args(*state, *action, evaluator, call.node.options().shard.args_bytes))
    letter->args = *std::move(args);
  letter->errors = {letter->error};
  if (!call.node.is_persistent()) co_return *std::move(letter);
  Result<std::vector<JsonText>> errors = co_await errors_in_history(call, id);
  if (!errors) co_return std::unexpected(std::move(errors.error()));
  if (!errors->empty()) letter->errors = *std::move(errors);
  co_return *std::move(letter);
}

}  // namespace pawl::operations
