// An observer watches what happens. Events reach it when they are durable, those of one workflow in the order of their
// numbers (decision 24); what attempts write and how far they are reaches it as it happens.
#pragma once

#include <string_view>

#include "model/attempt.h"
#include "model/event_rows.h"
#include "model/workflow_facts.h"

namespace pawl {

// Threads: any, at once.
class Observer {
 public:
  virtual ~Observer() = default;
  // The events that anybody wants to be told of. Asked first, so that the others cost nothing.
  [[nodiscard]] virtual EventKinds wanted() const = 0;
  // `by`: who asked for it, as "user:ada"; empty: nobody but the engine.
  virtual void happened(const WorkflowFacts& facts, const Event& event, std::string_view by) = 0;
  // Whole lines, each ended by "\n".
  virtual void wrote(const Assignment& assignment, bool is_error, std::string_view lines) = 0;
  virtual void progressed(const Assignment& assignment, double fraction, std::string_view message) = 0;
};

}  // namespace pawl
