// What is stored of one workflow and makes no sense is that workflow's affair: its task fails, or it is put into
// quarantine, and its neighbours on the same shard do not notice. The rows are as older versions, or bad disks, left
// them.
#include <atomic>
#include <span>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pawl/engine.h"

#include "core/stored_state.h"
#include "model/encoding.h"
#include "persistence/data_check.h"
#include "persistence/keys.h"
#include "persistence/rocksdb/rocksdb_rows.h"
#include "tests/support/engine.h"
#include "tests/support/temporary_folder.h"

namespace pawl::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

constexpr char kLatin1Message[] = "\"f\xFCr\"";

class Quarantine : public ::testing::Test {
 protected:
  std::unique_ptr<Engine> open() {
    auto engine = Engine::open({.shards = 1, .data_dir = folder.path() / "data"});
    EXPECT_TRUE(engine) << describe(engine.error());
    return *std::move(engine);
  }
  void put(Space space, const std::string& key, const std::string& value) {
    const auto rows = RocksDbRows::open(folder.path() / "data");
    ASSERT_TRUE(rows);
    const auto batch = (*rows)->new_batch();
    batch->put(space, key, value);
    ASSERT_TRUE((*rows)->write(*batch, Sync::yes));
  }
  void create(const DefinitionPtr& definition, const std::string& id, const CreateOptions& options = {}) {
    CreateOptions named = options;
    named.id = id;
    const auto engine = open();
    for (const HandlerName& handler : definition->handlers())
      (void)engine->handlers().add(handler.module, handler.function,
                                   [](TaskContext&) -> TaskResult { return nullptr; });
    ASSERT_TRUE(engine->orchestrator().create_workflow(definition, named));
  }
  // What has happened to workflow `id` since its creation.
  void add_history(const std::string& id, const std::vector<Event>& events) {
    const std::span<const Event> piece(events);
    std::string bytes;
    ASSERT_TRUE(EventEncoder().encode(std::span(&piece, 1), bytes));
    put(Space::history, keys::history(id, 1), bytes);
  }
  // A running workflow of one task, which no queue holds although it may start: to take it out breaks an invariant.
  void store_bad_state(const DefinitionPtr& definition, const std::string& id, bool is_queued) {
    create(definition, id);
    core::Workflow state;
    state.facts = std::make_shared<const WorkflowFacts>(
        WorkflowFacts{.id = WorkflowId(id), .definition = definition, .input = JsonText::copy_of("{}")});
    state.state = WorkflowState::running;
    state.created_at = state.started_at = state.times_out_from = Timestamp(std::chrono::seconds(1));
    state.tasks.resize(definition->action_count());
    state.event_count = 1;
    if (is_queued) {  // and one that has ended is in the queue
      state.tasks[0].state = TaskState::completed;
      state.tasks[1].waiting_on = 1;
      state.ready.push(0);
    }
    put(Space::checkpoints, id, keys::big_endian(1) + core::encode_state(state));
  }
  std::vector<std::string> problems() {
    std::vector<std::string> found;
    const auto report = check_data_directory(folder.path() / "data");
    for (const DataProblem& problem : report->problems)
      found.push_back(problem.workflow + " | " + problem.where + " | " + problem.what);
    return found;
  }

  TemporaryFolder folder;
};

