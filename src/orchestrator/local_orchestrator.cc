#include "orchestrator/local_orchestrator.h"

#include <algorithm>
#include <exception>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "base/choice.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "base/value_check.h"
#include "definition/checks.h"
#include "definition/spec.h"
#include "orchestrator/local_ask.h"
#include "persistence/volatile_store.h"

namespace pawl {
namespace {

Result<JsonText> lay_over(const Definition& definition, const Json& input, std::size_t max_bytes) {
  if (!input.is_object()) return fail(ErrorCode::invalid_argument, "the input must be a JSON object", "input");
  if (input.get_object().empty()) return definition.input();
  if (Result<void> ok = check_value(input, "input"); !ok) return std::unexpected(std::move(ok.error()));
  Json merged = definition.input().parse();
  for (const auto& member : input.get_object()) merged.get_object()[member.key()] = member.value();
  JsonText text = JsonText::from(merged);
  if (text.view().size() > max_bytes)
    return fail(ErrorCode::limit_exceeded,
                fmt::format("it has {} bytes; the limit is {}", text.view().size(), max_bytes), "input");
  return text;
}

// Tells the caller of start_workflow once what has come of it, however the call ends. What the callback throws ends
// here.
class StartAnswer {
 public:
  StartAnswer(Started started, const std::atomic<bool>& running) : started_(std::move(started)), running_(running) {}
  StartAnswer(const StartAnswer&) = delete;
  StartAnswer& operator=(const StartAnswer&) = delete;
  ~StartAnswer() {
    if (started_) answer(std::unexpected(dropped(running_)));
  }

  void answer(Result<std::string> result) noexcept {
    const Started started = std::exchange(started_, nullptr);
    if (!started) return;
    try {
      started(std::move(result));
    } catch (const std::exception& thrown) {
      log().error("the callback of start_workflow threw: {}", thrown.what());
    } catch (...) {
      log().error("the callback of start_workflow threw an object that is not a std::exception");
    }
  }

