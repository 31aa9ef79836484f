#include "orchestrator/local_orchestrator.h"

#include <algorithm>
#include <condition_variable>
#include <random>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"
#include "core/explain.h"
#include "definition/checks.h"
#include "definition/spec.h"

namespace pawl {
namespace {

// A caller spins this long for its reply before it sleeps: a busy shard answers within microseconds.
constexpr std::chrono::microseconds kSpin(20);

// Where a caller waits for what another thread will say.
template <class T>
class Reply {
 public:
  void set(Result<T> value) {
    value_ = std::move(value);
    const std::lock_guard lock(mutex_);
    ready_.store(true, std::memory_order_release);
    arrived_.notify_one();
  }

  // nullopt when `until` has come first.
  std::optional<Result<T>> wait(std::optional<std::chrono::steady_clock::time_point> until = {}) {
    const auto spin_end = std::chrono::steady_clock::now() + kSpin;
    while (!ready_.load(std::memory_order_acquire) && std::chrono::steady_clock::now() < spin_end) spin_pause();
    // Also when it is there already: the lock is what set() lets go of last.
    std::unique_lock lock(mutex_);
    const auto is_ready = [this] { return ready_.load(std::memory_order_relaxed); };
    if (until) {
      if (!arrived_.wait_until(lock, *until, is_ready)) return std::nullopt;
    } else {
      arrived_.wait(lock, is_ready);
    }
    return std::move(value_);
  }

