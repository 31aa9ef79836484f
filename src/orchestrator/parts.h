// The parts that LocalOrchestrator plays, where two of them have an operation of the same name that means something
// else: what is known here, and what is stored. Each has a name of its own here, so that one override cannot answer for
// both.
#pragma once

#include <string>
#include <vector>

#include "pawl/orchestrator.h"
#include "pawl/persistence.h"

namespace pawl {

class OrchestratorPart : public Orchestrator {
 public:
  Result<std::vector<WorkflowStatus>> list_workflows(const ListOptions& options) final {
    return list_known_workflows(options);
  }
  Result<void> delete_workflow(const std::string& id) final { return delete_known_workflow(id); }

 protected:
  virtual Result<std::vector<WorkflowStatus>> list_known_workflows(const ListOptions& options) = 0;
  virtual Result<void> delete_known_workflow(const std::string& id) = 0;
};

class PersistencePart : public Persistence {
 public:
  Result<std::vector<WorkflowStatus>> list_workflows(const ListOptions& options) final {
    return list_stored_workflows(options);
  }
  Result<void> delete_workflow(const std::string& id) final { return delete_stored_workflow(id); }

 protected:
  virtual Result<std::vector<WorkflowStatus>> list_stored_workflows(const ListOptions& options) = 0;
  virtual Result<void> delete_stored_workflow(const std::string& id) = 0;
};

}  // namespace pawl
