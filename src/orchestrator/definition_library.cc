#include "orchestrator/definition_library.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace pawl {
Result<DefinitionPtr> read_stored_definition(const std::string& hash, std::string_view canonical) {
  constexpr DefinitionLimits kNoLimits = {.file_bytes = std::numeric_limits<std::size_t>::max(),
                                          .tasks = std::numeric_limits<std::size_t>::max(),
                                          .dependencies = std::numeric_limits<std::size_t>::max(),
                                          .args_bytes = std::numeric_limits<std::size_t>::max()};
  Result<DefinitionPtr> definition = read_definition(canonical, "stored.json", {.limits = kNoLimits, .stored = true});
  if (!definition) return std::unexpected(std::move(definition.error()).within("the stored definition " + hash));
  if ((*definition)->hash() != hash)
    return fail(ErrorCode::corruption, "the stored definition does not have hash " + hash);
  return definition;
}

bool BoundDefinition::is_complete() const { return std::ranges::find(handlers, nullptr) == handlers.end(); }

BoundDefinitionPtr DefinitionLibrary::find(const std::string& hash) {
  const MutexLock lock(mutex_);
  const auto known = known_.find(hash);
  return known == known_.end() ? nullptr : known->second.lock();
}

Result<void> BoundDefinition::keep_in(Store& store) const {
  const std::uint64_t identity = store.identity();
  if (kept_in.load(std::memory_order_acquire) == identity) return {};
  if (Result<void> kept = store.put_definition(definition->hash(), to_canonical_json(*definition)); !kept) return kept;
  kept_in.store(identity, std::memory_order_release);
  return {};
}

BoundDefinitionPtr DefinitionLibrary::remember(const BoundDefinitionPtr& bound) {
  constexpr std::size_t kSweepEvery = 1024;
  const MutexLock lock(mutex_);
  if (known_.size() % kSweepEvery == kSweepEvery - 1)
    boost::unordered::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
  known_.insert_or_assign(bound->definition->hash(), bound);
  return bound;
}

Result<BoundDefinitionPtr> DefinitionLibrary::bind(const DefinitionPtr& definition) {
  if (BoundDefinitionPtr known = find(definition->hash()); known && known->is_complete()) return known;
  Result<std::vector<const Handler*>> handlers = handlers_.bind(*definition);
  if (!handlers) return std::unexpected(std::move(handlers.error()));
  return remember(std::make_shared<const BoundDefinition>(definition, *std::move(handlers)));
}

Result<BoundDefinitionPtr> DefinitionLibrary::load(const std::string& hash, Store& store) {
  if (BoundDefinitionPtr known = find(hash)) return known;
  const Result<std::string> canonical = store.read_definition(hash);
  if (!canonical) return std::unexpected(canonical.error());
  Result<DefinitionPtr> definition = read_stored_definition(hash, *canonical);
  if (!definition) return std::unexpected(std::move(definition.error()));
  return bind(*std::move(definition), store.identity());
}

DefinitionSource DefinitionLibrary::source(Store& store) {
  return [this, &store](const std::string& hash) -> Result<DefinitionPtr> {
    const Result<BoundDefinitionPtr> bound = load(hash, store);
    if (!bound) return std::unexpected(bound.error());
    return (*bound)->definition;
  };
}

BoundDefinitionPtr DefinitionLibrary::bind_again(const BoundDefinitionPtr& bound) {
  if (has_all_there_are(*bound)) return bound;
  if (BoundDefinitionPtr known = find(bound->definition->hash()); known && has_all_there_are(*known)) return known;
  return bind(bound->definition, bound->kept_in.load());
}

bool DefinitionLibrary::has_all_there_are(const BoundDefinition& bound) const {
  const auto names = bound.definition->handlers();
  for (std::size_t i = 0; i < bound.handlers.size(); ++i)
    if (bound.handlers[i] == nullptr && handlers_.find(names[i].module, names[i].function) != nullptr) return false;
  return true;
}

// With the handlers that there are.
BoundDefinitionPtr DefinitionLibrary::bind(DefinitionPtr definition, std::uint64_t kept_in) {
  std::vector<const Handler*> handlers;
  for (const HandlerName& name : definition->handlers()) handlers.push_back(handlers_.find(name.module, name.function));
  const auto bound = std::make_shared<const BoundDefinition>(std::move(definition), std::move(handlers));
  bound->kept_in = kept_in;
  return remember(bound);
}

}  // namespace pawl
