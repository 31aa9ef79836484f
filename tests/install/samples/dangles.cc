// Does not compile: the report is gone before the loop over its tasks begins.
#include "pawl/engine.h"

void show(pawl::Orchestrator& orchestrator) {
  for (const auto& task : orchestrator.get_workflow("w")->tasks) (void)task;
}
