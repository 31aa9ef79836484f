// Plays every scenario of this folder: README.md says how they are written.
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "base/time.h"
#include "definition/document.h"
#include "definition/spec.h"
#include "monitor/workflow_event.h"
#include "orchestrator/report.h"
#include "tests/scenario/stage.h"

namespace pawl::testing {
namespace {

namespace fs = std::filesystem;

std::string text_of(const Json& json) { return json.is_string() ? std::string(json.get_string()) : to_json_text(json); }

// The member, or null.
Json member(const Json& json, std::string_view name) {
  const auto* const object = json.if_object();
  const Json* const found = object == nullptr ? nullptr : object->if_contains(name);
  return found == nullptr ? Json() : *found;
}

std::chrono::milliseconds duration_of(const Json& json) {
  if (json.is_int64()) return std::chrono::milliseconds(json.get_int64());
  const Result<Duration> duration = parse_duration(text_of(json));
  EXPECT_TRUE(duration) << text_of(json);
  return duration.value_or(Duration(0));
}

// Where `wanted` says something, `is` says the same; what it does not mention may be there.
bool agrees(const Json& is, const Json& wanted) {
  if (!wanted.is_object()) return is == wanted;
  if (!is.is_object()) return false;
  for (const auto& each : wanted.get_object()) {
    const Json* const found = is.get_object().if_contains(each.key());
    if (found == nullptr || !agrees(*found, each.value())) return false;
  }
  return true;
}

class Scenario {
 public:
  explicit Scenario(const Json& script) : script_(script.as_object()) {}

  void play() {
    const Json policies = member(script_, "policies");
    if (policies.is_object()) {
      for (const auto& policy : policies.get_object())
        ASSERT_TRUE(stage_.define_policy(policy.key(), config_of(policy.value())));
    }
    definition_ = read(definition_text());
    const Json count = member(script_, "workflows");
    for (std::int64_t i = 0; i < (count.is_null() ? 1 : count.as_int64()); ++i)
      stage_.create(fmt::format("w{}", i), definition_);
    for (const Json& step : script_.at("steps").as_array()) {
      SCOPED_TRACE(fmt::format("step {}: {}", ++step_, to_json_text(step)));
      take(step);
      ASSERT_EQ(stage_.violation(), "");
      if (::testing::Test::HasFailure()) return;
    }
  }

 private:
  // Tasks that do not say what they do are done by the scenario.
  [[nodiscard]] Json definition_text() const {
    Json definition = script_.at("definition");
    if (!definition.as_object().contains("name")) definition.as_object()["name"] = "scenario";
    const auto give_work = [](Json& action) {
      if (action.is_null()) action = boost::json::object();
      boost::json::object& members = action.as_object();
      if (members.contains("module") || members.contains("run") || members.contains("sleep")) return;
      members["module"] = "sim";
      members["function"] = "work";
    };
    for (auto& task : definition.as_object()["tasks"].as_object()) {
      give_work(task.value());
      if (Json* const compensation = task.value().as_object().if_contains("compensation")) give_work(*compensation);
    }
    return definition;
  }

  DefinitionPtr read(const Json& json) {
    Result<DefinitionPtr> definition =
        read_definition(to_json_text(json), "scenario.json", {.limits = {}, .handlers = &stage_.handlers()});
    EXPECT_TRUE(definition) << describe(definition.error());
    return *std::move(definition);
  }

  static PolicyConfig config_of(const Json& policy) {
    boost::json::object config = policy.as_object();
    const Result<PolicyKind> kind = parse_policy_kind(text_of(config.at("kind")));
    EXPECT_TRUE(kind);
    config.erase("kind");
    const Result<PolicyConfig> parsed = parse_policy(*kind, config);
    EXPECT_TRUE(parsed) << describe(parsed.error());
    return *parsed;
  }

