// The definitions that workflows of this node execute, each once, with their handlers found.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "pawl/definition.h"
#include "pawl/result.h"

#include "base/mutex.h"
#include "model/encoding.h"
#include "model/records/record.h"
#include "persistence/store.h"
#include "runners/handler.h"

namespace pawl {

// Of the canonical JSON that is stored under `hash`. What was stored has been checked, under the limits of its time:
// there are none here. Errors: those of read_definition; `corruption` if it is another definition.
[[nodiscard]] Result<DefinitionPtr> read_stored_definition(const std::string& hash, std::string_view canonical);

using CanonicalText = std::shared_ptr<const std::string>;

// A definition with its handlers. Shared by its workflows, which live on several shards.
//
// A store has a definition before, or in the same commit as, the first workflow of it. Shards commit independently of
// each other, so each sees to that for its own workflows.
class BoundDefinition {
 public:
  // For workflows on so many shards.
  BoundDefinition(DefinitionPtr what, std::vector<const Handler*> by_index, std::size_t shards = 1)
      : definition(std::move(what)), handlers(std::move(by_index)), marks_(shards) {}

  const DefinitionPtr definition;
  // By handler_index. nullptr: a stored workflow needs it, and nobody has added it (yet).
  const std::vector<const Handler*> handlers;
  // Which sources of permits its tasks ask, as the node's PermitTable remembers it; 0: it has not looked yet.
  mutable std::atomic<std::uint32_t> permit_rows{0};

  [[nodiscard]] bool is_complete() const;
  // Whether the shard has committed it since it began this life (CommitPipeline::life()).
  [[nodiscard]] bool is_kept(std::uint32_t shard, std::uint64_t life) const {
    return marks_[shard].load(std::memory_order_acquire) == life;
  }
  void note_kept(std::uint32_t shard, std::uint64_t life) const {
    marks_[shard].store(life, std::memory_order_release);
  }
  // What a store keeps of it. It takes long to make for a large definition, and lives as long as someone has it: who
  // asks a shard to create something makes it before, and holds it until the shard has taken it.
  [[nodiscard]] CanonicalText canonical() const;
  // The same; none if the shard does not need it any more.
  [[nodiscard]] CanonicalText canonical_for(std::uint32_t shard, std::uint64_t life) const {
    return is_kept(shard, life) ? nullptr : canonical();
  }
  [[nodiscard]] RecordChange record() const;

 private:
  friend class DefinitionLibrary;
  mutable std::vector<std::atomic<std::uint64_t>> marks_;  // lives, by shard
  mutable Mutex mutex_;
  mutable std::weak_ptr<const std::string> canonical_ PAWL_GUARDED_BY(mutex_);
};
using BoundDefinitionPtr = std::shared_ptr<const BoundDefinition>;

// Threads: any. It holds a definition as long as some workflow does.
class DefinitionLibrary {
 public:
  explicit DefinitionLibrary(HandlerRegistry& handlers, std::size_t shards = 1)
      : handlers_(handlers), shards_(shards) {}

  // For a new workflow: every handler must be there, and the args fit. Errors as HandlerRegistry::bind.
  Result<BoundDefinitionPtr> bind(const DefinitionPtr& definition);
  // For a stored workflow: the definition is read from `store` if it is not known. Errors: those of reading it.
  Result<BoundDefinitionPtr> load(const std::string& hash, Store& store);
  // load() as the decoders of stored records want it.
  DefinitionSource source(Store& store);
  // The same with all handlers that have been added by now: shared by all that ask.
  BoundDefinitionPtr bind_again(const BoundDefinitionPtr& bound);
  // What a store keeps of all that is known, for as long as they are held: before all workflows go to another store.
  [[nodiscard]] std::vector<CanonicalText> all_canonical();

 private:
  // With the handlers that there are.
  [[nodiscard]] BoundDefinitionPtr bind_known(const DefinitionPtr& definition) const;
  BoundDefinitionPtr find(const std::string& hash);
  [[nodiscard]] bool has_all_there_are(const BoundDefinition& bound) const;
  BoundDefinitionPtr remember(const BoundDefinitionPtr& bound);

  HandlerRegistry& handlers_;
  const std::size_t shards_;
  Mutex mutex_;
  // By hash.
  boost::unordered_flat_map<std::string, std::weak_ptr<const BoundDefinition>> known_ PAWL_GUARDED_BY(mutex_);
};

}  // namespace pawl
