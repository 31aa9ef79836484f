#include "orchestrator/shard/batch.h"

#include <utility>

namespace pawl {

void Batch::reply(const Error* failure) {
  for (ShardReply& each : replies)
    if (each) std::exchange(each, nullptr)(failure);
}

void Batch::unpin() {
  segments.clear();
  groups.clear();
}

void Batch::clear() {
  unpin();
  turn.events.clear();
  turn.effects.clear();
  actors.resize(1);
  pieces.clear();
  by.clear();
  commits.clear();
  records.clear();
  removals.clear();
  replies.clear();
  has_riders = false;
}

void Batch::abandon() {
  for (Segment& segment : segments) segment.workflow.abandon();
  for (Group& group : groups) group.workflow.abandon();
}

}  // namespace pawl
