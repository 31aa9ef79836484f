// A workflow in the memory of its shard, read from the store then and there if it must be: what operations do in
// several steps, off the shard's thread.
#pragma once

#include <string>

#include "orchestrator/shard/recovery.h"

namespace pawl::testing {

// On the shard's thread. nullptr: there is none.
inline Result<LiveWorkflow*> find_or_read(Recovery& recovery, const WorkflowTable& workflows,
                                          const CommitPipeline& commits, DefinitionLibrary& definitions,
                                          const std::string& id) {
  StoreLookup lookup(workflows, commits, commits.store(), id);
  if (Result<void> read = lookup.read(definitions); !read) return std::unexpected(std::move(read.error()));
  bool is_outdated = false;
  return recovery.find_or_take_up(lookup, is_outdated);
}

}  // namespace pawl::testing