 private:
  std::mutex mutex_;  // guards the sleep
  std::condition_variable arrived_;
  std::atomic<bool> ready_{false};
  std::optional<Result<T>> value_;
};

struct EndReply final : EndWaiter {
  Reply<core::Workflow> reply;
  void ended(const core::Workflow& workflow) override { reply.set(workflow); }
};

std::unexpected<Error> called_by_the_engine() {
  return fail(ErrorCode::invalid_state,
              "the engine must not be called from a non-blocking handler or an event's callback: it would wait for "
              "itself; register the handler as blocking");
}

std::unexpected<Error> no_such_workflow(const std::string& id) {
  return fail(ErrorCode::not_found, fmt::format("there is no workflow {}", in_quotes(id)));
}

std::unexpected<Error> inbox_full() {
  return fail(ErrorCode::unavailable, "the engine has more requests waiting than it takes; try again");
}

Result<JsonText> lay_over(const Definition& definition, const Json& input, std::size_t max_bytes) {
  if (!input.is_object()) return fail(ErrorCode::invalid_argument, "the input must be a JSON object", "input");
  if (input.get_object().empty()) return definition.input();
  Json merged = definition.input().parse();
  for (const auto& member : input.get_object()) merged.get_object()[member.key()] = member.value();
  JsonText text = JsonText::from(merged);
  if (text.view().size() > max_bytes)
    return fail(ErrorCode::limit_exceeded,
                fmt::format("it has {} bytes; the limit is {}", text.view().size(), max_bytes), "input");
  return text;
}

}  // namespace

LocalOrchestrator::LocalOrchestrator(const OrchestratorOptions& options, Store& store, HandlerRegistry& handlers,
                                     Observer& observer, AttemptSink& sink, const Clock& clock)
    : options_(options),
      handlers_(handlers),
      clock_(clock),
      slots_(options.max_concurrent_tasks, options.shards),
      executors_(options.max_concurrent_workflows),
      ids_((std::uint64_t{std::random_device()()} << 32U) | std::random_device()()) {
  const ShardEnvironment environment{
      .store = store,
      .slots = slots_,
      .executors = executors_,
      .observer = observer,
      .sink = sink,
      .clock = clock,
      .shards = shards_,
      .workflow_count = workflows_,
      .max_workflows = options.max_workflows,
      .max_args_bytes = options.limits.args_bytes,
      .max_result_bytes = options.max_result_bytes,
      .max_finished = std::max<std::size_t>(1, options.max_finished_workflows / options.shards),
      .inbox_capacity = options.inbox_capacity};
  for (std::uint32_t i = 0; i < options.shards; ++i)
    shards_.push_back(std::make_unique<Shard>(i, environment, ids_.next()));
}

LocalOrchestrator::~LocalOrchestrator() { stop(); }

void LocalOrchestrator::start() {
  running_ = true;
  for (const auto& shard : shards_) threads_.emplace_back([&shard = *shard] { shard.run(); });
}

void LocalOrchestrator::stop() {
  running_ = false;
  for (const auto& shard : shards_) shard->stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void LocalOrchestrator::finished(const AttemptAddress& address, AttemptOutcome outcome) {
  shards_[address.workflow.shard]->finished({.address = address, .outcome = std::move(outcome)});
}

Shard& LocalOrchestrator::shard_of(const std::string& id) {
  return *shards_[std::hash<std::string>()(id) % shards_.size()];
}

template <class T>
Result<T> LocalOrchestrator::ask(Shard& shard, std::move_only_function<Result<T>(Shard&)> call) {
  if (Shard::of_this_thread() != nullptr) return called_by_the_engine();
  if (!running_) return fail(ErrorCode::unavailable, "the engine is stopping");
  Reply<T> reply;
  const bool posted = shard.post([&](Shard& there) {
    there.reply_when_durable([&reply, answer = call(there)]() mutable { reply.set(std::move(answer)); });
  });
  if (!posted) return inbox_full();
  return *reply.wait();
}

template <class T>
Result<T> LocalOrchestrator::ask_workflow(const std::string& id,
                                          std::move_only_function<Result<T>(Shard&, LiveWorkflow&)> call) {
  return ask<T>(shard_of(id), [&](Shard& shard) -> Result<T> {
    LiveWorkflow* const workflow = shard.find(id);
    if (workflow == nullptr) return no_such_workflow(id);
    return call(shard, *workflow);
  });
}

Result<void> LocalOrchestrator::command(const std::string& id, Command command) {
  return ask_workflow<void>(id, [&](Shard& shard, LiveWorkflow& workflow) { return shard.command(workflow, command); });
}

Result<BoundDefinitionPtr> LocalOrchestrator::bind(const DefinitionPtr& definition) {
  {
    const std::lock_guard lock(mutex_);
    const auto known = definitions_.find(definition->hash());
    if (known != definitions_.end())
      if (BoundDefinitionPtr bound = known->second.lock()) return bound;
  }
  Result<std::vector<const Handler*>> handlers = handlers_.bind(*definition);
  if (!handlers) return std::unexpected(std::move(handlers.error()));
  auto bound = std::make_shared<const BoundDefinition>(
      BoundDefinition{.definition = definition, .handlers = *std::move(handlers)});
  const std::lock_guard lock(mutex_);
  constexpr std::size_t kSweepEvery = 1024;
  if (definitions_.size() % kSweepEvery == kSweepEvery - 1)
    boost::unordered::erase_if(definitions_, [](const auto& entry) { return entry.second.expired(); });
  definitions_.insert_or_assign(definition->hash(), bound);
  return bound;
}

std::string LocalOrchestrator::new_id() {
  // Time first, so that ids sort by age; then 80 random bits: 26 characters of Crockford's base 32.
  constexpr std::string_view kDigits = "0123456789abcdefghjkmnpqrstvwxyz";
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(clock_.now().time_since_epoch()).count();
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  {
    const std::lock_guard lock(mutex_);
    high = ids_.next();
    low = ids_.next();
  }
  std::string id;
  for (int shift = 45; shift >= 0; shift -= 5) id += kDigits[(static_cast<std::uint64_t>(ms) >> shift) & 31U];
  for (int i = 0; i < 8; ++i, high >>= 5U) id += kDigits[high & 31U];
  for (int i = 0; i < 8; ++i, low >>= 5U) id += kDigits[low & 31U];
  return id;
}

Result<std::string> LocalOrchestrator::create_workflow(const DefinitionPtr& definition, const CreateOptions& options) {
  if (options.id)
    if (auto ok = definition::check_name(*options.id, {"id"}); !ok)
      return std::unexpected(definition::to_error(std::move(ok.error())));
  Result<BoundDefinitionPtr> bound = bind(definition);
  if (!bound) return std::unexpected(std::move(bound.error()));
  Result<JsonText> input = lay_over(*definition, options.input, options_.limits.args_bytes);
  if (!input) return std::unexpected(std::move(input.error()));
  std::string id = options.id ? *options.id : new_id();
  auto facts =
      std::make_shared<const WorkflowFacts>(WorkflowFacts{.id = WorkflowId(id),
                                                          .definition = (*bound)->definition,
                                                          .input = *std::move(input),
                                                          .priority = options.priority.value_or(definition->priority()),
                                                          .cancel_grace = options_.cancel_grace});
  Result<void> created = ask<void>(shard_of(id), [&](Shard& shard) { return shard.create(*bound, facts); });
  if (!created) return std::unexpected(std::move(created.error()));
  return id;
}

Result<std::string> LocalOrchestrator::create_workflow(std::string name, std::vector<TaskSpec> tasks,
                                                       const CreateOptions& options) {
  WorkflowSpec spec;
  spec.name = std::move(name);
  spec.tasks = std::move(tasks);
  Result<DefinitionPtr> definition = make_definition(spec, {.limits = options_.limits, .handlers = &handlers_});
  if (!definition) return std::unexpected(std::move(definition.error()));
  return create_workflow(*definition, options);
}

Result<void> LocalOrchestrator::execute_workflow(const std::string& id) {
  return ask_workflow<void>(id, [](Shard& shard, LiveWorkflow& workflow) { return shard.execute(workflow); });
}

Result<void> LocalOrchestrator::pause_workflow(const std::string& id) { return command(id, command::PauseWorkflow{}); }
Result<void> LocalOrchestrator::resume_workflow(const std::string& id) {
  return command(id, command::ResumeWorkflow{});
}

Result<void> LocalOrchestrator::cancel_workflow(const std::string& id, const CancelOptions& options) {
  return command(id, command::CancelWorkflow{.reason = options.reason, .grace = options.grace});
}

Result<void> LocalOrchestrator::fail_workflow(const std::string& id, const std::string& reason) {
  return command(id, command::FailWorkflow{.reason = reason});
}

Result<void> LocalOrchestrator::skip_task(const std::string& id, const std::string& task) {
  return ask_workflow<void>(id, [&](Shard& shard, LiveWorkflow& workflow) -> Result<void> {
    const auto index = workflow.bound->definition->find_task(task);
    if (!index)
      return fail(ErrorCode::not_found, fmt::format("workflow {} has no task {}", in_quotes(id), in_quotes(task)));
    return shard.command(workflow, command::SkipTask{*index});
  });
}

Result<WorkflowSpec> LocalOrchestrator::pending_spec(const std::string& id) {
  Result<DefinitionPtr> definition = ask_workflow<DefinitionPtr>(
      id, [](Shard&, LiveWorkflow& workflow) -> Result<DefinitionPtr> { return workflow.bound->definition; });
  if (!definition) return std::unexpected(std::move(definition.error()));
  return definition::to_spec(**definition);
}

Result<void> LocalOrchestrator::redefine(const std::string& id, const WorkflowSpec& spec) {
  Result<DefinitionPtr> definition = make_definition(spec, {.limits = options_.limits, .handlers = &handlers_});
  if (!definition) return std::unexpected(std::move(definition.error()));
  Result<BoundDefinitionPtr> bound = bind(*definition);
  if (!bound) return std::unexpected(std::move(bound.error()));
  return ask_workflow<void>(id, [&](Shard& shard, LiveWorkflow& workflow) {
    WorkflowFacts facts = *workflow.state.facts;
    facts.definition = (*bound)->definition;
    return shard.redefine(workflow, *bound, std::make_shared<const WorkflowFacts>(std::move(facts)));
  });
}

Result<void> LocalOrchestrator::add_task(const std::string& id, const TaskSpec& task) {
  Result<WorkflowSpec> spec = pending_spec(id);
  if (!spec) return std::unexpected(std::move(spec.error()));
  spec->tasks.push_back(task);
  return redefine(id, *spec);
}

Result<void> LocalOrchestrator::remove_task(const std::string& id, const std::string& task) {
  Result<WorkflowSpec> spec = pending_spec(id);
  if (!spec) return std::unexpected(std::move(spec.error()));
  if (std::erase_if(spec->tasks, [&](const TaskSpec& candidate) { return candidate.id == task; }) == 0)
    return fail(ErrorCode::not_found, fmt::format("workflow {} has no task {}", in_quotes(id), in_quotes(task)));
  return redefine(id, *spec);
}

Result<WorkflowStatus> LocalOrchestrator::get_workflow_status(const std::string& id) {
  return ask_workflow<WorkflowStatus>(
      id, [](Shard&, LiveWorkflow& workflow) -> Result<WorkflowStatus> { return status_of(workflow.state); });
}

Result<WorkflowReport> LocalOrchestrator::get_workflow(const std::string& id) {
  // The state is copied on the shard; the report is made of it here, where it holds up nobody.
  Result<core::Workflow> state = ask_workflow<core::Workflow>(
      id, [](Shard&, LiveWorkflow& workflow) -> Result<core::Workflow> { return workflow.state; });
  if (!state) return std::unexpected(std::move(state.error()));
  return report_of(*state);
}

std::vector<WorkflowStatus> LocalOrchestrator::list_workflows(const ListOptions& options) {
  std::vector<WorkflowStatus> all;
  for (const auto& shard : shards_) {
    auto listed = ask<std::vector<WorkflowStatus>>(*shard, [&](Shard& there) -> Result<std::vector<WorkflowStatus>> {
      std::vector<WorkflowStatus> found;
      there.for_each_workflow([&](const LiveWorkflow& workflow) {
        if (options.state && workflow.state.state != *options.state) return;
        if (!options.name.empty() && workflow.state.definition().name() != options.name) return;
        found.push_back(status_of(workflow.state));
      });
      return found;
    });
    if (listed) std::ranges::move(*listed, std::back_inserter(all));
  }
  std::ranges::sort(
      all, [](const auto& a, const auto& b) { return std::tie(a.created_at, a.id) > std::tie(b.created_at, b.id); });
  if (all.size() > options.limit) all.resize(options.limit);
  return all;
}

Result<WorkflowReport> LocalOrchestrator::wait_workflow(const std::string& id, std::optional<Duration> timeout) {
  if (Shard::of_this_thread() != nullptr) return called_by_the_engine();
  const auto end = std::make_shared<EndReply>();
  Result<void> asked = ask_workflow<void>(id, [&](Shard& shard, LiveWorkflow& workflow) -> Result<void> {
    shard.when_ended(workflow, end);
    return {};
  });
  if (!asked) return std::unexpected(std::move(asked.error()));
  std::optional<std::chrono::steady_clock::time_point> until;
  if (timeout) until = std::chrono::steady_clock::now() + *timeout;
  std::optional<Result<core::Workflow>> state = end->reply.wait(until);
  if (!state) return fail(ErrorCode::timeout, fmt::format("workflow {} has not ended yet", in_quotes(id)));
  return report_of(**state);
}

Result<std::vector<Explanation>> LocalOrchestrator::explain_workflow(const std::string& id, std::size_t max_tasks) {
  const core::Surroundings surroundings{.slots_in_use = slots_.in_use(), .slots = slots_.capacity()};
  return ask_workflow<std::vector<Explanation>>(
      id, [&](Shard&, LiveWorkflow& workflow) -> Result<std::vector<Explanation>> {
        return core::explain(workflow.state, surroundings, max_tasks);
      });
}

Result<void> LocalOrchestrator::delete_workflow(const std::string& id) {
  return ask_workflow<void>(id, [](Shard& shard, LiveWorkflow& workflow) { return shard.remove(workflow); });
}

Result<void> LocalOrchestrator::register_executor(const std::string& name, std::size_t max_workflows) {
  std::vector<Placement> started;
  if (Result<void> added = executors_.add(name, max_workflows, started); !added) return added;
  for (const Placement& placement : started) {
    const auto start = [placement](Shard& shard) { shard.start_placed(placement); };
    while (running_ && !shards_[placement.workflow.shard]->post(start)) std::this_thread::yield();
  }
  return {};
}

Result<void> LocalOrchestrator::unregister_executor(const std::string& name) { return executors_.remove(name); }
std::vector<ExecutorReport> LocalOrchestrator::list_executors() { return executors_.list(); }

OrchestratorMetrics LocalOrchestrator::metrics() {
  return {.workflows = workflows_.load(),
          .workflows_queued = executors_.queued(),
          .task_slots = slots_.capacity(),
          .task_slots_in_use = slots_.in_use()};
}

}  // namespace pawl
