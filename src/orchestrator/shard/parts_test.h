// What tests of a shard's parts share: a clock that stands, a store and a runner that do nothing by themselves,
// workflows in memory, and the parts wired together as Shard wires them.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/assert.h"
#include "core/decide.h"
#include "monitor/observer.h"
#include "orchestrator/definition_library.h"
#include "orchestrator/executors.h"
#include "orchestrator/policy_book.h"
#include "orchestrator/shard/attempts.h"
#include "orchestrator/shard/breaker_gate.h"
#include "orchestrator/shard/commit_pipeline.h"
#include "orchestrator/shard/decider.h"
#include "orchestrator/shard/effect_router.h"
#include "orchestrator/shard/end_waiters.h"
#include "orchestrator/shard/environment.h"
#include "orchestrator/shard/executor_places.h"
#include "orchestrator/shard/intake.h"
#include "orchestrator/shard/lifecycle.h"
#include "orchestrator/shard/mailbox.h"
#include "orchestrator/shard/quarantine.h"
#include "orchestrator/shard/ready_queues.h"
#include "orchestrator/shard/recovery.h"
#include "orchestrator/shard/scheduler.h"
#include "orchestrator/shard/shard.h"
#include "orchestrator/shard/shard_timers.h"
#include "orchestrator/shard/workflow_table.h"
#include "orchestrator/task_slots.h"
#include "persistence/volatile_store.h"
#include "runners/builtin.h"
#include "runners/handler.h"
#include "tests/support/graphs.h"

namespace pawl::testing {

// The time at which such a test begins.
inline constexpr Timestamp kBegin{std::chrono::hours(24 * 365 * 50)};

// Stands still until a test moves it.
struct StandingClock final : Clock {
  Timestamp time = kBegin;
  std::chrono::microseconds correction{0};  // of the wall clock

  [[nodiscard]] Timestamp now() const override { return time; }
  [[nodiscard]] Timestamp wall() const override { return time + correction; }
};

struct NotedWaiter final : EndWaiter {
  int ends = 0;
  std::vector<std::string> losses;
  void ended(const std::shared_ptr<const core::Workflow>&) override { ++ends; }
  void lost(const Error& why) override { losses.push_back(why.message); }
};

// Notes what it is told, and reports nothing.
struct NotingRunner final : Runner {
  bool forces = false;
  std::vector<AttemptAddress> started;
  std::vector<AttemptAddress> stopped;
  int stopped_unstarted = 0;  // told to stop before they were started

  void start(std::span<Assignment> assignments) override {
    for (const Assignment& assignment : assignments) started.push_back(assignment.address);
  }
  void stop(const AttemptAddress& address, Duration) override {
    stopped.push_back(address);
    if (std::ranges::find(started, address) == started.end()) ++stopped_unstarted;
  }
  [[nodiscard]] bool can_force_end() const override { return forces; }
  // As user.process.
  Handler handler() { return {.module = "user", .function = "process", .call = nullptr, .runner = this}; }
};

// Keeps batches on their way until a test says what becomes of them.
struct HeldStore : VolatileStore {
  struct KeptWorkflow {
    std::string id;
    std::uint64_t first_event = 0;
    std::size_t events = 0;
    bool has_checkpoint = false;
    std::uint64_t history_from = 0;
    bool has_summary = false;
    bool replaces = false;
    bool letters_anew = false;
    std::size_t letters = 0;
  };
  struct KeptBatch {
    Epoch epoch{};
    std::uint64_t sequence = 0;
    std::vector<KeptWorkflow> workflows;
  };
  bool durable = true;
  std::vector<KeptBatch> batches;
  CommitListener* listener = nullptr;

