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
#include "persistence/store.h"
#include "runners/handler.h"

namespace pawl {

// Of the canonical JSON that is stored under `hash`. What was stored has been checked, under the limits of its time:
// there are none here. Errors: those of read_definition; `corruption` if it is another definition.
[[nodiscard]] Result<DefinitionPtr> read_stored_definition(const std::string& hash, std::string_view canonical);

// A definition with its handlers. Shared by its workflows, which live on several shards.
struct BoundDefinition {
  DefinitionPtr definition;
  // By handler_index. nullptr: a stored workflow needs it, and nobody has added it (yet).
  std::vector<const Handler*> handlers;
  mutable std::atomic<std::uint64_t> kept_in{0};  // Store::identity()

  BoundDefinition(DefinitionPtr what, std::vector<const Handler*> by_index)
      : definition(std::move(what)), handlers(std::move(by_index)) {}
  [[nodiscard]] bool is_complete() const;
  // See to it that `store` has the definition before it has a workflow of it.
  Result<void> keep_in(Store& store) const;
};
using BoundDefinitionPtr = std::shared_ptr<const BoundDefinition>;

// Threads: any. It holds a definition as long as some workflow does.
class DefinitionLibrary {
 public:
  explicit DefinitionLibrary(HandlerRegistry& handlers) : handlers_(handlers) {}

  // For a new workflow: every handler must be there, and the args fit. Errors as HandlerRegistry::bind.
  Result<BoundDefinitionPtr> bind(const DefinitionPtr& definition);
  // For a stored workflow: the definition is read from `store` if it is not known. Errors: those of reading it.
  Result<BoundDefinitionPtr> load(const std::string& hash, Store& store);
  // load() as the decoders of stored records want it.
  DefinitionSource source(Store& store);
  // The same with all handlers that have been added by now: shared by all that ask.
  BoundDefinitionPtr bind_again(const BoundDefinitionPtr& bound);

 private:
  BoundDefinitionPtr bind(DefinitionPtr definition, std::uint64_t kept_in);
  BoundDefinitionPtr find(const std::string& hash);
  [[nodiscard]] bool has_all_there_are(const BoundDefinition& bound) const;
  BoundDefinitionPtr remember(const BoundDefinitionPtr& bound);

  HandlerRegistry& handlers_;
  Mutex mutex_;
  // By hash.
  boost::unordered_flat_map<std::string, std::weak_ptr<const BoundDefinition>> known_ PAWL_GUARDED_BY(mutex_);
};

}  // namespace pawl
