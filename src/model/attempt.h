// One attempt at a task on its way: from the shard that dispatches it to the runner that makes it, and back.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "pawl/definition.h"
#include "pawl/json_text.h"
#include "pawl/task_error.h"
#include "pawl/types.h"

#include "model/action.h"
#include "model/workflow_facts.h"

namespace pawl {

struct Handler;

// How this process finds the workflow of an attempt: its shard, its place there, and how often that place has been
// given anew. It means nothing to another process, and is never stored.
struct AttemptRoute {
  std::uint32_t shard = 0;
  std::uint32_t place = 0;
  std::uint64_t generation = 0;
  friend bool operator==(const AttemptRoute&, const AttemptRoute&) = default;
};

// An attempt as this process finds it. No two have the same one.
struct AttemptAddress {
  AttemptRoute route;
  ActionId action;
  std::uint32_t attempt = 0;
  friend bool operator==(const AttemptAddress&, const AttemptAddress&) = default;
};

// The task that a compensation undoes.
struct Undone {
  TaskIndex task = 0;
  JsonText args;  // with which it was done
  JsonText result;
  JsonText failure;  // what the workflow failed with, or null
};

// All that a runner needs to make the attempt. The shard keeps `facts` alive until the outcome has been reported.
struct Assignment {
  AttemptAddress address;
  const Handler* handler = nullptr;
  const WorkflowFacts* facts = nullptr;
  JsonText args;
  std::vector<std::pair<TaskIndex, JsonText>> results;  // of the direct dependencies, as far as they are not null
  std::optional<Timestamp> deadline;
  std::uint32_t run = 1;                 // see AttemptId
  std::shared_ptr<const Undone> undone;  // only of a compensation

  [[nodiscard]] AttemptId id() const {
    return {.workflow = facts->id.text(), .action = address.action, .run = run, .attempt = address.attempt};
  }
};

// How the attempt ended: with a result, or with an error.
struct AttemptOutcome {
  JsonText result;
  std::unique_ptr<TaskError> error;
};

// Where runners report to. Threads: any.
class AttemptSink {
 public:
  virtual ~AttemptSink() = default;
  // Exactly once for each assignment.
  virtual void finished(const AttemptAddress& address, AttemptOutcome outcome) = 0;
  // What the attempt wrote: whole lines, each ended by "\n". `is_error`: to standard error. Not stored.
  virtual void wrote(const Assignment& assignment, bool is_error, std::string_view lines) = 0;
  virtual void progressed(const Assignment& assignment, double fraction, std::string_view message) = 0;
};

}  // namespace pawl
