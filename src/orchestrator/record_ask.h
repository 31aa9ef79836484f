// How the steps of an operation write records: they wait, holding up no thread, until these are durable, and go on off
// the record stream's thread. Errors as RecordStream::write and remove; `invalid_state` if the thread that waits for
// the answer would wait for itself.
#pragma once

#include <utility>
#include <vector>

#include "model/records/record.h"
#include "orchestrator/node.h"
#include "orchestrator/operation.h"
#include "orchestrator/record_wait.h"
#include "orchestrator/shard_ask.h"

namespace pawl {

// A list in braces within a co_await is not compiled by every compiler.
inline std::vector<RecordChange> one_record(RecordChange change) {
  std::vector<RecordChange> changes;
  changes.push_back(std::move(change));
  return changes;
}

Steps<void> write_records(const Call& call, std::vector<RecordChange> changes);
Steps<void> remove_records(const Call& call, std::vector<RecordChange> removals);

}  // namespace pawl