  [[nodiscard]] bool is_durable() const override { return durable; }
  void commit(const CommitBatch& batch, CommitListener& told) override {
    listener = &told;
    KeptBatch& kept = batches.emplace_back(KeptBatch{.epoch = batch.epoch, .sequence = batch.sequence});
    for (const WorkflowCommit& each : batch.workflows) {
      std::size_t events = 0;
      for (const auto& piece : each.events) events += piece.size();
      kept.workflows.push_back({.id = each.facts->id.text(),
                                .first_event = each.first_event,
                                .events = events,
                                .has_checkpoint = !each.checkpoint.empty(),
                                .history_from = each.history_from,
                                .has_summary = each.summary != nullptr,
                                .replaces = each.replaced != nullptr,
                                .letters_anew = each.letters && each.letters->anew,
                                .letters = each.letters ? each.letters->changes.size() : 0});
    }
  }
  // The latest batch is durable, or has failed.
  void settle(Result<void> outcome = {}) { listener->committed(batches.back().sequence, std::move(outcome)); }
};

// A definition whose tasks all have this handler, or none.
inline BoundDefinitionPtr bound(const DefinitionPtr& definition, const Handler* handler = nullptr) {
  return std::make_shared<const BoundDefinition>(definition,
                                                 std::vector<const Handler*>(definition->handlers().size(), handler));
}

inline WorkflowFactsPtr facts_of(std::string id, const DefinitionPtr& definition,
                                 Priority priority = Priority::normal) {
  return std::make_shared<const WorkflowFacts>(WorkflowFacts{.id = WorkflowId(std::move(id)),
                                                             .definition = definition,
                                                             .input = definition->input(),
                                                             .priority = priority,
                                                             .cancel_grace = std::chrono::seconds(10)});
}

// What the command makes of the workflow. No part hears of it.
template <class C>
core::Turn apply_alone(LiveWorkflow& workflow, const C& command, Timestamp now = kBegin) {
  core::Turn turn;
  expression::Evaluator evaluator;
  core::Decision decision(workflow.state, {.now = now}, evaluator, turn);
  const Result<void> decided = core::decide(decision, command);
  PAWL_ASSERT(decided.has_value(), "{}", decided.error().message);
  return turn;
}

// A workflow that runs, of which nothing but the table has heard.
inline LiveWorkflow& add_running(WorkflowTable& table, std::string id, const WorkflowSpec& spec = chain(1),
                                 const Handler* handler = nullptr, Priority priority = Priority::normal) {
  LiveWorkflow& workflow = table.add();
  workflow.bound = bound(define(spec), handler);
  core::Turn turn;
  expression::Evaluator evaluator;
  core::Decision decision(workflow.state, {.now = kBegin}, evaluator, turn);
  core::create(decision, facts_of(std::move(id), workflow.bound->definition, priority));
  table.name(workflow);
  (void)apply_alone(workflow, command::StartWorkflow{});
  return workflow;
}

// It ends now.
inline void cancel(LiveWorkflow& workflow) {
  (void)apply_alone(workflow, command::CancelWorkflow{.reason = {}, .grace = Duration::zero()});
}

// `tasks` tasks that depend on nothing but a circuit breaker.
inline WorkflowSpec guarded(std::size_t tasks, const std::string& breaker) {
  WorkflowSpec spec = workflow({}, "guarded");
  for (std::size_t i = 0; i < tasks; ++i) {
    spec.tasks.push_back(task(task_name(i)));
    spec.tasks.back().circuit_breaker = breaker;
  }
  return spec;
}

// `tasks` tasks that depend on nothing.
inline WorkflowSpec loose(std::size_t tasks) {
  WorkflowSpec spec = workflow({}, "loose");
  for (std::size_t i = 0; i < tasks; ++i) spec.tasks.push_back(task(task_name(i)));
  return spec;
}

// The parts of the first of two shards, wired as Shard wires them, on a HeldStore. Each turn is what a test makes of
// it.
class Parts : private Observer, private AttemptSink {
 public:
  static constexpr std::size_t kShards = 2;

  explicit Parts(ShardLimits with = {}, std::size_t task_slots = 8, std::size_t workflow_places = 8)
      : slots(task_slots, kShards),
        executors(workflow_places),
        handlers(runner),
        definitions(handlers),
        policies(clock),
        environment{.slots = slots,
                    .executors = executors,
                    .definitions = definitions,
                    .policies = policies,
                    .observer = *this,
                    .sink = *this,
                    .clock = clock,
                    .shards = shards,
                    .workflow_count = workflow_count,
                    .letter_count = letter_count,
                    .quarantined = quarantined,
                    .limits = checked(std::move(with))},
        mailbox(environment.limits.inbox),
        timers(clock),
        breakers(policies),
        workflows(0, workflow_count),
        places(executors),
        quarantine(quarantined),
        attempts(
            0, slots, [this](std::uint32_t shard) { woken.push_back(shard); }, workflows, timers),
        ready(attempts.out(), environment.limits),
        commits(environment, [this] { ++settled; }),
        decider(
            environment, timers, breakers, ready, commits,
            [this](LiveWorkflow& broken, WorkflowState sound, std::string_view why) {
              return put_into_quarantine(broken, sound, why);
            },
            1),
        scheduler(ready, decider, attempts, breakers, workflows, timers),
        effects(environment, mailbox, decider, commits, attempts, timers, workflows, places, waiters),
        lifecycle(environment, decider, commits, timers, workflows, places, waiters, quarantine),
        recovery(0, environment, decider, commits, timers, workflows, places, ready, quarantine, lifecycle),
        intake(mailbox, decider, attempts, timers, workflows, ready, policies),
        here_(mailbox) {
    add_builtin_handlers(handlers, runner);
    commits.use_store(store, Epoch(1));
    timers.tick();
  }
  ~Parts() override {
    commits.reset();
    ready.clear();
  }