TEST_F(Quarantine, a_result_that_is_not_json_fails_the_task_that_reads_it) {
  TaskSpec reader = task("b", {"a"}, "echo");
  reader.args = args("${{ tasks.a.result }}");
  TaskSpec other = task("c", {"a"});
  create(define({task("a"), reader, other}), "old");
  const Timestamp then(std::chrono::seconds(1'700'000'000));
  add_history("old", {event::WorkflowStarted{.at = then}, event::TaskStarted{.action = 0, .attempt = 1, .at = then},
                      event::TaskCompleted{
                          .action = 0, .attempt = 1, .at = then, .result = JsonText::copy_of(kLatin1Message)}});
  EXPECT_THAT(problems(), Contains("old | history, event 3 | the result is not valid JSON"));

  const auto engine = open();
  Orchestrator& o = engine->orchestrator();
  const auto report = o.wait_workflow("old");
  ASSERT_TRUE(report) << describe(report.error());
  EXPECT_EQ(report->status.state, WorkflowState::failed);
  EXPECT_EQ(report->tasks[1].error.parse().at("code"), "corruption");
  EXPECT_EQ(report->tasks[2].state, TaskState::completed);
  EXPECT_TRUE(parse_json(to_json_text(*report)));
  const auto history = o.get_history("old");
  for (const HistoryEvent& event : *history) EXPECT_TRUE(parse_json(to_json_text(event)));
  EXPECT_EQ(run(*engine, define({task("a")})).status.state, WorkflowState::completed);
  EXPECT_EQ(o.metrics().restarts, 0U);
}

TEST_F(Quarantine, a_handler_is_told_of_a_result_that_is_not_json) {
  create(define({task("a"), user_task("b", "read", {"a"})}), "old");
  const Timestamp then(std::chrono::seconds(1'700'000'000));
  add_history("old", {event::WorkflowStarted{.at = then}, event::TaskStarted{.action = 0, .attempt = 1, .at = then},
                      event::TaskCompleted{
                          .action = 0, .attempt = 1, .at = then, .result = JsonText::copy_of(kLatin1Message)}});
  const auto engine = open();
  ASSERT_TRUE(engine->handlers().add("user", "read", [](TaskContext& context) -> TaskResult {
    const Result<Json> result = context.result_of("a");
    return result ? TaskResult(*result) : TaskResult(std::unexpected(TaskError(result.error())));
  }));
  EXPECT_EQ(engine->orchestrator().wait_workflow("old").value().tasks[1].error.parse().at("code"), "corruption");
}

// An error of an older version: what a workflow fails with is made of it.
TEST_F(Quarantine, an_error_that_is_not_json_fails_its_workflow_and_nobody_else) {
  WorkflowSpec spec = workflow({task("a"), task("b")});
  spec.on_failure = OnFailure::continue_;
  create(define(spec), "old");
  const Timestamp then(std::chrono::seconds(1'700'000'000));
  add_history("old",
              {event::WorkflowStarted{.at = then}, event::TaskStarted{.action = 0, .attempt = 1, .at = then},
               event::TaskFailed{.action = 0, .attempt = 1, .at = then, .error = JsonText::copy_of(kLatin1Message)}});
  const auto engine = open();
  const auto report = engine->orchestrator().wait_workflow("old");
  ASSERT_TRUE(report) << describe(report.error());
  EXPECT_EQ(report->status.state, WorkflowState::failed);
  EXPECT_EQ(report->error.parse().at("code"), "corruption");
  const auto letter = engine->policy().get_dead_letter({.workflow = "old", .task = "a"});
  ASSERT_TRUE(letter) << describe(letter.error());
  EXPECT_TRUE(parse_json(to_json_text(*letter)));
  EXPECT_EQ(engine->orchestrator().metrics().restarts, 0U);
}

TEST_F(Quarantine, an_input_that_is_not_json_quarantines_its_workflow) {
  const DefinitionPtr definition = define({task("a")});
  create(definition, "good");
  create(definition, "old");
  const WorkflowFacts facts{
      .id = WorkflowId("old"), .definition = definition, .input = JsonText::copy_of(kLatin1Message)};
  const std::vector<Event> events = {event::WorkflowCreated{.at = Timestamp(std::chrono::seconds(1)),
                                                            .facts = std::make_shared<const WorkflowFacts>(facts)}};
  const std::span<const Event> piece(events);
  std::string bytes;
  ASSERT_TRUE(EventEncoder().encode(std::span(&piece, 1), bytes));
  put(Space::history, keys::history("old", 0), bytes);
  EXPECT_THAT(
      problems(),
      Contains("old | history, event 0 | stored bytes cannot be decoded: the input of workflow \"old\" is not JSON"));
  const auto engine = open();
  const auto quarantined = engine->orchestrator().list_quarantined();
  ASSERT_EQ(quarantined->size(), 1U);
  EXPECT_THAT(quarantined->front().reason, HasSubstr("the input of workflow \"old\" is not JSON"));
  ASSERT_TRUE(engine->orchestrator().execute_workflow("good"));
  EXPECT_EQ(engine->orchestrator().wait_workflow("good").value().status.state, WorkflowState::completed);
}

// An invariant that breaks in the middle of a decision.
TEST_F(Quarantine, a_decision_that_breaks_an_invariant_is_taken_back) {
  store_bad_state(define({task("a")}), "bad", false);
  Gate gate;
  const auto engine = open();
  Orchestrator& o = engine->orchestrator();
  ASSERT_TRUE(engine->handlers().add("user", "gate", gate.handler()));
  ASSERT_TRUE(o.start_workflow(define({user_task("a", "gate")}), {.id = "good"}));
  gate.started.get_future().wait();
  EXPECT_EQ(o.skip_task("bad", "a").error().code, ErrorCode::corruption);
  // It is found, as it is stored, with the reason; and refused.
  EXPECT_EQ(o.get_workflow("bad").value().status.state, WorkflowState::running);
  EXPECT_EQ(o.explain_workflow("bad").value().front().code, "quarantined");
  EXPECT_EQ(o.cancel_workflow("bad").error().code, ErrorCode::corruption);
  EXPECT_EQ(o.wait_workflow("bad").error().code, ErrorCode::corruption);
  EXPECT_EQ(o.create_workflow(define({task("a")}), {.id = "bad"}).error().code, ErrorCode::already_exists);
  EXPECT_EQ(o.list_quarantined().value().size(), 1U);
  EXPECT_EQ(o.metrics().quarantined, 1U);
  EXPECT_EQ(o.metrics().restarts, 0U);
  gate.released.set_value();
  const auto good = o.wait_workflow("good");
  EXPECT_EQ(good->tasks[0].attempt, 1U) << "its attempt was not disturbed";
  EXPECT_EQ(good->tasks[0].result.parse(), "went through");
  EXPECT_EQ(o.metrics().task_slots_in_use, 0U);
}

// Whoever waits for it when it breaks is told.
TEST_F(Quarantine, those_who_wait_are_told) {
  store_bad_state(define({task("a")}), "bad", false);
  const auto engine = open();
  std::promise<void> asked;
  std::thread other([&] {
    asked.get_future().wait();
    EXPECT_EQ(engine->orchestrator().skip_task("bad", "a").error().code, ErrorCode::corruption);
  });
  ASSERT_TRUE(engine->orchestrator().get_workflow("bad"));
  asked.set_value();
  EXPECT_EQ(engine->orchestrator().wait_workflow("bad").error().code, ErrorCode::corruption);
  other.join();
}

// A queue that says that an ended task may start: found when the shard is at it, not by any command. The next eight
// processes find it, too, and no other workflow's attempts count as crashed for that.
TEST_F(Quarantine, is_no_crash_of_its_neighbours) {
  const DefinitionPtr good = define({user_task("a", "stops")});
  for (int i = 0; i < 4; ++i) create(good, "good" + std::to_string(i));
  store_bad_state(define({task("a"), task("b", {"a"})}), "bad", true);
  constexpr int kProcesses = 8;
  for (int i = 0; i <= kProcesses; ++i) {
    std::atomic<int> running{0};
    std::promise<void> all_run;
    const auto engine = open();
    Orchestrator& o = engine->orchestrator();
    ASSERT_TRUE(engine->handlers().add("user", "stops", [&](TaskContext& context) -> TaskResult {
      if (i == kProcesses) return Json("done");
      if (++running == 4) all_run.set_value();
      std::promise<void> stopped;
      const std::stop_callback on_stop(context.stop_token(), [&] { stopped.set_value(); });
      stopped.get_future().wait();
      return nullptr;
    }));
    for (int k = 0; k < 4 && i == 0; ++k) {
      ASSERT_TRUE(o.execute_workflow("good" + std::to_string(k)));
    }
    if (i < kProcesses) all_run.get_future().wait();
    for (int k = 0; k < 4 && i == kProcesses; ++k) {
      const auto report = o.wait_workflow("good" + std::to_string(k));
      ASSERT_TRUE(report);
      EXPECT_EQ(report->tasks[0].result.parse(), "done") << to_json_text(*report);
    }
    EXPECT_EQ(o.list_quarantined().value().size(), 1U);
    EXPECT_EQ(o.metrics().restarts, 0U);
  }
}

}  // namespace
}  // namespace pawl::testing