  // One step: a word, or an object whose first member is the word, with what it is about. `workflow` and `refused` may
  // stand beside it.
  void take(const Json& step) {
    const std::string verb = step.is_string() ? text_of(step) : std::string(step.as_object().begin()->key());
    const Json about = step.is_string() ? Json() : step.as_object().begin()->value();
    const Json named = member(step, "workflow");
    workflow_ = named.is_null() ? "w0" : text_of(named);
    if (verb == "expect") return expect(about);
    if (verb == "wait") return stage_.wait(duration_of(about));
    if (verb == "crash") return stage_.crash();
    if (verb == "complete" || verb == "fail") return finish(verb, about);
    if (verb == "update") {
      const auto& policy = *about.as_object().begin();
      sim::SimNode& node = stage_.node();
      const Result<void> updated =
          node.make(node.policies().update(std::string(policy.key()), config_of(policy.value())));
      ASSERT_TRUE(updated) << describe(updated.error());
      return stage_.wait(std::chrono::milliseconds(0));
    }
    const Result<void> done = ask(verb, about);
    const Json refused = member(step, "refused");
    if (refused.is_null()) {
      ASSERT_TRUE(done) << describe(done.error());
    } else {
      ASSERT_FALSE(done) << "it was not refused";
      EXPECT_EQ(to_string(done.error().code), text_of(refused)) << describe(done.error());
    }
  }

  void finish(const std::string& verb, const Json& about) {
    const std::string action = about.is_object() ? text_of(about.at("task")) : text_of(about);
    AttemptOutcome outcome;
    if (verb == "complete") {
      outcome.result = JsonText::from(member(about, "result"));
    } else {
      const Json code = member(about, "code");
      auto error = std::make_unique<TaskError>(code.is_null() ? "boom" : text_of(code), "as the scenario has it");
      if (const Json message = member(about, "message"); !message.is_null()) error->message = text_of(message);
      if (const Json after = member(about, "retry_after"); !after.is_null()) error->retry_after = duration_of(after);
      if (const Json retryable = member(about, "retryable"); !retryable.is_null())
        error->retryable = retryable.as_bool();
      outcome.error = std::move(error);
    }
    ASSERT_TRUE(stage_.finish(workflow_, action, std::move(outcome))) << "no attempt was made";
  }

  Result<void> ask(const std::string& verb, const Json& about) {
    if (verb == "register") {
      Json definition = definition_text();
      const auto& entry = *about.as_object().begin();
      definition.as_object()["tasks"].as_object()[entry.key()].as_object()["compensation"] = entry.value();
      return stage_.register_compensation(workflow_, read(definition));
    }
    return stage_.ask(workflow_, [&](Shard& shard, LiveWorkflow& live) -> Result<void> {
      if (verb == "execute") return shard.lifecycle().execute(live);
      if (verb == "retry") return shard.lifecycle().revive(live, command::ReviveWorkflow{});
      if (verb == "compensate")
        return shard.lifecycle().revive(live, command::CompensateWorkflow{tasks_of(live, about)});
      if (verb == "redrive" && text_of(about).starts_with(kUndo))
        return shard.lifecycle().revive(
            live, command::RedriveCompensation{task_of(live, text_of(about).substr(kUndo.size()))});
      if (verb == "redrive" || verb == "rerun") {
        const bool undo_first = about.is_object() && about.get_object().contains("undo_first");
        const Json& task = about.is_object() ? about.at("task") : about;
        return shard.lifecycle().revive(
            live,
            command::ReviveWorkflow{.start = task_of(live, task), .rerun = verb == "rerun", .undo_first = undo_first});
      }
      return shard.lifecycle().command(live, command_of(live, verb, about));
    });
  }