  // A workflow that was created, and of which nothing is on its way any more.
  LiveWorkflow& create(std::string id, const WorkflowSpec& spec = chain(1), Priority priority = Priority::normal) {
    const DefinitionPtr definition = define(spec);
    Result<LiveWorkflow*> made =
        lifecycle.create(bound(definition, &handler), facts_of(std::move(id), definition, priority), false);
    PAWL_ASSERT(made.has_value(), "{}", made.error().message);
    release();
    return **made;
  }
  // The same, and it runs.
  LiveWorkflow& start(std::string id, const WorkflowSpec& spec = chain(1), Priority priority = Priority::normal) {
    LiveWorkflow& workflow = create(std::move(id), spec, priority);
    const Result<void> started = lifecycle.execute(workflow);
    PAWL_ASSERT(started.has_value(), "{}", started.error().message);
    release();
    return workflow;
  }
  // A turn in which nothing has arrived.
  void turn() {
    scheduler.run();
    release();
  }
  // Hands the turn to the store.
  void commit() {
    commits.commit([this](const Batch& batch) { effects.release_early(batch); });
  }
  // What is durable is released. As in a shard, but that nothing is forgotten.
  void release_durable() {
    while (Batch* const batch = commits.next_durable()) {
      effects.release(*batch);
      batch->unpin();
      waiters.tell_ends();
      batch->reply(nullptr);
      commits.done();
    }
  }
  // Commits the turn, which is durable then, and releases it.
  void release() {
    const std::size_t before = store.batches.size();
    if (commits.has_open()) commit();
    if (store.batches.size() > before) store.settle();
    release_durable();
  }
  // From now on workflows are made whose tasks have this handler.
  void use_handler(std::string_view module, std::string_view function) { handler = *handlers.find(module, function); }
  // The attempt that its task makes now.
  static AttemptAddress attempt_of(const LiveWorkflow& workflow, TaskIndex task) {
    return {.workflow = workflow.address, .task = task, .attempt = workflow.state.tasks[task].attempt};
  }
  static TaskState state_of(const LiveWorkflow& workflow, TaskIndex task) { return workflow.state.tasks[task].state; }

  StandingClock clock;
  NotingRunner runner;
  Handler handler = runner.handler();
  TaskSlots slots;
  Executors executors;
  HandlerRegistry handlers;
  DefinitionLibrary definitions;
  PolicyBook policies;
  std::vector<std::unique_ptr<Shard>> shards{kShards};
  std::atomic<std::size_t> workflow_count{0};
  std::atomic<std::uint64_t> letter_count{0};
  std::atomic<std::uint64_t> quarantined{0};
  std::vector<std::uint32_t> woken;               // shards for which there was a slot
  int settled = 0;                                // batches that were durable, or failed
  std::vector<std::string_view> happened_events;  // by name
  const ShardEnvironment environment;
  HeldStore store;

  Mailbox mailbox;
  ShardTimers timers;
  BreakerGate breakers;
  WorkflowTable workflows;
  EndWaiters waiters;
  ExecutorPlaces places;
  Quarantine quarantine;
  Attempts attempts;
  ReadyQueues ready;
  CommitPipeline commits;
  Decider decider;
  Scheduler scheduler;
  EffectRouter effects;
  Lifecycle lifecycle;
  Recovery recovery;
  Intake intake;

 private:
  static ShardLimits checked(ShardLimits limits) {
    limits.checks_invariants = true;
    return limits;
  }
  Error put_into_quarantine(LiveWorkflow& broken, WorkflowState sound, std::string_view why) {
    const std::string& id = broken.state.id();
    if (std::exchange(broken.broken, true)) return *quarantine.reason_of(id);
    broken.sound_state = sound;
    commits.take_back();
    const Error reason{.code = ErrorCode::corruption, .message = std::string(why), .field = {}};
    quarantine.add(id, reason);
    workflows.unname(broken);
    return reason;
  }

  [[nodiscard]] EventKinds wanted() const override { return ~EventKinds{0}; }
  void happened(const WorkflowFacts&, const Event& event) override { happened_events.push_back(name_of(event)); }
  void wrote(const Assignment&, bool, std::string_view) override {}
  void progressed(const Assignment&, double, std::string_view) override {}
  void finished(const AttemptAddress& address, AttemptOutcome outcome) override {
    mailbox.finished({.address = address, .outcome = std::move(outcome)});
  }

  const Supervised supervised_;  // what breaks throws
  const Mailbox::Here here_;     // this is the shard's thread
};

}  // namespace pawl::testing
