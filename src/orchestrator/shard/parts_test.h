// The parts of a shard, wired together as Shard wires them, for tests of those that need others.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/assert.h"
#include "monitor/observer.h"
#include "orchestrator/definition_library.h"
#include "orchestrator/executors.h"
#include "orchestrator/permits/node_permits.h"
#include "orchestrator/policy_book.h"
#include "orchestrator/shard/attempts.h"
#include "orchestrator/shard/commit_pipeline.h"
#include "orchestrator/shard/decider.h"
#include "orchestrator/shard/doubles_test.h"
#include "orchestrator/shard/effect_router.h"
#include "orchestrator/shard/end_waiters.h"
#include "orchestrator/shard/environment.h"
#include "orchestrator/shard/executor_places.h"
#include "orchestrator/shard/intake.h"
#include "orchestrator/shard/lifecycle.h"
#include "orchestrator/shard/mailbox.h"
#include "orchestrator/shard/permit_gate.h"
#include "orchestrator/shard/quarantine.h"
#include "orchestrator/shard/ready_queues.h"
#include "orchestrator/shard/recovery.h"
#include "orchestrator/shard/scheduler.h"
#include "orchestrator/shard/shard.h"
#include "orchestrator/shard/shard_timers.h"
#include "orchestrator/shard/workflow_table.h"
#include "orchestrator/task_slots.h"
#include "runners/builtin.h"
#include "runners/handler.h"

namespace pawl::testing {

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
        node_permits(policies),
        environment{.slots = slots,
                    .executors = executors,
                    .definitions = definitions,
                    .policies = policies,
                    .permits = node_permits,
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
        permits(node_permits.table(), mailbox),
        workflows(0, workflow_count),
        places(executors),
        quarantine(quarantined),
        attempts(
            0, slots, [this](std::uint32_t shard) { woken.push_back(shard); }, workflows, timers),
        ready(attempts.out(), environment.limits),
        commits(0, environment, [this] { ++settled; }),
        decider(
            environment, timers, permits, ready, commits,
            [this](LiveWorkflow& broken, WorkflowState sound, std::string_view why) {
              return put_into_quarantine(broken, sound, why);
            },
            1),
        scheduler(ready, decider, attempts, permits, workflows, timers),
        effects(environment, mailbox, decider, commits, attempts, timers, workflows, places, waiters),
        lifecycle(environment, decider, commits, timers, workflows, places, waiters, quarantine),
        recovery(0, environment, decider, commits, timers, workflows, places, ready, quarantine, lifecycle),
        intake(mailbox, decider, attempts, timers, workflows, ready, policies),
        here_(mailbox) {
    add_builtin_handlers(handlers, {.exec = runner, .sleeps = runner});
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
    return {.route = workflow.route, .action = task, .attempt = workflow.state.tasks[task].attempt};
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
  NodePermits node_permits;
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
  PermitGate permits;
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
  void happened(const WorkflowFacts&, const Event& event, std::string_view) override {
    happened_events.push_back(name_of(event));
  }
  void wrote(const Assignment&, bool, std::string_view) override {}
  void progressed(const Assignment&, double, std::string_view) override {}
  void finished(const AttemptAddress& address, AttemptOutcome outcome) override {
    mailbox.finished({.address = address, .outcome = std::move(outcome)});
  }

  const Supervised supervised_;  // what breaks throws
  const Mailbox::Here here_;     // this is the shard's thread
};

}  // namespace pawl::testing