  Command command_of(const LiveWorkflow& live, const std::string& verb, const Json& about) {
    if (verb == "pause") return command::PauseWorkflow{};
    if (verb == "resume") return command::ResumeWorkflow{};
    if (verb == "fail_workflow") return command::FailWorkflow{text_of(about)};
    if (verb == "skip") return command::SkipTask{task_of(live, about)};
    if (verb == "discard") {
      const std::string named = text_of(about);
      const bool undoes = named.starts_with(kUndo);
      const TaskIndex task = task_of(live, undoes ? named.substr(kUndo.size()) : named);
      return command::DiscardDeadLetter{.action = {task, undoes}, .reason = "enough"};
    }
    // Somebody reports an outcome of an attempt by its number.
    if (verb == "report")
      return command::CompleteTask{
          task_of(live, about.at("task")), static_cast<std::uint32_t>(about.at("attempt").as_int64()), {}};
    if (verb == "cancel") {
      command::CancelWorkflow cancel;
      if (const Json grace = member(about, "grace"); !grace.is_null()) cancel.grace = duration_of(grace);
      if (const Json compensate = member(about, "compensate"); !compensate.is_null())
        cancel.compensate = compensate.as_bool();
      return cancel;
    }
    ADD_FAILURE() << "there is no step " << verb;
    return command::PauseWorkflow{};
  }

  static constexpr std::string_view kUndo = "undo ";

  static TaskIndex task_of(const LiveWorkflow& live, const std::string& id) {
    const auto task = live.state.definition().find_task(id);
    EXPECT_TRUE(task) << "there is no task " << id;
    return task.value_or(0);
  }
  static TaskIndex task_of(const LiveWorkflow& live, const Json& id) { return task_of(live, text_of(id)); }
  static std::vector<TaskIndex> tasks_of(const LiveWorkflow& live, const Json& ids) {
    std::vector<TaskIndex> tasks;
    if (ids.is_array())
      for (const Json& id : ids.get_array()) tasks.push_back(task_of(live, id));
    return tasks;
  }

  // What the report of the workflow says, and what it does not.
  void expect(const Json& wanted) {
    boost::json::object report = wanted.as_object();
    for (const auto& [name, check] : kChecks) {
      if (const Json* const value = report.if_contains(name)) (this->*check)(*value);
      report.erase(name);
    }
    const std::string is = to_json_text(report_of(stage_.state_of(workflow_)));
    EXPECT_TRUE(agrees(*parse_json(is), report)) << "it is " << is;
  }

  // The attempts that are being made now.
  void expect_running(const Json& wanted) {
    boost::json::array running;
    for (const auto& each : stage_.runner().open())
      if (each.workflow == workflow_ && !each.told_to_stop) running.emplace_back(each.action);
    EXPECT_EQ(Json(running), wanted);
  }
  void expect_stopped(const Json& wanted) {
    boost::json::array stopped;
    for (const auto& each : stage_.runner().open())
      if (each.workflow == workflow_ && each.told_to_stop) stopped.emplace_back(each.action);
    EXPECT_EQ(Json(stopped), wanted);
  }
  void expect_attempts(const Json& wanted) {
    for (const auto& each : wanted.as_object())
      EXPECT_EQ(stage_.runner().attempts(workflow_, each.key()), static_cast<std::size_t>(each.value().as_int64()))
          << each.key();
  }
  void expect_dead_letters(const Json& wanted) {
    boost::json::array letters;
    for (const DeadLetter& letter : stage_.dead_letters())
      if (letter.id.workflow == workflow_)
        letters.emplace_back((letter.id.compensation ? "undo " : "") + letter.id.task);
    EXPECT_EQ(Json(letters), wanted);
  }
  void expect_breakers(const Json& wanted) {
    for (const auto& each : wanted.as_object()) {
      const Result<BreakerReport> report = stage_.node().policies().check_breaker(each.key());
      ASSERT_TRUE(report);
      EXPECT_EQ(to_string(report->state), text_of(each.value()));
    }
  }
  void expect_held(const Json& wanted) {
    boost::json::array held;
    const core::Workflow state = stage_.state_of(workflow_);
    for (TaskIndex task = 0; task < state.task_count(); ++task)
      if (state.tasks[task].held) held.emplace_back(std::string(state.definition().task_id(task)));
    EXPECT_EQ(Json(held), wanted);
  }
  // These happened in this order, among others: "task_failed a".
  void expect_events(const Json& wanted) {
    const core::Workflow state = stage_.state_of(workflow_);
    std::vector<std::string> told;
    for (const Event& event : stage_.events_of(workflow_)) {
      const WorkflowEvent words = to_workflow_event(*state.facts, event, state.created_at);
      told.push_back(std::string(words.type) + (words.task.empty() ? "" : " " + words.task) +
                     (words.policy_version > 0 ? fmt::format(" v{}", words.policy_version) : ""));
    }
    auto next = told.begin();
    for (const Json& each : wanted.as_array()) {
      next = std::find(next, told.end(), text_of(each));
      ASSERT_NE(next, told.end()) << text_of(each) << " is not where it should be:\n"
                                  << fmt::to_string(fmt::join(told, "\n"));
      ++next;
    }
  }

