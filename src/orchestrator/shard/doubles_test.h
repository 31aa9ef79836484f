// What tests of a shard's parts stand on: a clock that stands, a store and a runner that do nothing by themselves, and
// workflows in memory.
#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/time.h"
#include "core/decide.h"
#include "orchestrator/definition_library.h"
#include "orchestrator/shard/end_waiters.h"
#include "orchestrator/shard/workflow_table.h"
#include "persistence/volatile_store.h"
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
    std::vector<std::string> by{};  // of each piece
    bool has_checkpoint = false;
    std::uint64_t history_from = 0;
    bool has_summary = false;
    bool replaces = false;
    bool letters_anew = false;
    std::size_t letters = 0;
    bool goes = false;
  };
  struct KeptBatch {
    Epoch epoch{};
    std::uint64_t sequence = 0;
    std::vector<KeptWorkflow> workflows;
    std::vector<RecordChange> records;
    bool makes_room = false;
  };
  bool durable = true;
  std::vector<KeptBatch> batches;
  CommitListener* listener = nullptr;

  [[nodiscard]] bool is_durable() const override { return durable; }
  void commit(const Commit& batch, CommitListener& told) override {
    listener = &told;
    KeptBatch& kept = batches.emplace_back(KeptBatch{.epoch = batch.epoch, .sequence = batch.sequence});
    kept.makes_room = batch.makes_room;
    kept.records.assign(batch.records.begin(), batch.records.end());
    for (const WorkflowChange& each : batch.workflows) {
      std::size_t events = 0;
      for (const auto& piece : each.events) events += piece.size();
      kept.workflows.push_back({.id = each.id(),
                                .first_event = each.first_event,
                                .events = events,
                                .by = {each.by.begin(), each.by.end()},
                                .has_checkpoint = !each.checkpoint.empty(),
                                .history_from = each.history_from,
                                .has_summary = each.summary != nullptr,
                                .replaces = each.replaced != nullptr,
                                .letters_anew = each.letters && each.letters->anew,
                                .letters = each.letters ? each.letters->changes.size() : 0,
                                .goes = each.removal != nullptr});
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
  (void)apply_alone(workflow, command::CreateWorkflow{facts_of(std::move(id), workflow.bound->definition, priority)});
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

}  // namespace pawl::testing
