#include "orchestrator/definition_library.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "model/records/definition.h"
#include "persistence/records.h"

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

RecordChange BoundDefinition::record() const { return definition_record(definition->hash(), *canonical()); }

// Made once for all that ask meanwhile.
CanonicalText BoundDefinition::canonical() const {
  const MutexLock lock(mutex_);
  CanonicalText text = canonical_.lock();
  if (!text) {
    text = std::make_shared<const std::string>(to_canonical_json(*definition));
    canonical_ = text;
  }
  return text;
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
  return remember(std::make_shared<const BoundDefinition>(definition, *std::move(handlers), shards_));
}

Result<BoundDefinitionPtr> DefinitionLibrary::load(const std::string& hash, Store& store) {
  if (BoundDefinitionPtr known = find(hash)) return known;
  const Result<std::string> canonical = stored_definition(store, hash);
  if (!canonical) return std::unexpected(canonical.error());
  Result<DefinitionPtr> definition = read_stored_definition(hash, *canonical);
  if (!definition) return std::unexpected(std::move(definition.error()));
  return remember(bind_known(*definition));
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
  BoundDefinitionPtr again = bind_known(bound->definition);
  for (std::uint32_t shard = 0; shard < shards_; ++shard) again->note_kept(shard, bound->marks_[shard].load());
  return remember(again);
}

std::vector<CanonicalText> DefinitionLibrary::all_canonical() {
  std::vector<BoundDefinitionPtr> all;
  {
    const MutexLock lock(mutex_);
    for (const auto& [hash, known] : known_)
      if (BoundDefinitionPtr bound = known.lock()) all.push_back(std::move(bound));
  }
  std::vector<CanonicalText> texts;
  for (const BoundDefinitionPtr& bound : all) texts.push_back(bound->canonical());
  return texts;
}

bool DefinitionLibrary::has_all_there_are(const BoundDefinition& bound) const {
  const auto names = bound.definition->handlers();
  for (std::size_t i = 0; i < bound.handlers.size(); ++i)
    if (bound.handlers[i] == nullptr && handlers_.find(names[i].module, names[i].function) != nullptr) return false;
  return true;
}

BoundDefinitionPtr DefinitionLibrary::bind_known(const DefinitionPtr& definition) const {
  std::vector<const Handler*> handlers;
  for (const HandlerName& name : definition->handlers()) handlers.push_back(handlers_.find(name.module, name.function));
  return std::make_shared<const BoundDefinition>(definition, std::move(handlers), shards_);
}

}  // namespace pawl