  using Check = void (Scenario::*)(const Json&);
  static constexpr std::pair<const char*, Check> kChecks[] = {
      {"running", &Scenario::expect_running},   {"stopped", &Scenario::expect_stopped},
      {"attempts", &Scenario::expect_attempts}, {"dead_letters", &Scenario::expect_dead_letters},
      {"breakers", &Scenario::expect_breakers}, {"held", &Scenario::expect_held},
      {"events", &Scenario::expect_events}};

  const Json script_;
  Stage stage_;
  DefinitionPtr definition_;
  std::string workflow_;
  int step_ = 0;
};

std::vector<fs::path> scenarios() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(PAWL_SOURCE "/tests/scenario"))
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

class Scenarios : public ::testing::TestWithParam<fs::path> {};

TEST_P(Scenarios, play_out) {
  std::ifstream in(GetParam());
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto document = definition::Document::parse(text, definition::guess_format(GetParam().string(), text));
  ASSERT_TRUE(document) << describe(document.error());
  Scenario(document->root().to_json()).play();
}

// Tasks that fail together do not come back together: their next attempts are spread over the whole window.
TEST(Jitter, spreads_tasks_that_fail_together_over_the_window) {
  constexpr int kTasks = 200;
  WorkflowSpec spec{.name = "together"};
  for (int i = 0; i < kTasks; ++i) {
    TaskSpec task{.id = fmt::format("t{}", i), .module = "sim", .function = "work"};
    task.retry_policy = RetryPolicy{.max_attempts = 2, .base_delay = std::chrono::seconds(10), .jitter = 0.5};
    spec.tasks.push_back(std::move(task));
  }
  Stage stage;
  stage.create("w", *make_definition(spec));
  ASSERT_TRUE(stage.ask("w", [](Shard& shard, LiveWorkflow& live) { return shard.lifecycle().execute(live); }));
  for (const TaskSpec& task : spec.tasks)
    ASSERT_TRUE(
        stage.finish("w", task.id, {.result = {}, .error = std::make_unique<TaskError>("boom", "all at once")}));
  const std::vector<Event> events = stage.events_of("w");
  constexpr std::size_t kParts = 10;
  std::size_t parts[kParts] = {};
  for (const Event& event : events) {
    const auto* const retry = std::get_if<event::TaskRetryScheduled>(&event);
    if (retry == nullptr) continue;
    const auto delay = std::chrono::floor<std::chrono::milliseconds>(retry->due - retry->at).count();
    ASSERT_GE(delay, 5000);
    ASSERT_LE(delay, 15'000);
    ++parts[std::min<std::size_t>(static_cast<std::size_t>(delay - 5000) / 1000, kParts - 1)];
  }
  for (const std::size_t part : parts) {
    EXPECT_GE(part, 5U);
    EXPECT_LE(part, 50U);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Scenarios, ::testing::ValuesIn(scenarios()),
                         [](const auto& each) { return each.param.stem().string(); });

}  // namespace
}  // namespace pawl::testing
