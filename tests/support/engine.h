// Helpers of the tests that use the engine as a library.
#pragma once

#include <future>
#include <string>
#include <utility>
#include <vector>

#include "pawl/engine.h"

#include "base/assert.h"
#include "tests/support/graphs.h"

namespace pawl::testing {

inline TaskSpec user_task(std::string id, std::string function, std::vector<std::string> dependencies = {}) {
  TaskSpec spec = task(std::move(id), std::move(dependencies), std::move(function));
  spec.module = "user";
  return spec;
}

// Creates, starts and awaits a workflow.
inline WorkflowReport run(Engine& engine, const DefinitionPtr& definition, const CreateOptions& options = {}) {
  const auto id = engine.orchestrator().create_workflow(definition, options);
  PAWL_ASSERT(id.has_value(), "{}", id.error().message);
  const auto started = engine.orchestrator().execute_workflow(*id);
  PAWL_ASSERT(started.has_value(), "{}", started.error().message);
  return *engine.orchestrator().wait_workflow(*id);
}

// A handler that blocks until it is let go, and says when it has started.
struct Gate {
  std::promise<void> started;
  std::promise<void> released;
  HandlerFunction handler() {
    return [this, go = released.get_future().share()](TaskContext&) -> TaskResult {
      started.set_value();
      go.wait();
      return Json("went through");
    };
  }
};

}  // namespace pawl::testing
