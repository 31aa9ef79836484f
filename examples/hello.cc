#include <iostream>

#include "pawl/engine.h"

// Runs one task, whose handler is a function of this program.
pawl::Result<pawl::WorkflowReport> run(pawl::Engine& engine) {
  auto greet = [](pawl::TaskContext& task) { return pawl::ok("Hello, " + task.arg<std::string>(0).value()); };
  if (auto added = engine.handlers().add("greeter", "greet", greet); !added) return std::unexpected(added.error());

  auto id = engine.orchestrator().start_workflow(
      "hello", {{.id = "greet", .module = "greeter", .function = "greet", .args = pawl::args("world")}});
  if (!id) return std::unexpected(id.error());
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
