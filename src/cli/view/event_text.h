// What happened, in words: the same while it happens and in a history.
#pragma once

#include <string>
#include <unordered_map>

#include "pawl/definition.h"
#include "pawl/monitor.h"

namespace pawl::cli {

// Threads: one. Shown the events of one workflow in their order, it knows how long tasks took.
class EventFormatter {
 public:
  // "attempt 2 failed: ...; next one in 1s"
  std::string describe(const WorkflowEvent& event);

 private:
  // `what` an attempt did; `whose` tells a task from what undoes it.
  std::string describe_attempt(std::string_view what, const std::string& whose, const WorkflowEvent& event);

  std::unordered_map<std::string, Timestamp> started_;
};

// Whether `event` schedules the next attempt of one that took too long: its process has been told to stop then, and
// the next attempt waits for it to end. `definition` is that of the event's workflow.
bool waits_for_process(const Definition& definition, const WorkflowEvent& event);

// Whom it happened to: a task, or "workflow".
std::string subject_of(const WorkflowEvent& event);

}  // namespace pawl::cli