 private:
  Started started_;
  const std::atomic<bool>& running_;
};

// At the door of a command: a wait that no clock could hold is as good as one of 100 years.
Result<std::optional<Duration>> bounded_grace(std::optional<Duration> grace) {
  if (!grace) return grace;
  if (*grace < Duration::zero()) return fail(ErrorCode::invalid_argument, "it is negative", "grace");
  return std::min(*grace, kMaxDuration);
}

// The first member that is not the same in both.
std::string first_difference(const Json& before, const Json& now) {
  for (const auto& member : now.get_object()) {
    const Json* const old = before.get_object().if_contains(member.key());
    if (old == nullptr || *old != member.value()) return member.key();
  }
  for (const auto& member : before.get_object())
    if (!now.get_object().contains(member.key())) return member.key();
  return {};
}

// Whether creating a workflow of these facts would make the one that there is. Error: `already_exists`, which says what
// differs.
Result<void> check_same(const WorkflowFacts& existing, const WorkflowFacts& wanted) {
  constexpr std::size_t kShownHash = 12;
  const Definition& before = *existing.definition;
  const Definition& now = *wanted.definition;
  const std::string which = fmt::format("there is a workflow {} already", in_quotes(existing.id.text()));
  if (before.hash() != now.hash())
    return fail(ErrorCode::already_exists, fmt::format("{}, of another definition: {} {}, not {} {}", which,
                                                       in_quotes(before.name()), before.hash().substr(0, kShownHash),
                                                       in_quotes(now.name()), now.hash().substr(0, kShownHash)));
  if (existing.input == wanted.input) return {};
  const Result<Json> before_input = existing.input.try_parse();
  const Result<Json> now_input = wanted.input.try_parse();
  if (!before_input || !now_input) return std::unexpected((before_input ? now_input : before_input).error());
  const std::string difference = first_difference(*before_input, *now_input);
  if (difference.empty()) return {};  // the same in another order
  return fail(ErrorCode::already_exists,
              fmt::format("{}, with another input: {} differs", which, in_quotes(difference)));
}

}  // namespace

LocalOrchestrator::LocalOrchestrator(const OrchestratorOptions& options, StoreOpener open_store,
                                     HandlerRegistry& handlers, Observer& observer, AttemptSink& sink,
                                     const Clock& clock)
    : options_(options),
      open_store_(std::move(open_store)),
      handlers_(handlers),
      sink_(sink),
      clock_(clock),
      definitions_(handlers),
      policies_(clock),
      policy_(*this, policies_),
      slots_(options.max_concurrent_tasks, options.shards),
      executors_(options.max_concurrent_workflows),
      ids_((std::uint64_t{std::random_device()()} << 32U) | std::random_device()()),
      store_(std::make_shared<VolatileStore>()) {
  ShardLimits limits = options.shard;
  limits.finished = std::max<std::size_t>(1, options.max_finished_workflows / options.shards);
  const ShardEnvironment environment{.slots = slots_,
                                     .executors = executors_,
                                     .definitions = definitions_,
                                     .policies = policies_,
                                     .observer = observer,
                                     .sink = sink,
                                     .clock = clock,
                                     .shards = shards_,
                                     .workflow_count = workflows_,
                                     .letter_count = letters_,
                                     .quarantined = quarantined_,
                                     .limits = limits};
  for (std::uint32_t i = 0; i < options.shards; ++i)
    shards_.push_back(std::make_unique<Shard>(i, environment, ids_.next()));
  policies_.when_room([this] {
    for (const auto& shard : shards_) shard->mailbox().nudge();
  });
}

LocalOrchestrator::~LocalOrchestrator() { stop(); }

void LocalOrchestrator::finished(const AttemptAddress& address, AttemptOutcome outcome) {
  shards_[address.route.shard]->mailbox().finished({.address = address, .outcome = std::move(outcome)});
}

Shard& LocalOrchestrator::shard_of(const std::string& id) { return *shards_[shard_index_of(id, shards_.size())]; }

Result<void> LocalOrchestrator::command(const std::string& id, Command command) {
  return ask_workflow<void>(
      id, [&](Shard& shard, LiveWorkflow& workflow) { return shard.lifecycle().command(workflow, command); });
}

std::string LocalOrchestrator::new_id() {
  // Time first, so that ids sort by age; then 80 random bits: 26 characters of Crockford's base 32.
  constexpr std::string_view kDigits = "0123456789abcdefghjkmnpqrstvwxyz";
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(clock_.wall().time_since_epoch()).count();
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  {
    const MutexLock lock(mutex_);
    high = ids_.next();
    low = ids_.next();
  }
  std::string id;
  for (int shift = 45; shift >= 0; shift -= 5) id += kDigits[(static_cast<std::uint64_t>(ms) >> shift) & 31U];
  for (int i = 0; i < 8; ++i, high >>= 5U) id += kDigits[high & 31U];
  for (int i = 0; i < 8; ++i, low >>= 5U) id += kDigits[low & 31U];
  return id;
}

Result<void> check_workflow_id(std::string_view id) {
  auto ok = definition::check_name(id, {"id"});
  return ok ? Result<void>() : Result<void>(std::unexpected(definition::to_error(std::move(ok.error()))));
}

// All that can be done before its shard is asked.
Result<LocalOrchestrator::NewWorkflow> LocalOrchestrator::prepare(const DefinitionPtr& definition,
                                                                  const CreateOptions& options) {
  if (Result<void> open = check_open(); !open) return std::unexpected(std::move(open.error()));
  if (!definition) return fail(ErrorCode::invalid_argument, "it is null", "definition");
  if (Result<void> ok = check_choice(options.if_exists, IfExists::replace_ended, "if_exists"); !ok)
    return std::unexpected(std::move(ok.error()));
  if (Result<void> ok = check_choice(options.priority.value_or(Priority::normal), Priority::critical, "priority"); !ok)
    return std::unexpected(std::move(ok.error()));
  if (options.id)
    if (Result<void> ok = check_workflow_id(*options.id); !ok) return std::unexpected(std::move(ok.error()));
  if (Result<void> ok = policies_.check(*definition); !ok) return std::unexpected(std::move(ok.error()));
  Result<BoundDefinitionPtr> bound = definitions_.bind(definition);
  if (!bound) return std::unexpected(std::move(bound.error()));
  if (Result<void> kept = (*bound)->keep_in(*store()); !kept) return std::unexpected(std::move(kept.error()));
  Result<JsonText> input = lay_over(*definition, options.input, options_.definitions.args_bytes);
  if (!input) return std::unexpected(std::move(input.error()));
  auto facts =
      std::make_shared<const WorkflowFacts>(WorkflowFacts{.id = WorkflowId(options.id ? *options.id : new_id()),
                                                          .definition = (*bound)->definition,
                                                          .input = *std::move(input),
                                                          .priority = options.priority.value_or(definition->priority()),
                                                          .cancel_grace = options_.cancel_grace});
  return NewWorkflow{.bound = *std::move(bound),
                     .facts = std::move(facts),
                     .id_may_be_taken = options.id.has_value(),
                     .if_exists = options.if_exists};
}

Result<LiveWorkflow*> LocalOrchestrator::create_or_attach(Shard& shard, const NewWorkflow& wanted) {
  const std::string& id = wanted.facts->id.text();
  if (wanted.id_may_be_taken && wanted.if_exists != IfExists::refuse) {
    Result<LiveWorkflow*> existing = shard.recovery().load_one(id);
    if (!existing) return existing;
    if (*existing != nullptr && wanted.if_exists == IfExists::attach) {
      if (Result<void> same = check_same(*(*existing)->state.facts, *wanted.facts); !same)
        return std::unexpected(std::move(same.error()));
      return existing;
    }
    if (*existing != nullptr) {
      Result<LiveWorkflow*> replaced = shard.lifecycle().replace(**existing, wanted.bound, wanted.facts);
      if (replaced) bookmarks_.forget_deleted(id);
      return replaced;
    }
  }
  return shard.lifecycle().create(wanted.bound, wanted.facts, wanted.id_may_be_taken);
}

Result<void> LocalOrchestrator::create_and_execute(Shard& shard, const NewWorkflow& wanted) {
  const Result<LiveWorkflow*> workflow = create_or_attach(shard, wanted);
  if (!workflow) return std::unexpected(workflow.error());
  const core::Workflow& state = (*workflow)->state;
  return state.state == WorkflowState::pending && !state.queued ? shard.lifecycle().execute(**workflow)
                                                                : Result<void>();
}

Result<std::string> LocalOrchestrator::create_workflow(const DefinitionPtr& definition, const CreateOptions& options) {
  const Result<NewWorkflow> created = prepare(definition, options);
  if (!created) return std::unexpected(created.error());
  const std::string& id = created->facts->id.text();
  return ask<std::string>(shard_of(id), [&](Shard& shard) -> Result<std::string> {
    const Result<LiveWorkflow*> workflow = create_or_attach(shard, *created);
    return workflow ? Result<std::string>(id) : std::unexpected(workflow.error());
  });
}

void LocalOrchestrator::start_workflow(const DefinitionPtr& definition, const CreateOptions& options, Started started) {
  // Shared by the call and the refusals here; the last of them to go answers, should none of them have.
  const auto start = std::make_shared<StartAnswer>(std::move(started), running_);
  Result<NewWorkflow> prepared = prepare(definition, options);
  if (!prepared) return start->answer(std::unexpected(std::move(prepared.error())));
  Shard& shard = shard_of(prepared->facts->id.text());
  ShardCall call = [this, created = *std::move(prepared), start](Shard& there) {
    if (there.down()) return start->answer(std::unexpected(*there.down()));
    const std::string& id = created.facts->id.text();
    std::optional<Result<void>> done;
    try {
      done = create_and_execute(there, created);
    } catch (const std::exception& broken) {  // the shard breaks off, and has no reply of this call to send
      start->answer(fail(ErrorCode::internal, broken.what()));
      throw;
    }
    there.commits().reply_when_durable([start, id, done = *std::move(done)](const Error* failure) mutable {
      if (failure != nullptr) return start->answer(std::unexpected(*failure));
      start->answer(done ? Result<std::string>(id) : std::unexpected(std::move(done.error())));
    });
  };
  if (!shard.mailbox().post(std::move(call))) start->answer(std::unexpected(inbox_is_full()));
}

Result<std::string> LocalOrchestrator::start_workflow(const DefinitionPtr& definition, const CreateOptions& options) {
  if (Result<void> ok = check_caller(); !ok) return std::unexpected(std::move(ok.error()));
  Reply<std::string> reply;
  start_workflow(definition, options, [&](Result<std::string> started) { reply.set(std::move(started)); });
  return *reply.wait();
}

Result<DefinitionPtr> LocalOrchestrator::define(std::string name, std::vector<TaskSpec> tasks) const {
  if (Result<void> open = check_open(); !open) return std::unexpected(std::move(open.error()));
  WorkflowSpec spec;
  spec.name = std::move(name);
  spec.tasks = std::move(tasks);
  return make_definition(spec, {.limits = options_.definitions, .handlers = &handlers_});
}

Result<std::string> LocalOrchestrator::create_workflow(std::string name, std::vector<TaskSpec> tasks,
                                                       const CreateOptions& options) {
  const Result<DefinitionPtr> definition = define(std::move(name), std::move(tasks));
  if (!definition) return std::unexpected(definition.error());
  return create_workflow(*definition, options);
}

Result<std::string> LocalOrchestrator::start_workflow(std::string name, std::vector<TaskSpec> tasks,
                                                      const CreateOptions& options) {
  const Result<DefinitionPtr> definition = define(std::move(name), std::move(tasks));
  if (!definition) return std::unexpected(definition.error());
  return start_workflow(*definition, options);
}

Result<void> LocalOrchestrator::execute_workflow(const std::string& id) {
  return ask_workflow<void>(id,
                            [](Shard& shard, LiveWorkflow& workflow) { return shard.lifecycle().execute(workflow); });
}

Result<void> LocalOrchestrator::pause_workflow(const std::string& id) { return command(id, command::PauseWorkflow{}); }
Result<void> LocalOrchestrator::resume_workflow(const std::string& id) {
  return command(id, command::ResumeWorkflow{});
}

Result<void> LocalOrchestrator::cancel_workflow(const std::string& id, const CancelOptions& options) {
  const Result<std::optional<Duration>> grace = bounded_grace(options.grace);
  if (!grace) return std::unexpected(grace.error());
  return command(id,
                 command::CancelWorkflow{
                     .reason = storable_message(options.reason), .grace = *grace, .compensate = options.compensate});
}

Result<void> LocalOrchestrator::fail_workflow(const std::string& id, const std::string& reason) {
  return command(id, command::FailWorkflow{.reason = storable_message(reason)});
}

Result<void> LocalOrchestrator::skip_task(const std::string& id, const std::string& task) {
  return ask_workflow<void>(id, [&](Shard& shard, LiveWorkflow& workflow) -> Result<void> {
    const auto index = workflow.bound->definition->find_task(task);
    if (!index)
      return fail(ErrorCode::not_found, fmt::format("workflow {} has no task {}", in_quotes(id), in_quotes(task)));
    return shard.lifecycle().command(workflow, command::SkipTask{*index});
  });
}

Result<BoundDefinitionPtr> LocalOrchestrator::bind_spec(const WorkflowSpec& spec) {
  Result<DefinitionPtr> definition = make_definition(spec, {.limits = options_.definitions, .handlers = &handlers_});
  if (!definition) return std::unexpected(std::move(definition.error()));
  if (Result<void> ok = policies_.check(**definition); !ok) return std::unexpected(std::move(ok.error()));
  Result<BoundDefinitionPtr> bound = definitions_.bind(*definition);
  if (!bound) return bound;
  if (Result<void> kept = (*bound)->keep_in(*store()); !kept) return std::unexpected(std::move(kept.error()));
  return bound;
}

Result<void> LocalOrchestrator::change_definition(const std::string& id, Redefine redefine, const SpecChange& change) {
  constexpr int kMostTries = 20;
  for (int tries = 0; tries < kMostTries; ++tries) {
    bool raced = true;
    const auto definition = ask_workflow<DefinitionPtr>(
        id, [](Shard&, LiveWorkflow& workflow) -> Result<DefinitionPtr> { return workflow.bound->definition; });
    if (!definition) return std::unexpected(definition.error());
    WorkflowSpec spec = definition::to_spec(**definition);
    if (Result<void> changed = change(spec); !changed) return changed;
    const Result<BoundDefinitionPtr> bound = bind_spec(spec);
    if (!bound) return std::unexpected(bound.error());
    Result<void> redefined = ask_workflow<void>(id, [&](Shard& shard, LiveWorkflow& workflow) -> Result<void> {
      raced = workflow.bound->definition->hash() != (*definition)->hash();
      if (raced) return {};
      WorkflowFacts facts = *workflow.state.facts;
      facts.definition = (*bound)->definition;
      return (shard.lifecycle().*redefine)(workflow, *bound, std::make_shared<const WorkflowFacts>(std::move(facts)));
    });
    if (!redefined || !raced) return redefined;
  }
  return fail(ErrorCode::conflict,
              fmt::format("other callers changed the definition of workflow {} {} times meanwhile; "
                          "try again",
                          in_quotes(id), kMostTries));
}

Result<void> LocalOrchestrator::add_task(const std::string& id, const TaskSpec& task) {
  return change_definition(id, &Lifecycle::redefine, [&](WorkflowSpec& spec) -> Result<void> {
    spec.tasks.push_back(task);
    return {};
  });
}

Result<void> LocalOrchestrator::remove_task(const std::string& id, const std::string& task) {
  return change_definition(id, &Lifecycle::redefine, [&](WorkflowSpec& spec) -> Result<void> {
    if (std::erase_if(spec.tasks, [&](const TaskSpec& candidate) { return candidate.id == task; }) == 0)
      return fail(ErrorCode::not_found, fmt::format("workflow {} has no task {}", in_quotes(id), in_quotes(task)));
    return {};
  });
}

Result<void> LocalOrchestrator::check_store() {
  if (Result<void> open = check_open(); !open) return open;
  return store()->check();
}

Result<void> LocalOrchestrator::delete_known_workflow(const std::string& id) {
  if (Result<void> open = check_open(); !open) return open;
  if (Result<void> given = check_given(id); !given) return given;
  Shard& shard = shard_of(id);
  Result<void> removed = ask<void>(shard, [&](Shard& there) { return there.lifecycle().remove(id); });
  bookmarks_.forget_deleted(id);
  if (removed || removed.error().code != ErrorCode::unavailable || !running_ || !is_persistent()) return removed;
  // A shard that is down for lack of room knows nothing of what has ended; to remove that is what makes room. It may
  // have come up since it was asked.
  Reply<void> reply;
  const bool posted = shard.mailbox().post([&, completion = Completion<void>(reply, running_)](Shard& there) mutable {
    completion.answer(there.down() ? store()->remove_workflow(id) : there.lifecycle().remove(id));
  });
  return posted ? *reply.wait() : removed;
}

Result<void> LocalOrchestrator::register_executor(const std::string& name, std::size_t max_workflows) {
  if (Result<void> open = check_open(); !open) return open;
  if (Result<void> ok = check_caller(); !ok) return ok;
  if (auto ok = definition::check_name(name, {"name"}); !ok)
    return std::unexpected(definition::to_error(std::move(ok.error())));
  std::vector<Placement> started;
  if (Result<void> added = executors_.add(name, max_workflows, started); !added) return added;
  for (const Placement& placement : started) {
    const auto start = [placement](Shard& shard) { shard.start_placed(placement); };
    while (running_ && !shards_[placement.workflow.shard]->mailbox().post(start)) std::this_thread::yield();
  }
  return {};
}

Result<void> LocalOrchestrator::unregister_executor(const std::string& name) {
  if (Result<void> open = check_open(); !open) return open;
  return executors_.remove(name);
}

std::vector<ExecutorReport> LocalOrchestrator::list_executors() {
  return check_open() ? executors_.list() : std::vector<ExecutorReport>();
}

OrchestratorMetrics LocalOrchestrator::metrics() {
  OrchestratorMetrics closed{.healthy = false};
  if (Result<void> open = check_open(); !open) {
    closed.problem = describe(open.error());
    return closed;
  }
  const MutexLock lock(mutex_);
  return {.workflows = workflows_.load(),
          .workflows_queued = executors_.queued(),
          .task_slots = slots_.capacity(),
          .task_slots_in_use = slots_.in_use(),
          .healthy = problems_.empty(),
          .problem = problems_.empty() ? std::string() : problems_.begin()->second,
          .restarts = restarts_.load(),
          .quarantined = quarantined_.load(),
          .dead_letters = letters_.load(),
          .dead_letters_redriven = letters_redriven_.load(),
          .dead_letters_discarded = letters_discarded_.load()};
}

}  // namespace pawl
