// What the shards of a node share, and what they may use.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace pawl {

class AttemptSink;
class DefinitionLibrary;
class Executors;
class NodePermits;
class Observer;
class PolicyBook;
class Shard;
class TaskSlots;

// Whether this build is one that looks for mistakes.
#ifdef PAWL_SANITIZED
inline constexpr bool kIsSanitized = true;
#else
inline constexpr bool kIsSanitized = false;
#endif

struct ShardLimits {
  std::size_t workflows = 10'000'000;  // on all shards
  std::size_t args_bytes = 1'048'576;
  std::size_t result_bytes = 1'048'576;
  std::size_t finished = 10'000;  // terminal workflows a shard remembers if no store does
  std::size_t inbox = 4096;
  std::size_t commits = 64;  // on their way to the store; when there are so many, what arrives waits in the inbox
  std::uint64_t checkpoint_events = 1000;    // a checkpoint is written after so many events, or twice its tasks
  std::uint64_t history_events = 1'000'000;  // of one workflow that are kept
  std::uint32_t crashes = 5;                 // of the process in the middle of a task's attempts, before it fails
  bool standby = false;                      // commands are obeyed, but no task starts
  bool read_only = false;                    // and not even that
  bool checks_invariants = kIsSanitized;     // of a workflow, after every decision on it
  // Of the stored workflows these alone are taken up and run.
  std::optional<std::set<std::string, std::less<>>> only;
};

// What it refers to outlives the shards.
struct ShardEnvironment {
  TaskSlots& slots;
  Executors& executors;
  DefinitionLibrary& definitions;
  PolicyBook& policies;
  NodePermits& permits;
  Observer& observer;
  AttemptSink& sink;  // for the attempts that shards make themselves
  const Clock& clock;
  std::vector<std::unique_ptr<Shard>>& shards;
  std::atomic<std::size_t>& workflow_count;  // on all shards
  std::atomic<std::uint64_t>& letter_count;  // tasks that became dead letters, on all shards
  std::atomic<std::uint64_t>& quarantined;   // workflows that were put into quarantine, on all shards
  ShardLimits limits;
};

}  // namespace pawl
