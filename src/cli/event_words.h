// What happened, in words: the same while it happens and in a history.
#pragma once

#include <string>
#include <unordered_map>

#include "pawl/monitor.h"

namespace pawl::cli {

// Threads: one. Shown the events of one workflow in their order, it knows how long tasks took.
class EventWords {
 public:
  // "attempt 2 failed: ...; next one in 1s"
  std::string describe(const WorkflowEvent& event);

 private:
  std::string describe_task(const WorkflowEvent& event);

  std::unordered_map<std::string, Timestamp> started_;  // by task
};

// Whom it happened to: a task, or "workflow".
std::string subject_of(const WorkflowEvent& event);

}  // namespace pawl::cli
