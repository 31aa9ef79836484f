// A store lookup is what was read of a workflow in the store off its shard, so that no turn waits for a read. It holds
// for as long as no workflow of that id has left the shard's memory since it began: whatever is in memory, the shard
// finds there; what was in memory meanwhile and is no more may be stored otherwise by now.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/workflow.h"
#include "orchestrator/definition_library.h"
#include "orchestrator/shard/commit_pipeline.h"
#include "orchestrator/shard/workflow_table.h"
#include "persistence/store.h"

namespace pawl {

// A workflow as it is stored.
struct LoadedWorkflow {
  core::Workflow state;
  BoundDefinitionPtr bound;
  std::uint64_t checkpoint = 0;  // the number of events that the last one holds
};

// Errors: those of replay() and DefinitionLibrary::load(). Threads: any.
[[nodiscard]] Result<LoadedWorkflow> load_workflow(const StoredWorkflow& stored, DefinitionLibrary& definitions,
                                                   Store& store);

// Threads: one at a time. Ownership: `store` and `id` outlive it.
class StoreLookup {
 public:
  // `workflows` and `commits` are those of the shard, whose thread need not be this one.
  StoreLookup(const WorkflowTable& workflows, const CommitPipeline& commits, Store& store, const std::string& id)
      : id_(id), life_(commits.life()), departures_(workflows.departures(id)), store_(store) {}

  // Whether it is stored at all. Error: that of the store.
  Result<void> look();
  // All of it. What is damaged is no error here: the shard is told.
  Result<void> read(DefinitionLibrary& definitions);

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] bool is_stored() const { return is_stored_; }
  [[nodiscard]] bool is_read() const { return workflow_.has_value(); }
  // What read() has read, if it is stored; once.
  [[nodiscard]] Result<LoadedWorkflow> take() { return *std::move(workflow_); }
  // On the shard's thread, when the shard does not have it in memory: whether the store still says what was read.
  [[nodiscard]] bool holds(const WorkflowTable& workflows, const CommitPipeline& commits) const {
    return &commits.store() == &store_ && commits.life() == life_ && workflows.departures(id_) == departures_;
  }

 private:
  const std::string& id_;
  const std::uint64_t life_;
  const std::uint32_t departures_;
  Store& store_;
  bool is_stored_ = false;
  std::optional<Result<LoadedWorkflow>> workflow_;
};

}  // namespace pawl
