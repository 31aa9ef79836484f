// Who watches what happens. The orchestrator tells it after the events are durable.
#pragma once

#include <cstdint>
#include <string_view>

#include "model/attempt.h"
#include "model/event.h"
#include "model/workflow_facts.h"

namespace pawl {

// Threads: any, at once.
class Observer {
 public:
  virtual ~Observer() = default;
  // Whether anybody watches; asked first, so that nobody's watching costs nothing.
  [[nodiscard]] virtual bool is_watching() const = 0;
  virtual void happened(const WorkflowFacts& facts, const Event& event) = 0;
  virtual void wrote(const Assignment& assignment, bool is_error, std::string_view line) = 0;
  virtual void progressed(const Assignment& assignment, double fraction, std::string_view message) = 0;
};

}  // namespace pawl
