// What becomes of specs made in code: every rule that a document keeps by its nature must be checked here too, for what
// is accepted must read back from its canonical form.
#include "definition/builder.h"

#include <limits>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "pawl/handler.h"

namespace pawl {
namespace {

TaskSpec noop(std::string id, std::vector<std::string> dependencies = {}) {
  TaskSpec spec;
  spec.id = std::move(id);
  spec.module = "test";
  spec.function = "noop";
  spec.dependencies = std::move(dependencies);
  return spec;
}

WorkflowSpec with(std::vector<TaskSpec> tasks) {
  WorkflowSpec spec;
  spec.name = "w";
  spec.tasks = std::move(tasks);
  return spec;
}

// "code: field: message" of the refusal, or nothing.
std::string refusal(const WorkflowSpec& spec, const DefinitionChecks& checks = {}) {
  const auto definition = make_definition(spec, checks);
  if (definition) return {};
  EXPECT_EQ(definition.error().line, 0U) << "there is no text to point at";
  return fmt::format("{}: {}", to_string(definition.error().code), describe(definition.error()));
}

// The refusal of a workflow whose only task was changed.
template <class Change>
std::string refusal_of_task(Change change) {
  TaskSpec task = noop("a");
  change(task);
  return refusal(with({task}));
}

TEST(Builder, keeps_everything_that_a_spec_says) {
  TaskSpec first = noop("first");
  first.name = "The First";
  first.args = boost::json::array{1, "${{ input.x }}"};
  TaskSpec second = noop("second", {"first"});
  second.when = "${{ tasks.first.result }}";
  second.timeout = std::chrono::seconds(3);
  second.retry_policy = RetryPolicy{.max_attempts = 7, .backoff = Backoff::linear};
  second.allow_failure = true;
  WorkflowSpec spec = with({first, second});
  spec.description = "d";
  spec.priority = Priority::high;
  spec.on_failure = OnFailure::continue_;
  spec.timeout = std::chrono::minutes(1);
  spec.output = "${{ tasks.second.result }}";
  const DefinitionPtr made = *make_definition(spec);

  EXPECT_EQ(made->name(), "w");
  EXPECT_EQ(made->description(), "d");
  EXPECT_EQ(made->priority(), Priority::high);
  EXPECT_EQ(made->on_failure(), OnFailure::continue_);
  EXPECT_EQ(made->timeout(), std::chrono::minutes(1));
  EXPECT_EQ(made->output().view(), R"("${{ tasks.second.result }}")");
  ASSERT_EQ(made->task_count(), 2U);
  EXPECT_EQ(made->task_name(0), "The First");
  EXPECT_EQ(made->task_name(1), "second") << "the id where there is no name";
  EXPECT_TRUE(made->args_have_places(0));
  EXPECT_FALSE(made->args_have_places(1));
  EXPECT_EQ(made->when(0), "");
  EXPECT_EQ(made->when(1), "tasks.first.result");
  EXPECT_EQ(made->rules(1).retry_policy, second.retry_policy);
  EXPECT_EQ(made->rules(1).timeout, second.timeout);
  EXPECT_TRUE(made->rules(1).allow_failure);
  EXPECT_EQ(made->find_task("second"), 1U);
  EXPECT_EQ(made->find_task("third"), std::nullopt);
}

TEST(Builder, shares_what_tasks_have_in_common_and_only_that) {
  TaskSpec other = noop("c");
  other.args = boost::json::array{1};
  other.timeout = std::chrono::seconds(1);
  const DefinitionPtr made = *make_definition(with({noop("a"), noop("b"), other}));
  EXPECT_EQ(made->args(0).view().data(), made->args(1).view().data());
  EXPECT_EQ(&made->rules(0), &made->rules(1));
  EXPECT_NE(&made->rules(0), &made->rules(2));
  EXPECT_EQ(made->handlers().size(), 1U);
}

TEST(Builder, refuses_an_empty_workflow_and_a_task_that_is_there_twice) {
  EXPECT_EQ(refusal(with({})), "invalid_argument: tasks: there are no tasks; a workflow needs at least one");
  EXPECT_EQ(refusal(with({noop("a"), noop("a")})), "invalid_argument: tasks.a: there are two tasks \"a\"");
}

TEST(Builder, refuses_what_no_document_could_say) {
  const std::string nul("a\0b", 3);
  EXPECT_EQ(refusal_of_task([](TaskSpec& task) { task.args = boost::json::array{"\xFF"}; }),
            "invalid_argument: tasks.a.args[0]: is not valid UTF-8");
  EXPECT_EQ(refusal_of_task([&](TaskSpec& task) {
              task.args = boost::json::array{boost::json::object{{"deep", boost::json::array{1, nul}}}};
            }),
            "invalid_argument: tasks.a.args[0].deep[1]: contains the character U+0000, which is not accepted");
  EXPECT_EQ(refusal_of_task([&](TaskSpec& task) { task.args = boost::json::array{boost::json::object{{nul, 1}}}; }),
            "invalid_argument: tasks.a.args[0]: contains the character U+0000, which is not accepted");
  EXPECT_EQ(
      refusal_of_task([](TaskSpec& task) { task.args = boost::json::array{std::numeric_limits<double>::infinity()}; }),
      "invalid_argument: tasks.a.args[0]: is a number that JSON cannot hold");
  EXPECT_EQ(refusal_of_task([](TaskSpec& task) { task.args = "no array"; }),
            "invalid_argument: tasks.a.args: must be an array of positional arguments; pawl::args(...) makes one");
  EXPECT_EQ(refusal_of_task([](TaskSpec& task) { task.module = ""; }),
            "invalid_argument: tasks.a.module: must not be empty");
  WorkflowSpec spec = with({noop("a")});
  spec.description = nul;
  EXPECT_EQ(refusal(spec), "invalid_argument: description: contains the character U+0000, which is not accepted");
  spec = with({noop("a")});
  spec.input = boost::json::array{};
  EXPECT_EQ(refusal(spec), "invalid_argument: input: must be an object of default values");
  spec = with({noop("a")});
  spec.output = boost::json::array{"\x80"};
  EXPECT_EQ(refusal(spec), "invalid_argument: output[0]: is not valid UTF-8");
}

TEST(Builder, refuses_values_that_are_nested_too_deeply_to_be_read_back) {
  const auto nested = [](int levels) {
    Json value = boost::json::array{};
    for (int i = 1; i < levels; ++i) value = boost::json::array{std::move(value)};
    return value;
  };
  // Around the args are the workflow, its tasks, and the task.
  TaskSpec task = noop("a");
  task.args = nested(97);
  const auto deepest = make_definition(with({task}));
  ASSERT_TRUE(deepest) << describe(deepest.error());
  EXPECT_TRUE(read_definition(to_canonical_json(**deepest)));
  task.args = nested(98);
  EXPECT_TRUE(refusal(with({task})).ends_with("nested deeper than 100 levels, the limit")) << refusal(with({task}));
}

TEST(Builder, refuses_more_than_its_limits) {
  const DefinitionChecks checks{.limits = {.tasks = 2, .dependencies = 2, .args_bytes = 10}};
  EXPECT_EQ(refusal(with({noop("a"), noop("b"), noop("c")}), checks),
            "limit_exceeded: tasks: more than 2 tasks; split the workflow");
  EXPECT_EQ(refusal(with({noop("a", {"b", "x"}), noop("b", {"c"})}), checks),
            "limit_exceeded: tasks.b: more than 2 dependencies in all");
  TaskSpec large = noop("a");
  large.args = boost::json::array{"1234567"};
  EXPECT_EQ(refusal(with({large}), checks), "limit_exceeded: tasks.a.args: takes 11 bytes as JSON; the limit is 10");
  large.args = boost::json::array{"123456"};
  EXPECT_EQ(refusal(with({large}), checks), "");
  WorkflowSpec spec = with({noop("a")});
  spec.input = boost::json::object{{"key", "value"}};
  EXPECT_EQ(refusal(spec, checks), "limit_exceeded: input: takes 15 bytes as JSON; the limit is 10");
  spec = with({noop("a")});
  spec.output = "a long output";
  EXPECT_EQ(refusal(spec, checks), "limit_exceeded: output: takes 15 bytes as JSON; the limit is 10");
}

TEST(Builder, checks_the_args_of_every_task_even_if_they_are_spelled_the_same) {
  // Both name task `a`, and only one of them may.
  TaskSpec b = noop("b", {"a"});
  b.args = boost::json::array{"${{ tasks.a.result }}"};
  TaskSpec c = b;
  c.id = "c";
  c.dependencies.clear();
  EXPECT_EQ(refusal(with({noop("a"), b})), "");
  EXPECT_EQ(refusal(with({noop("a"), b, c})),
            "invalid_argument: tasks.c.args[0]: refers to task \"a\", which need not have ended by then; add it to the "
            "dependencies of \"c\"");
}

// Knows one handler, and has something against its args.
class Picky final : public Handlers {
 public:
  explicit Picky(std::string field) : field_(std::move(field)) {}
  Result<void> add(std::string, std::string, HandlerFunction, HandlerOptions) override { return {}; }
  Result<void> check(std::string_view, std::string_view, const Json* args) const override {
    if (args == nullptr) return {};
    return fail(ErrorCode::invalid_argument, "will not do", field_);
  }

