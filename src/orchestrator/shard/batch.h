// What one turn of a shard decided, until it is durable and released.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/decide.h"
#include "orchestrator/shard/live_workflow.h"
#include "persistence/store.h"

namespace pawl {

// Called when what was decided is durable, or, with the reason, when it will not be.
using ShardReply = std::move_only_function<void(const Error* failure)>;

struct Batch {
  // Consecutive decisions on one workflow.
  struct Segment {
    Pin workflow;
    const WorkflowFacts* facts;  // as they were when this was decided
    std::uint32_t events_end;
    std::uint32_t effects_end;
    std::uint32_t by;  // the place among `actors` of who asked for it
    bool rides;        // its effects do not wait for its events
  };
  // What there is of one workflow in all its segments.
  struct Group {
    Pin workflow;
    std::uint64_t first_event = 0;
    bool was_terminal = false;
    bool save = false;     // its whole state goes along
    bool summary = false;  // what its summary says has changed
    std::uint32_t pieces = 0;
    bool letters_anew = false;                  // all its dead letters may be others
    std::vector<ActionId> letters{};            // actions that may have become one, or are one no more
    std::unique_ptr<WorkflowSummary> replaced;  // of the workflow that had its id
  };

  std::uint64_t sequence = 0;
  core::Turn turn;
  std::vector<Segment> segments;
  std::vector<Group> groups;
  std::vector<std::string> actors = std::vector<std::string>(1);  // who asked for something; the first one is nobody
  std::vector<std::span<const Event>> pieces;                     // of events, by group
  std::vector<std::string_view> by;                               // of each piece; empty if nobody asked for anything
  std::vector<WorkflowChange> commits;
  std::vector<RecordChange> records;
  std::vector<std::unique_ptr<Removal>> removals;  // of workflows that nobody has in memory
  std::vector<ShardReply> replies;
  bool has_riders = false;

  [[nodiscard]] bool is_empty() const {
    return segments.empty() && groups.empty() && replies.empty() && records.empty() && removals.empty();
  }
  // visit(segment, events, effects), in the order in which they were decided.
  template <class Visit>
  void for_each_segment(Visit visit) const {
    std::uint32_t events_begin = 0;
    std::uint32_t effects_begin = 0;
    for (const Segment& segment : segments) {
      visit(segment, std::span<const Event>(turn.events).subspan(events_begin, segment.events_end - events_begin),
            std::span<const Effect>(turn.effects).subspan(effects_begin, segment.effects_end - effects_begin));
      events_begin = segment.events_end;
      effects_begin = segment.effects_end;
    }
  }
  // Answers who waits for it; once.
  void reply(const Error* failure);
  // Nothing keeps its workflows where they are any more.
  void unpin();
  void clear();
  // Its workflows are not touched any more.
  void abandon();
};

}  // namespace pawl
