// What is fixed when a workflow is created and never changes: who it is, what it executes, with which input.
#pragma once

#include <compare>
#include <memory>
#include <string>
#include <utility>

#include "pawl/definition.h"
#include "pawl/json_text.h"
#include "pawl/types.h"

namespace pawl {

// The name of a workflow: given by its creator, or made by new_workflow_id.
class WorkflowId {
 public:
  WorkflowId() = default;
  explicit WorkflowId(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] const std::string& text() const { return text_; }
  friend auto operator<=>(const WorkflowId&, const WorkflowId&) = default;

 private:
  std::string text_;
};

struct WorkflowFacts {
  WorkflowId id;
  DefinitionPtr definition;
  JsonText input;  // an object: the definition's defaults with the creator's input laid over them
  Priority priority = Priority::normal;
  Duration cancel_grace{};  // what running tasks are given to stop by themselves
};

// Shared by the state, its creation event, and the attempts that run elsewhere.
using WorkflowFactsPtr = std::shared_ptr<const WorkflowFacts>;

}  // namespace pawl
