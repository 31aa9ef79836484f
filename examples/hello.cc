#include <iostream>

#include "pawl/engine.h"

// Runs one task, whose handler is a function of this program.
pawl::Result<pawl::WorkflowReport> run(pawl::Engine& engine) {
  auto greet = [](pawl::TaskContext& task) -> pawl::TaskResult {
    return pawl::Json("Hello, " + std::string(task.args().at(0).as_string()));
  };
  if (auto added = engine.handlers().add("greeter", "greet", greet); !added) return std::unexpected(added.error());

  pawl::TaskSpec task;
  task.id = "greet";
  task.module = "greeter";
  task.function = "greet";
  task.args = boost::json::array{"world"};
  auto id = engine.orchestrator().create_workflow("hello", {task});
  if (!id) return std::unexpected(id.error());
  if (auto started = engine.orchestrator().execute_workflow(*id); !started) return std::unexpected(started.error());
  return engine.orchestrator().wait_workflow(*id);
}

int main() {
  pawl::Engine engine;
  auto report = run(engine);
  if (!report) {
    std::cerr << pawl::describe(report.error()) << '\n';
    return 1;
  }
  std::cout << report->output.view() << '\n';  // {"greet":"Hello, world"}
}
