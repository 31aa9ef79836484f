// Dead letters: tasks, and compensations, that failed for good. What they are follows from the workflows; the store
// keeps a list of them.
#include <algorithm>

#include "base/value_check.h"
#include "core/workflow_scope.h"
#include "orchestrator/first_of.h"
#include "orchestrator/local_ask.h"
#include "orchestrator/report.h"

namespace pawl {
namespace {

std::string code_of(const JsonText& error) {
  const Json parsed = error.parse();
  const auto* const object = parsed.if_object();
  const auto* const code = object == nullptr ? nullptr : object->if_contains("code");
  return code != nullptr && code->is_string() ? std::string(code->get_string()) : std::string();
}

bool fits(const DeadLetterFilter& filter, const DeadLetter& letter) {
  return (filter.workflow.empty() || letter.id.workflow == filter.workflow) &&
         (filter.name.empty() || letter.name == filter.name) &&
         (filter.task.empty() || letter.id.task == filter.task) &&
         (!filter.failed_before || letter.failed_at < *filter.failed_before) &&
         (!filter.after || letter.id > *filter.after) && (filter.code.empty() || code_of(letter.error) == filter.code);
}

struct ById {
  bool operator()(const DeadLetter& a, const DeadLetter& b) const { return a.id < b.id; }
};

// Cheaper than looking at its tasks.
bool may_have_letters(const DeadLetterFilter& filter, const core::Workflow& workflow) {
  return (workflow.failed_tasks > 0 || workflow.after->failed_compensations > 0) &&
         (filter.workflow.empty() || workflow.id() == filter.workflow) &&
         (filter.name.empty() || workflow.definition().name() == filter.name);
}

std::unexpected<Error> no_such_letter(const DeadLetterId& id) {
  return fail(ErrorCode::not_found,
              fmt::format("there is no dead letter of {}task {} of workflow {}",
                          id.compensation ? "the compensation of " : "", in_quotes(id.task), in_quotes(id.workflow)));
}

// The action that a letter is of.
std::optional<ActionId> find_action(const Definition& definition, const DeadLetterId& id) {
  const auto task = definition.find_task(id.task);
  if (!task || !id.compensation) return task;
  return definition.compensation_of(*task);
}

}  // namespace

Result<std::vector<DeadLetter>> LocalOrchestrator::list_dead_letters(const DeadLetterFilter& filter) {
  if (Result<void> open = check_open(); !open) return std::unexpected(std::move(open.error()));
  std::vector<DeadLetter> found;
  const std::shared_ptr<Store> store = this->store();
  if (!store->is_durable()) {
    for (const auto& shard : shards_) {
      Result<std::vector<DeadLetter>> here =
          ask<std::vector<DeadLetter>>(*shard, [&](Shard& there) -> Result<std::vector<DeadLetter>> {
            FirstOf<DeadLetter, ById> letters(filter.limit);
            there.workflows().for_each_sound([&](const LiveWorkflow& workflow) {
              if (!may_have_letters(filter, workflow.state)) return true;
              core::for_each_action(workflow.state, [&](ActionId action, const core::TaskRecord&) {
                if (auto letter = letter_of(workflow.state, action); letter && fits(filter, *letter))
                  letters.offer(*std::move(letter));
              });
              return true;
            });
            return std::move(letters).in_order();
          });
      if (!here) return here;
      std::ranges::move(*here, std::back_inserter(found));
    }
    std::ranges::sort(found, {}, &DeadLetter::id);
    if (found.size() > filter.limit) found.resize(filter.limit);
    return found;
  }
  if (filter.limit == 0) return found;
  Result<void> scanned =
      store->scan_dead_letters(filter.after ? &*filter.after : nullptr, filter.workflow, [&](const DeadLetter& letter) {
        if (fits(filter, letter)) found.push_back(letter);
        return found.size() < filter.limit;
      });
  if (!scanned) return std::unexpected(std::move(scanned.error()));
  if (Result<void> durable = until_durable(); !durable) return std::unexpected(std::move(durable.error()));
  return found;
}

Result<DeadLetter> LocalOrchestrator::get_dead_letter(const DeadLetterId& id) {
  const Result<core::Workflow> state = state_of(id.workflow);
  if (!state) return std::unexpected(state.error());
  const auto action = find_action(state->definition(), id);
  std::optional<DeadLetter> letter = action ? letter_of(*state, *action) : std::nullopt;
  if (!letter) return no_such_letter(id);
  expression::Evaluator evaluator;
  if (Result<JsonText> args = core::expand_args(*state, *action, evaluator, options_.shard.args_bytes))
    letter->args = *std::move(args);
  letter->errors = {letter->error};
  if (!is_persistent()) return *std::move(letter);
  constexpr std::size_t kPageBytes = 16'777'216;
  std::vector<JsonText> errors;
  for (HistoryOptions page{.from = 0, .max_bytes = kPageBytes};;) {
    const Result<std::vector<HistoryEvent>> events = get_history(id.workflow, page);
    if (!events) return std::unexpected(events.error());
    if (events->empty()) break;
    for (const HistoryEvent& each : *events) {
      const bool is_failure = each.event.type.ends_with("_failed") || each.event.type.ends_with("_retry_scheduled");
      const bool is_undoing = each.event.type.starts_with("compensation_");
      if (each.event.task == id.task && is_failure && is_undoing == id.compensation) errors.push_back(each.event.error);
    }
    page.from = events->back().number + 1;
  }
  if (!errors.empty()) letter->errors = std::move(errors);
  return *std::move(letter);
}

Result<void> LocalOrchestrator::redrive(const DeadLetterId& id) {
  return ask_workflow<void>(id.workflow, [&](Shard& shard, LiveWorkflow& workflow) -> Result<void> {
    const auto action = find_action(workflow.state.definition(), id);
    if (!action) return no_such_letter(id);
    const bool is_letter = workflow.state.is_dead_letter(*action);
    const bool was_redriven =
        workflow.state.record(*action).state != TaskState::failed && workflow.state.fresh_start(*action) != nullptr;
    if (!is_letter && !was_redriven) return no_such_letter(id);
    const TaskIndex task = action->task;
    Result<void> redriven = id.compensation
                                ? shard.lifecycle().revive(workflow, command::RedriveCompensation{task})
                                : shard.lifecycle().revive(workflow, command::ReviveWorkflow{.start = task});
    if (redriven && is_letter) ++letters_redriven_;
    return redriven;
  });
}

Result<void> LocalOrchestrator::discard(const DeadLetterId& id, const std::string& reason) {
  return ask_workflow<void>(id.workflow, [&](Shard& shard, LiveWorkflow& workflow) -> Result<void> {
    const auto action = find_action(workflow.state.definition(), id);
    if (!action || !workflow.state.is_dead_letter(*action)) return no_such_letter(id);
    Result<void> discarded = shard.lifecycle().command(
        workflow, command::DiscardDeadLetter{.action = *action, .reason = storable_message(reason)});
    if (discarded) ++letters_discarded_;
    return discarded;
  });
}

Result<std::size_t> LocalOrchestrator::expire_dead_letters(Duration age, std::size_t limit) {
  const Result<std::vector<DeadLetter>> old =
      list_dead_letters({.failed_before = saturating_add(clock_.wall(), -age), .limit = limit});
  if (!old) return std::unexpected(old.error());
  std::size_t discarded = 0;
  for (const DeadLetter& letter : *old) {
    const Result<void> done = discard(letter.id, "it was kept long enough");
    discarded += done ? 1 : 0;
    if (!done && !concerns_it_alone(done.error())) return std::unexpected(done.error());
  }
  return discarded;
}

// Empty: nobody does.
Result<std::string> LocalOrchestrator::find_user_of_policy(const std::string& policy) {
  std::string user;
  // Whether to look further.
  const auto look_at = [&](const core::Workflow& workflow) {
    const auto named = workflow.definition().policies();
    if (!is_terminal(workflow.state) && std::ranges::find(named, policy, &PolicyReference::name) != named.end())
      user = workflow.id();
    return user.empty();
  };
  for (const auto& shard : shards_) {
    Result<void> looked = ask<void>(*shard, [&](Shard& there) -> Result<void> {
      there.workflows().for_each_sound([&](const LiveWorkflow& workflow) { return look_at(workflow.state); });
      return {};
    });
    if (!looked) return std::unexpected(std::move(looked.error()));
    if (!user.empty()) return user;
  }
  if (runs_all()) return user;
  const std::shared_ptr<Store> store = this->store();
  Result<void> scanned = scan_live(
      *store, [&](const StoredWorkflow&, const Result<core::Workflow>& state) { return !state || look_at(*state); });
  if (!scanned) return std::unexpected(std::move(scanned.error()));
  return user;
}

}  // namespace pawl
