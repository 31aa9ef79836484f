#include "sim/clients.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "base/assert.h"
#include "core/stored_state.h"
#include "definition/spec.h"

namespace pawl::sim {

Clients::Clients(Random& random, const VirtualClock& clock, std::size_t workflows)
    : random_(random),
      clock_(clock),
      most_(workflows),
      known_runner_(clock, {}, [](const Assignment&) {}),
      known_(known_runner_) {
  add_sim_handlers(known_, known_runner_);
}

Result<DefinitionPtr> Clients::definition(const std::string& hash) const {
  const auto found = definitions_.find(hash);
  if (found == definitions_.end()) return fail(ErrorCode::not_found, "no such definition");
  return found->second;
}

// Runs `call` on the shard of the workflow, and reports to the checker when it has been acknowledged.
void Clients::ask(const std::string& id, Call call) {
  node_->shard_of(id).mailbox().post([this, id, call = std::move(call)](Shard& shard) {
    if (shard.down()) return;
    const Result<void> done = call(shard);
    const LiveWorkflow* const workflow = shard.workflows().find(id);
    const std::uint64_t events = workflow == nullptr ? 0 : workflow->state.event_count;
    shard.commits().reply_when_durable([this, id, events, accepted = done.has_value()](const Error* failure) {
      if (failure != nullptr || !accepted || checker_->is_removed(id)) return;
      checker_->acknowledged(id, events);
      if (events > 0) created_.insert(id);
    });
  });
}

// What the steps of an operation do off the shard.
Result<LiveWorkflow*> Clients::load(Shard& shard, const std::string& id) {
  StoreLookup lookup(shard.workflows(), shard.commits(), shard.commits().store(), id);
  if (Result<void> read = lookup.read(node_->definitions()); !read) return std::unexpected(std::move(read.error()));
  bool is_outdated = false;
  return shard.recovery().find_or_take_up(lookup, is_outdated);
}

void Clients::ask_workflow(const std::string& id, WorkflowCall call) {
  ask(id, [this, id, call = std::move(call)](Shard& shard) -> Result<void> {
    const Result<LiveWorkflow*> workflow = load(shard, id);
    if (!workflow || *workflow == nullptr) return fail(ErrorCode::not_found, "");
    return call(shard, **workflow);
  });
}

void Clients::command(const std::string& id, Command command) {
  ask_workflow(id, [command = std::move(command)](Shard& shard, LiveWorkflow& workflow) {
    return shard.lifecycle().command(workflow, command);
  });
}

void Clients::revive(const std::string& id, Command command) {
  ask_workflow(id, [command = std::move(command)](Shard& shard, LiveWorkflow& workflow) {
    return shard.lifecycle().revive(workflow, command);
  });
}

void Clients::create(bool execute) {
  const std::string id = fmt::format("w{}", next_id_++);
  const DefinitionPtr definition = random_definition(random_, known_, clock_.wall());
  definitions_.emplace(definition->hash(), definition);
  const Result<BoundDefinitionPtr> bound = node_->definitions().bind(definition);
  if (!bound) return;
  const auto facts = std::make_shared<const WorkflowFacts>(
      WorkflowFacts{.id = WorkflowId(id),
                    .definition = definition,
                    .input = definition->input(),
                    .priority = static_cast<Priority>(random_.next() % 4),
                    .cancel_grace = Duration(static_cast<std::int64_t>(random_.next() % 100))});
  ask(id, [bound = *bound, facts, execute](Shard& shard) -> Result<void> {
    const Result<LiveWorkflow*> created = shard.lifecycle().create(bound, facts, false);
    if (!created) return std::unexpected(created.error());
    return execute ? shard.lifecycle().execute(**created) : Result<void>();
  });
}

void Clients::snapshot(const std::string& id) {
  ask_workflow(id, [this, id](Shard&, LiveWorkflow& workflow) -> Result<void> {
    const core::Workflow& state = workflow.state;
    snapshots_.emplace_back(
        id, command::RestoreWorkflow{.snapshot = "s",
                                     .taken_at = clock_.now(),
                                     .facts = state.facts,
                                     .state = std::make_shared<const std::string>(core::encode_state(state))});
    return {};
  });
}

void Clients::restore() {
  if (snapshots_.empty()) return;
  const auto taken = snapshots_[random_.next() % snapshots_.size()];
  ask_workflow(taken.first, [taken](Shard& shard, LiveWorkflow& workflow) {
    return shard.lifecycle().restore(workflow, taken.second);
  });
}

// From what the workflow is at that moment, as another one, maybe on another shard.
void Clients::fork(const std::string& id) {
  ask_workflow(id, [this](Shard&, LiveWorkflow& workflow) -> Result<void> {
    if (next_id_ >= most_ || is_terminal(workflow.state.state)) return {};
    WorkflowFacts facts = *workflow.state.facts;
    facts.id = WorkflowId(fmt::format("w{}", next_id_++));
    const auto known = std::make_shared<const WorkflowFacts>(std::move(facts));
    const command::RestoreWorkflow past{
        .snapshot = workflow.state.id(),
        .taken_at = workflow.state.last_event_at,
        .facts = known,
        .state = std::make_shared<const std::string>(core::encode_state(workflow.state))};
    ask(known->id.text(), [bound = workflow.bound, past](Shard& shard) -> Result<void> {
      const Result<LiveWorkflow*> created = shard.lifecycle().create(bound, past.facts, false);
      return created ? shard.lifecycle().restore(**created, past) : std::unexpected(created.error());
    });
    return {};
  });
}

void Clients::execute(const std::string& id) {
  ask_workflow(id, [](Shard& shard, LiveWorkflow& workflow) { return shard.lifecycle().execute(workflow); });
}

void Clients::act() {
  const Action action = random_action(random_);
  if (action == Action::start || action == Action::create || created_.empty()) {
    if (next_id_ < most_) return create(action != Action::create);
    if (created_.empty()) return;
  }
  const std::string id = *std::next(created_.begin(), static_cast<std::ptrdiff_t>(random_.next() % created_.size()));
  if (action != Action::race) return act_on(id, action);
  // What the first asks for is not durable when the second asks.
  if (one_in(2)) {
    command(id, command::CancelWorkflow{.reason = "", .grace = Duration(0), .compensate = one_in(4)});
    revive(id, command::ReviveWorkflow{});
  } else {
    act_on(id, random_action(random_));
    act_on(id, random_action(random_));
  }
}

void Clients::act_on(const std::string& id, Action action) {
  const auto task = static_cast<TaskIndex>(random_.next() % 8);
  switch (action) {
    case Action::pause:
      return command(id, command::PauseWorkflow{});
    case Action::resume:
      return command(id, command::ResumeWorkflow{});
    case Action::cancel:
      return command(id, command::CancelWorkflow{.reason = "", .grace = {}, .compensate = one_in(2)});
    case Action::retry:
      return revive(id, command::ReviveWorkflow{});
    case Action::rerun:
      return revive(id, command::ReviveWorkflow{.start = task, .rerun = true, .undo_first = one_in(2)});
    case Action::redrive:
      return revive(id, command::ReviveWorkflow{.start = task});
    case Action::compensate:
      return revive(id, command::CompensateWorkflow{});
    case Action::redrive_compensation:
      return revive(id, command::RedriveCompensation{task});
    case Action::discard:
      return command(id, command::DiscardDeadLetter{.action = task, .reason = "enough"});
    case Action::fail:
      return command(id, command::FailWorkflow{});
    case Action::skip:
      return command(id, command::SkipTask{task});
    case Action::late:
      return report_late(id, task);
    case Action::snapshot:
      return snapshot(id);
    case Action::restore:
      return restore();
    case Action::fork:
      return fork(id);
    case Action::remove:
      return remove(id);
    case Action::add_task:
      return change_definition(id, &Lifecycle::redefine, [this](WorkflowSpec& spec) {
        if (spec.tasks.size() > 1 && one_in(3)) {
          spec.tasks.pop_back();
        } else {
          spec.tasks.push_back(random_task(random_, spec.tasks.size(), clock_.wall()));
        }
      });
    case Action::register_compensation:
      return change_definition(id, &Lifecycle::register_compensation, [this, task](WorkflowSpec& spec) {
        spec.tasks[task % spec.tasks.size()].compensation = random_compensation(random_);
      });
    default:
      return execute(id);
  }
}

// An outcome that somebody reports once more, or for an attempt that is not made any more.
void Clients::report_late(const std::string& id, TaskIndex position) {
  const auto attempt = static_cast<std::uint32_t>(random_.next() % 3);
  ask_workflow(id, [position, attempt](Shard& shard, LiveWorkflow& workflow) -> Result<void> {
    const core::Workflow& state = workflow.state;
    const ActionId action = position < state.tasks.size() ? state.definition().action_at(position) : ActionId(position);
    if (state.has(action) && state.record(action).state == TaskState::running &&
        state.record(action).attempt == attempt)
      return {};
    return shard.lifecycle().command(workflow, command::CompleteTask{action, attempt, {}});
  });
}

// From then on it is there as a whole, or not at all.
void Clients::remove(const std::string& id) {
  node_->shard_of(id).mailbox().post([this, id](Shard& shard) {
    if (shard.down()) return;
    const Result<std::optional<std::uint64_t>> begun = shard.lifecycle().begin_removal(id);
    if (!begun) return;  // it lives, or is being removed
    PAWL_ASSERT(*begun, "workflow {}: nothing of it is stored", id);
    const std::uint64_t number = **begun;
    Result<std::unique_ptr<Removal>> planned = shard.commits().store().plan_removal(id);
    if (!planned) return shard.lifecycle().end_removal(number, id, false);
    const Result<void> added = shard.lifecycle().commit_removal(number, *std::move(planned));
    PAWL_ASSERT(added.has_value(), "{}", added.error().message);
    shard.commits().reply_when_durable(
        [&shard, number, id](const Error* failure) { shard.lifecycle().end_removal(number, id, failure == nullptr); });
    created_.erase(id);
    std::erase_if(snapshots_, [&](const auto& each) { return each.first == id; });
    checker_->removed(id);
  });
}

void Clients::change_definition(const std::string& id, Redefine redefine,
                                const std::function<void(WorkflowSpec&)>& change) {
  ask_workflow(id, [=, this](Shard& shard, LiveWorkflow& workflow) -> Result<void> {
    WorkflowSpec spec = definition::to_spec(workflow.state.definition());
    change(spec);
    const Result<DefinitionPtr> definition = make_definition(spec, {.limits = {}, .handlers = &known_});
    if (!definition) return std::unexpected(definition.error());
    definitions_.emplace((*definition)->hash(), *definition);
    const Result<BoundDefinitionPtr> bound = node_->definitions().bind(*definition);
    if (!bound) return std::unexpected(bound.error());
    WorkflowFacts facts = *workflow.state.facts;
    facts.definition = (*bound)->definition;
    return (shard.lifecycle().*redefine)(workflow, *bound, std::make_shared<const WorkflowFacts>(std::move(facts)));
  });
}

bool Clients::let_all_run() {
  bool any = false;
  for (std::uint32_t i = 0; i < node_->shard_count(); ++i)
    node_->shard(i).workflows().for_each_sound([&](const LiveWorkflow& workflow) {
      const core::Workflow& state = workflow.state;
      const std::string& id = state.id();
      if (state.state == WorkflowState::paused) {
        command(id, command::ResumeWorkflow{});
      } else if (state.state == WorkflowState::pending && !state.queued) {
        execute(id);
      } else {
        return true;
      }
      any = true;
      return true;
    });
  return any;
}

}  // namespace pawl::sim
