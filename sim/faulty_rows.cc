#include "sim/faulty_rows.h"

#include "base/assert.h"
#include "persistence/births.h"
#include "persistence/keys.h"

namespace pawl::sim {
namespace {

std::unexpected<Error> out_of_order() { return fail(ErrorCode::unavailable, "the simulated disk fails"); }

}  // namespace

void Disk::sync() {
  for (const MemoryBatch& batch : unsynced_) batch.apply_to(durable_);
  unsynced_.clear();
}

std::set<std::string> Disk::live() const {
  const auto table = [this](Space space) -> const MemoryRows::Table& {
    return durable_[static_cast<std::size_t>(space)];
  };
  const auto exists = [&](const std::string& id) {
    const auto run = table(Space::history).lower_bound(keys::prefix(id));
    return table(Space::checkpoints).contains(id) ||
           (run != table(Space::history).end() && run->first.starts_with(keys::prefix(id)));
  };
  std::set<std::string> ids;
  for (const auto& [key, row] : table(Space::live)) {
    if (!keys::births_of(key)) {
      ids.insert(key);
      continue;
    }
    const Result<std::vector<Birth>> births = decode_births(row);
    PAWL_ASSERT(births.has_value(), "{}", describe(births.error()));
    for (const Birth& birth : *births)
      if (!table(Space::ended).contains(birth.id) && exists(birth.id)) ids.insert(birth.id);
  }
  return ids;
}

void Disk::crash() {
  unsynced_.resize(random_.next() % (unsynced_.size() + 1));
  sync();
}

Result<void> FaultyRows::write(RowBatch& batch, Sync sync) {
  if (failed_ || is_of_dead_process()) return out_of_order();
  const auto& changes = static_cast<const MemoryBatch&>(batch);
  failed_ = disk_.broken_;
  if (failed_ && disk_.random_.next() % 2 == 0) return out_of_order();
  disk_.unsynced_.push_back(changes);
  if (Result<void> seen = visible_.write(batch, sync); !seen) return seen;
  if (failed_) return out_of_order();
  if (sync == Sync::yes) disk_.sync();
  return {};
}

Result<void> FaultyRows::sync() {
  failed_ = failed_ || disk_.broken_;
  if (failed_ || is_of_dead_process()) return out_of_order();
  disk_.sync();
  return {};
}

Result<void> FaultyRows::mend() {
  if (disk_.broken_ || is_of_dead_process()) return out_of_order();
  failed_ = false;
  disk_.sync();
  return {};
}

}  // namespace pawl::sim
