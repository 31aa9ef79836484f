// What somebody types who has the headers open: it compiles without a warning, whatever the compiler is asked to find,
// and does what it says. Prints "ok" at the end.
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "pawl/engine.h"

namespace {

void require(bool holds, const char* what) {
  if (holds) return;
  std::cerr << "not so: " << what << '\n';
  std::exit(1);
}

// Every public struct with one member named and the others left out.
void write_structs() {
  const pawl::Error error{.code = pawl::ErrorCode::timeout};
  const pawl::RetryPolicy retry{.max_attempts = 2};
  const pawl::Compensation compensation{.module = "m", .function = "undo"};
  const pawl::TaskSpec task{.id = "a", .module = "m"};
  const pawl::WorkflowSpec spec{.name = "w", .tasks = {{.id = "a", .module = "m", .function = "f"}}};
  const pawl::DefinitionLimits limits{.tasks = 10};
  const pawl::DefinitionChecks checks{.limits = {.tasks = 10}};
  const pawl::TaskRules rules{.allow_failure = true};
  const pawl::PolicyReference reference{.name = "p"};
  const pawl::HandlerName handler{.module = "m"};
  const pawl::Warning warning{.message = "m"};
  const pawl::Retention retention{.completed = std::chrono::hours(1)};
  const pawl::Options options{.max_concurrent_tasks = 4};
  const pawl::CreateOptions create{.id = "w"};
  const pawl::CancelOptions cancel{.reason = "r"};
  const pawl::ForkOptions fork{.event = 1};
  const pawl::ListOptions list{.limit = 1};
  const pawl::HistoryOptions history{.from = 1};
  const pawl::HistoryEvent event{.number = 1};
  const pawl::QuarantinedWorkflow quarantined{.id = "w"};
  const pawl::ExecutorReport executor{.name = "e"};
  const pawl::OrchestratorMetrics metrics{.workflows = 1};
  const pawl::PersistenceOptions persistence{.data_dir = "d"};
  const pawl::SnapshotInfo snapshot{.id = "s"};
  const pawl::DataProblem problem{.what = "w"};
  const pawl::DataReport data{.live = 1};
  const pawl::WorkflowEvent happened{.type = "task_started"};
  const pawl::TimeoutPolicy timeout{.default_timeout = std::chrono::seconds(1)};
  const pawl::CircuitBreakerPolicy breaker{.failure_threshold = 1};
  const pawl::PolicyVersion version{.number = 1};
  const pawl::PolicyInfo info{.id = "p"};
  const pawl::PolicyStats stats{.evaluations = 1};
  const pawl::BreakerReport breaker_report{.failures = 1};
  const pawl::PolicyQuestion question{.code = "c"};
  const pawl::PolicyAnswer answer{.allowed = true};
  const pawl::DeadLetterId letter_id{.workflow = "w"};
  const pawl::DeadLetter letter{.id = {.workflow = "w"}};
  const pawl::DeadLetterFilter filter{.workflow = "w"};
  const pawl::TaskReport task_report{.state = pawl::TaskState::running};
  const pawl::WorkflowStatus status{.id = "w"};
  const pawl::WorkflowReport report{.status = {.id = "w"}};
  const pawl::Explanation explanation{.task = "a"};
  const pawl::SagaStatus saga{.id = "s"};
  const pawl::CompensationLogEntry entry{.task = "a"};
  const pawl::DependencyResult dependency{.task = "a"};
  const pawl::HandlerOptions handler_options{.mode = pawl::HandlerMode::non_blocking};
  require(task.id == "a" && spec.tasks.size() == 1 && error.line == 0, "members have the values they are given");
  (void)retry, (void)compensation, (void)limits, (void)checks, (void)rules, (void)reference, (void)handler;
  (void)warning, (void)retention, (void)options, (void)create, (void)cancel, (void)fork, (void)list, (void)history;
  (void)event, (void)quarantined, (void)executor, (void)metrics, (void)persistence, (void)snapshot, (void)problem;
  (void)data, (void)happened, (void)timeout, (void)breaker, (void)version, (void)info, (void)stats;
  (void)breaker_report, (void)question, (void)answer, (void)letter_id, (void)letter, (void)filter, (void)task_report;
  (void)status, (void)report, (void)explanation, (void)saga, (void)entry, (void)dependency, (void)handler_options;
}

pawl::Result<std::string> run(pawl::Engine& engine) {
  auto greet = [](pawl::TaskContext& task) {
    const auto name = task.arg<std::string>(0);
    if (!name) return pawl::error("no_name", name.error().message);
    return pawl::ok("Hello, " + *name);
  };
  auto join = [](pawl::TaskContext& task) -> pawl::TaskResult {
    std::vector<std::string> all;
    for (const auto& [id, result] : *task.results()) {
      auto text = pawl::as<std::string>(result, std::string(id));
      if (!text) return std::unexpected(text.error());
      all.push_back(*text);
    }
    return pawl::ok({{"all", pawl::as<pawl::Json>(pawl::args(all)).value()}, {"count", all.size()}});
  };
  if (auto added = engine.handlers().add("greeter", "greet", greet); !added) return std::unexpected(added.error());
  if (auto added = engine.handlers().add("greeter", "join", join); !added) return std::unexpected(added.error());
  auto id = engine.orchestrator().start_workflow(
      "hello",
      {{.id = "a", .module = "greeter", .function = "greet", .args = pawl::args("world")},
       {.id = "b", .module = "greeter", .function = "greet", .args = pawl::args("you")},
       {.id = "c", .module = "greeter", .function = "join", .dependencies = {"a", "b"}}},
      {.id = "first", .if_exists = pawl::IfExists::attach, .input = {{"n", 1}}});
  if (!id) return id;
  auto report = engine.orchestrator().wait_workflow(*id);
  if (!report) return std::unexpected(report.error());
  return std::string(report->output.view());
}

}  // namespace

int main() {
  write_structs();
  pawl::Engine engine;
  const auto output = run(engine);
  require(output.has_value(), "it runs");
  require(*output == R"({"c":{"all":[["Hello, world","Hello, you"]],"count":2}})", output->c_str());
  for (const auto& reason : *engine.orchestrator().explain_workflow("first"))
    require(reason.code == "completed", reason.code.c_str());
  for (const auto& task : engine.orchestrator().get_workflow("first").value().tasks)
    require(task.state == pawl::TaskState::completed, "all tasks completed");
  try {
    (void)*engine.orchestrator().get_workflow("second");
    require(false, "what is not there is not used");
  } catch (const pawl::NoValue& missing) {
    require(std::string(missing.what()).starts_with("not_found: "), missing.what());
  }
  std::cout << "ok\n";
}
