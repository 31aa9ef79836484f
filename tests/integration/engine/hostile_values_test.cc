// Handlers and callers that hand over what is not JSON or not text: each is told, and nobody else notices.
#include <cmath>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pawl/engine.h"

#include "base/json_parse.h"
#include "persistence/data_check.h"
#include "tests/support/engine.h"
#include "tests/support/temporary_folder.h"

namespace pawl::testing {
namespace {

using ::testing::HasSubstr;

constexpr char kLatin1[] = "f\xFCr";
constexpr char kReplaced[] = "f\xEF\xBF\xBDr";

Json nested(std::size_t levels) {
  Json value = 1;
  for (std::size_t i = 0; i < levels; ++i) {
    boost::json::array around;
    around.push_back(std::move(value));
    value = std::move(around);
  }
  return value;
}

// In memory, and with a data directory.
class HostileValues : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    Options options{.shards = 1};
    if (GetParam()) options.data_dir = folder.path() / "data";
    auto opened = Engine::open(options);
    ASSERT_TRUE(opened) << describe(opened.error());
    engine = *std::move(opened);
  }
  void TearDown() override {
    // All that was said of anything is JSON.
    const auto all = engine->orchestrator().list_workflows();
    for (const WorkflowStatus& status : *all) {
      EXPECT_TRUE(is_stored_json(to_json_text(*engine->orchestrator().get_workflow(status.id)))) << status.id;
      if (!GetParam()) continue;
      const auto history = engine->orchestrator().get_history(status.id);
      for (const HistoryEvent& event : *history)
        EXPECT_TRUE(is_stored_json(to_json_text(event))) << to_json_text(event);
    }
    EXPECT_EQ(engine->orchestrator().metrics().restarts, 0U);
    engine.reset();
    if (!GetParam()) return;
    const auto found = check_data_directory(folder.path() / "data");
    for (const DataProblem& problem : found->problems)
      ADD_FAILURE() << problem.workflow << ", " << problem.where << ": " << problem.what;
  }

  // A task that ends as `handler` says, and one that reads what came of it.
  WorkflowReport run_task(HandlerFunction handler, HandlerMode mode = HandlerMode::blocking) {
    const std::string name = "hostile" + std::to_string(++handlers);
    EXPECT_TRUE(engine->handlers().add("user", name, std::move(handler), {.mode = mode}));
    TaskSpec first = user_task("first", name);
    first.allow_failure = true;
    TaskSpec reader = task("reader", {"first"}, "echo");
    reader.args = args("${{ tasks.first.result or tasks.first.error }}");
    WorkflowSpec spec = workflow({first, reader});
    return run(*engine, define(spec));
  }
  static std::string code_of(const TaskReport& task) { return std::string(task.error.parse().at("code").as_string()); }
  static std::string message_of(const TaskReport& task) {
    return std::string(task.error.parse().at("message").as_string());
  }

  TemporaryFolder folder;
  std::unique_ptr<Engine> engine;
  int handlers = 0;
};

INSTANTIATE_TEST_SUITE_P(Engines, HostileValues, ::testing::Bool(),
                         [](const auto& each) { return each.param ? "durable" : "memory"; });

TEST_P(HostileValues, text_of_an_exception_is_replaced_where_it_is_not_utf8) {
  const WorkflowReport report = run_task([](TaskContext&) -> TaskResult { throw std::runtime_error(kLatin1); });
  EXPECT_EQ(report.status.state, WorkflowState::completed);
  EXPECT_EQ(code_of(report.tasks[0]), "exception");
  EXPECT_EQ(message_of(report.tasks[0]), kReplaced);
  EXPECT_EQ(report.tasks[1].result.parse().at("message").as_string(), kReplaced);
}

TEST_P(HostileValues, results_that_are_not_json_fail_their_attempt) {
  for (const HandlerMode mode : {HandlerMode::blocking, HandlerMode::non_blocking}) {
    const auto fails_with = [&](const Json& result, const std::string& code) {
      const WorkflowReport report = run_task([&](TaskContext&) -> TaskResult { return result; }, mode);
      EXPECT_EQ(report.tasks[0].state, TaskState::failed);
      EXPECT_EQ(code_of(report.tasks[0]), code);
      EXPECT_EQ(report.tasks[1].result.parse().at("code"), Json(code));
    };
    fails_with(kLatin1, "invalid_argument");
    fails_with(boost::json::object{{kLatin1, 1}}, "invalid_argument");
    fails_with(std::nan(""), "invalid_argument");
    fails_with(nested(201), "limit_exceeded");
    EXPECT_EQ(run_task([](TaskContext&) -> TaskResult { return nested(200); }, mode).tasks[1].state,
              TaskState::completed);
  }
}

TEST_P(HostileValues, errors_of_any_bytes_are_told) {
  const WorkflowReport report = run_task([](TaskContext&) -> TaskResult {
    return std::unexpected(TaskError("io", kLatin1, boost::json::object{{kLatin1, kLatin1}, {"deep", nested(300)}}));
  });
  EXPECT_EQ(code_of(report.tasks[0]), "io");
  EXPECT_EQ(report.tasks[0].error.parse().at(kReplaced).as_string(), kReplaced);
  const WorkflowReport coded =
      run_task([](TaskContext&) -> TaskResult { return std::unexpected(TaskError(kLatin1, "it said")); });
  EXPECT_EQ(code_of(coded.tasks[0]), "invalid_argument");
  EXPECT_THAT(message_of(coded.tasks[0]), HasSubstr("it said"));
}

