// The store of an engine without a data directory: it acknowledges at once and keeps nothing; what the shards remember
// is all there is.
#pragma once

#include "persistence/store.h"

namespace pawl {

class MemoryStore final : public Store {
 public:
  void commit(const CommitBatch& batch, CommitListener& listener) override;
};

}  // namespace pawl
