// Tasks one after the other, each taking over what those before it returned.
//
//   measure -> average -> tell
//
// To learn here: handlers are functions that return a value or a TaskError; a task gets values as arguments, which may
// hold `${{ ... }}` places, or asks for the result of a direct dependency; whatever can go wrong is a Result, and
// whether the *workflow* succeeded is data in its report. Prints
//
//   measure  completed  [12.5,18.0,21.5]
//   average  completed  17.333333333333332
//   tell     completed  "3 values, 17.3 on average"
#include <cstdio>
#include <iostream>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "pawl/engine.h"

namespace {

pawl::TaskResult measure(pawl::TaskContext& /*task*/) { return pawl::ok(std::vector{12.5, 18.0, 21.5}); }

// Its argument is the list itself: a string that is one whole `${{ ... }}` becomes the value.
pawl::TaskResult average(pawl::TaskContext& task) {
  const auto values = task.arg<std::vector<double>>(0);
  if (!values) return std::unexpected(values.error());  // "args[0]: expected an array, got null"
  if (values->empty()) {
    pawl::TaskError error("invalid_argument", "there is nothing to take the average of");
    error.retryable = false;  // the same values will not get better
    return std::unexpected(error);
  }
  return pawl::ok(std::reduce(values->begin(), values->end()) / static_cast<double>(values->size()));
}

// Results can also be asked for by the id of a direct dependency.
pawl::TaskResult tell(pawl::TaskContext& task) {
  const pawl::Result<pawl::Json> values = task.result_of("measure");
  const pawl::Result<pawl::Json> mean = task.result_of("average");
  if (!values) return std::unexpected(values.error());
  if (!mean) return std::unexpected(mean.error());
  char text[64];
  std::snprintf(text, sizeof(text), "%zu values, %.1f on average", values->as_array().size(),
                mean->to_number<double>());
  return pawl::ok(text);
}

pawl::TaskSpec task(const std::string& id, std::vector<std::string> dependencies, pawl::Json args = pawl::args()) {
  pawl::TaskSpec spec;
  spec.id = id;
  spec.module = "simple";
  spec.function = id;
  spec.dependencies = std::move(dependencies);
  spec.args = std::move(args);
  return spec;
}

pawl::Result<pawl::WorkflowReport> run(pawl::Engine& engine) {
  const std::pair<const char*, pawl::HandlerFunction> handlers[] = {
      {"measure", measure}, {"average", average}, {"tell", tell}};
  for (const auto& [function, handler] : handlers)
    if (auto added = engine.handlers().add("simple", function, handler); !added) return std::unexpected(added.error());

  auto id = engine.orchestrator().start_workflow(
      "simple", {task("measure", {}), task("average", {"measure"}, pawl::args("${{ tasks.measure.result }}")),
                 task("tell", {"measure", "average"})});
  if (!id) return std::unexpected(id.error());
  return engine.orchestrator().wait_workflow(*id);
}

}  // namespace

int main() {
  pawl::Engine engine;
  const auto report = run(engine);
  if (!report) {
    std::cerr << "simple_workflow: " << pawl::describe(report.error()) << '\n';
    return 1;
  }
  for (pawl::TaskIndex i = 0; i < report->tasks.size(); ++i) {
    const pawl::TaskReport& each = report->tasks[i];
    std::printf("%-8s %-10s %s\n", std::string(report->definition->task_id(i)).c_str(),
                std::string(to_string(each.state)).c_str(), std::string(each.result.view()).c_str());
  }
  return report->status.state == pawl::WorkflowState::completed ? 0 : 1;
}
