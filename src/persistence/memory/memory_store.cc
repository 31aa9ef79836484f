#include "persistence/memory/memory_store.h"

namespace pawl {

void MemoryStore::commit(const CommitBatch& batch, CommitListener& listener) { listener.committed(batch.sequence, {}); }

}  // namespace pawl
