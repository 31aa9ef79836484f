// How a node without threads works: a unit at a time, when it is told to.
#include <algorithm>

#include "base/assert.h"
#include "base/engine_thread.h"
#include "orchestrator/node.h"

namespace pawl {

bool Node::step(Random& random) {
  if (!running_) return false;
  const std::size_t parts = supervisors_.size() + 2;
  const std::size_t first = random.next() % parts;
  for (std::size_t i = 0; i < parts; ++i)
    if (step_part((first + i) % parts)) return true;
  return false;
}

// The shards, the record stream, the steps of operations.
bool Node::step_part(std::size_t part) {
  const EngineThread engine_thread;
  if (part < supervisors_.size()) {
    const Mailbox::Here here(shards_[part]->mailbox());
    return supervisors_[part].step();
  }
  if (part > supervisors_.size()) return steps_.step();
  const Supervised supervised;
  return records_.step();
}

std::optional<Timestamp> Node::next_due() {
  std::optional<Timestamp> next = records_.due();
  for (Supervisor& supervisor : supervisors_)
    if (const std::optional<Timestamp> due = supervisor.due(); due) next = next ? std::min(*next, *due) : *due;
  return next;
}

// A shard that takes nothing more waits for the store.
void Node::advance(const Shard& shard) {
  if (!step_part(shard.index())) store()->help();
}

}  // namespace pawl