 private:
  std::string field_;
};

TEST(Builder, says_where_a_handler_finds_its_args_wrong) {
  const auto field_for = [](const std::string& named) {
    const Picky picky(named);
    return make_definition(with({noop("a")}), {.handlers = &picky}).error().field;
  };
  EXPECT_EQ(field_for("args"), "tasks.a.args");
  EXPECT_EQ(field_for("args[1].cwd"), "tasks.a.args[1].cwd");
  EXPECT_EQ(field_for("args[1].env.A-B"), "tasks.a.args[1].env[\"A-B\"]");
  EXPECT_EQ(field_for("args[x"), "tasks.a.args[\"[x\"]");
  EXPECT_EQ(field_for(""), "tasks.a");
}

TEST(Builder, leaves_args_that_are_not_known_yet_to_the_handler) {
  const Picky picky("args");
  TaskSpec task = noop("a");
  task.args = boost::json::array{"${{ input.x }}"};
  EXPECT_TRUE(make_definition(with({task}), {.handlers = &picky}));
}

TEST(Builder, knows_which_tasks_wait) {
  struct Case {
    const char* module;
    const char* function;
    bool waits;
  };
  for (const auto& [module, function, waits] :
       {Case("timer", "sleep", true), Case("timer", "until", true), Case("test", "sleep", false),
        // Modules that users may have: what their handlers do is work.
        Case("timer", "mine", false), Case("signal", "sleep", false)}) {
    TaskSpec task = noop("a");
    task.module = module;
    task.function = function;
    EXPECT_EQ((*make_definition(with({task})))->waits(0), waits) << module << ':' << function;
  }
}

}  // namespace
}  // namespace pawl