// A task that fails its workflow: what is said of that is made of what the task said.
TEST_P(HostileValues, a_workflow_fails_with_what_its_task_said) {
  ASSERT_TRUE(
      engine->handlers().add("user", "throws", [](TaskContext&) -> TaskResult { throw std::runtime_error(kLatin1); }));
  const WorkflowReport report = run(*engine, define({user_task("a", "throws")}));
  EXPECT_EQ(report.error.parse().at("message"), Json("task \"a\" failed: " + std::string(kReplaced)));
}

TEST_P(HostileValues, inputs_that_are_not_json_are_refused) {
  const auto refused = [&](Json value) {
    return engine->orchestrator()
        .create_workflow(define({task("a")}), {.input = boost::json::object{{"x", std::move(value)}}})
        .error();
  };
  EXPECT_EQ(refused(kLatin1).code, ErrorCode::invalid_argument);
  EXPECT_EQ(refused(kLatin1).field, "input.x");
  EXPECT_EQ(refused(boost::json::array{1, std::nan("")}).field, "input.x[1]");
  EXPECT_EQ(refused(nested(200)).code, ErrorCode::limit_exceeded);
  EXPECT_TRUE(
      engine->orchestrator().create_workflow(define({task("a")}), {.input = boost::json::object{{"x", nested(199)}}}));
}

TEST_P(HostileValues, args_made_in_code_are_refused_even_if_their_text_is_known) {
  TaskSpec null = task("null", {}, "echo");
  null.args = boost::json::array{nullptr};
  TaskSpec nan = task("nan", {}, "echo");
  nan.args = boost::json::array{std::nan("")};
  const auto made = make_definition(workflow({null, nan}));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().field, "tasks.nan.args[0]");
  nan.args = boost::json::array{nested(5'000)};
  EXPECT_EQ(make_definition(workflow({nan})).error().code, ErrorCode::limit_exceeded);
}

TEST_P(HostileValues, texts_of_operations_are_replaced_or_refused) {
  Orchestrator& o = engine->orchestrator();
  const DefinitionPtr definition = define({task("a")});
  const auto id = o.create_workflow(definition);
  ASSERT_TRUE(o.cancel_workflow(*id, {.reason = kLatin1}));
  EXPECT_EQ(o.get_workflow(*id).value().error.parse().at("message"), Json(kReplaced));
  EXPECT_EQ(o.create_workflow(definition, {.id = kLatin1}).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(o.create_workflow(definition, {.id = std::string("a\0b", 3)}).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(o.create_workflow(kLatin1, {task("a")}).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(o.register_executor(kLatin1, 1).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(engine->compensation().create_saga(kLatin1, {task("a")}).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(engine->policy().define_policy(kLatin1, RetryPolicy{}).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(engine->policy().define_policy("retry", boost::json::object{{"multiplier", std::nan("")}}).error().code,
            ErrorCode::invalid_argument);
  EXPECT_EQ(engine->policy().define_policy("retry", boost::json::object{{"x", nested(5'000)}}).error().code,
            ErrorCode::limit_exceeded);
  if (GetParam()) {
    EXPECT_EQ(engine->persistence().create_snapshot(*id, kLatin1).error().code, ErrorCode::invalid_argument);
    EXPECT_TRUE(engine->persistence().create_snapshot(*id, "für"));
  }
}

TEST_P(HostileValues, lines_and_progress_are_told_as_text) {
  std::mutex mutex;
  std::vector<std::string> told;
  double progress = -1;
  ASSERT_TRUE(engine->monitor().subscribe(
      [&](const WorkflowEvent& event) {
        const std::lock_guard lock(mutex);
        told.push_back(event.text);
        if (event.type == "task_progress") progress = event.progress;
      },
      {"task_output", "task_progress"}));
  run_task([](TaskContext& context) -> TaskResult {
    context.log(kLatin1);
    context.report_progress(std::nan(""), kLatin1);
    return nullptr;
  });
  const std::lock_guard lock(mutex);
  EXPECT_THAT(told, ::testing::ElementsAre(kReplaced, kReplaced));
  EXPECT_EQ(progress, 0);
}

// 200 levels come in, and the engine has room to build with them.
TEST_P(HostileValues, what_is_made_of_deep_values_has_a_limit_of_its_own) {
  ASSERT_TRUE(engine->handlers().add("user", "deep", [](TaskContext&) -> TaskResult { return nested(200); }));
  ASSERT_TRUE(engine->handlers().add("user", "depth", [](TaskContext& context) -> TaskResult {
    std::size_t depth = 0;
    for (const Json* value = &context.args(); value->is_array(); value = &value->get_array()[0]) ++depth;
    return Json(depth);
  }));
  TaskSpec reader = user_task("reader", "depth", {"deep"});
  const auto levels = [](const std::string& value, int count) {
    std::string lua = value;
    for (int i = 0; i < count; ++i) lua = fmt::format("{{{}}}", lua);
    return "${{ " + lua + " }}";
  };
  reader.args = boost::json::array{levels("tasks.deep.result", 50)};
  WorkflowSpec spec = workflow({user_task("deep", "deep"), reader});
  spec.output = boost::json::object{{"deep", "${{ tasks.deep.result }}"}};
  const WorkflowReport report = run(*engine, define(spec));
  EXPECT_EQ(report.status.state, WorkflowState::completed) << to_json_text(report);
  EXPECT_EQ(report.tasks[1].result.parse(), Json(251));
  EXPECT_TRUE(report.output.try_parse());
}

}  // namespace
}  // namespace pawl::testing
