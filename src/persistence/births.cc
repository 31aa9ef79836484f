#include "persistence/births.h"

#include <algorithm>
#include <set>
#include <utility>

#include "model/stored.pb.h"
#include "persistence/keys.h"
#include "persistence/stored_rows.h"

namespace pawl {
namespace {

Result<bool> lives(Rows& rows, std::string_view id) {
  for (const Space space : {Space::live, Space::ended}) {
    const Result<std::optional<std::string>> row = rows.get(space, id);
    if (!row) return std::unexpected(row.error());
    if (*row) return false;
  }
  return has_state(rows, id);
}

}  // namespace

Result<bool> has_state(Rows& rows, std::string_view id) {
  const Result<std::optional<std::string>> checkpoint = rows.get(Space::checkpoints, id);
  if (!checkpoint) return std::unexpected(checkpoint.error());
  if (*checkpoint) return true;
  const std::string prefix = keys::prefix(id);
  const std::string end = keys::after(prefix);
  const Result<std::unique_ptr<RowCursor>> run = rows.new_cursor(Space::history, {prefix, end});
  if (!run) return std::unexpected(run.error());
  (*run)->first();
  if ((*run)->valid()) return true;
  if (Result<void> read = (*run)->status(); !read) return std::unexpected(std::move(read.error()));
  return false;
}

std::string encode_births(const std::vector<Birth>& births) {
  stored::Births message;
  for (const Birth& birth : births) {
    stored::Birth& each = *message.add_births();
    each.set_id(birth.id);
    each.set_summary(birth.summary);
  }
  return message.SerializeAsString();
}

Result<std::vector<Birth>> decode_births(std::string_view bytes) {
  stored::Births message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return corrupt_row("list", "what was created");
  std::vector<Birth> births;
  for (stored::Birth& each : *message.mutable_births()) {
    if (!keys::is_id(each.id())) return corrupt_row("list", "what was created");
    births.push_back({.id = std::move(*each.mutable_id()), .summary = std::move(*each.mutable_summary())});
  }
  return births;
}

Result<StoredBirths> read_births(Rows& rows) {
  StoredBirths found;
  const std::string begin = keys::prefix({});
  const std::string end = keys::after(begin);
  // Of lists with the same id the last one tells of the workflow that has it now.
  struct Listed {
    std::string summary;
    std::string list;
  };
  std::map<std::string, Listed, std::less<>> listed;
  std::set<std::string, std::less<>> lists;
  const Result<void> scanned =
      rows.scan(Space::live, {begin, end}, Order::ascending, [&](std::string_view key, std::string_view value) {
        const std::optional<std::uint64_t> number = keys::births_of(key);
        if (!number) return true;
        found.next = *number + 1;
        Result<std::vector<Birth>> births = decode_births(value);
        if (!births) {
          found.damage = std::move(births.error());
          return true;
        }
        for (Birth& birth : *births)
          listed.insert_or_assign(std::move(birth.id),
                                  Listed{.summary = std::move(birth.summary), .list = std::string(key)});
        lists.emplace(key);
        return true;
      });
  if (!scanned && scanned.error().code != ErrorCode::corruption) return std::unexpected(scanned.error());
  if (!scanned) found.damage = scanned.error();
  for (auto& [id, birth] : listed) {
    const Result<bool> living = lives(rows, id);
    if (living) {
      if (*living) found.living.emplace(id, std::move(birth.summary));
      continue;
    }
    if (living.error().code != ErrorCode::corruption) return std::unexpected(living.error());
    found.doubtful.emplace(id, living.error());
    lists.erase(birth.list);
  }
  found.keys.assign(lists.begin(), lists.end());
  return found;
}

void fold_births(const StoredBirths& births, RowBatch& batch) {
  for (const std::string& key : births.keys) batch.remove(Space::live, key);
  for (const auto& [id, summary] : births.living) batch.put(Space::live, id, summary);
}

void Births::add(std::string_view id, std::string_view summary) {
  const MutexLock lock(mutex_);
  const auto at = [this] { return static_cast<std::uint32_t>(fresh_->bytes.size()); };
  Entry entry{.id_at = at(), .summary_at = 0, .end = 0, .taken = false};
  fresh_->bytes.append(id);
  entry.summary_at = at();
  fresh_->bytes.append(summary);
  entry.end = at();
  fresh_->entries.push_back(entry);
}

bool Births::take(std::string_view id) {
  const MutexLock lock(mutex_);
  const auto found = places_.find(id);
  if (found == places_.end()) return false;
  List& list = *found->second.list;
  Entry& entry = list.entries[found->second.entry];
  if (entry.taken || list.closed) return false;
  entry.taken = true;
  --list.open;
  present_.taken.push_back({.list = &list, .id = list.id(entry)});
  return true;
}

void Births::end_turn(std::uint64_t number, RowBatch& batch) {
  const MutexLock lock(mutex_);
  ++turn_;
  if (!fresh_->entries.empty()) write_fresh(number, batch);
  close_lists(batch);
  if (present_.made == nullptr && present_.taken.empty() && present_.closed.empty()) return;
  present_.batch = &batch;
  on_their_way_.push_back(std::exchange(present_, {}));
}

void Births::write_fresh(std::uint64_t number, RowBatch& batch) {
  List& list = *fresh_;
  if (list.entries.size() < limits_.fewest || list.entries.size() > limits_.listed) {
    for (const Entry& entry : list.entries) batch.put(Space::live, list.id(entry), list.summary(entry));
    list.entries.clear();
    list.bytes.clear();
    return;
  }
  stored::Births message;
  for (std::size_t i = 0; i < list.entries.size(); ++i) {
    const std::string_view id = list.id(list.entries[i]);
    const std::string_view summary = list.summary(list.entries[i]);
    stored::Birth& birth = *message.add_births();
    birth.set_id(id.data(), id.size());
    birth.set_summary(summary.data(), summary.size());
    places_.erase(id);  // its key may be of a list that goes before this one
    places_.emplace(id, Place{.list = &list, .entry = i});
  }
  batch.put(Space::live, keys::births(number), message.SerializeAsString());
  list.number = number;
  list.turn = turn_;
  list.open = list.entries.size();
  listed_ += list.open;
  present_.made = &list;
  lists_.push_back(std::exchange(fresh_, std::make_unique<List>()));
}

// What is over needs no list, and what is not gets a row of its own in time.
void Births::close_lists(RowBatch& batch) {
  std::size_t due = 0;
  for (std::size_t left = listed_; due < lists_.size(); ++due) {
    if (turn_ - lists_[due]->turn < limits_.turns && left <= limits_.listed) break;
    left -= lists_[due]->entries.size();
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < lists_.size(); ++i) {
    List& list = *lists_[i];
    if (i >= due && list.open > 0) {
      std::swap(lists_[kept++], lists_[i]);
      continue;
    }
    list.closed = true;
    listed_ -= list.entries.size();
    batch.remove_once(Space::live, keys::births(list.number));
    for (const Entry& entry : list.entries)
      if (!entry.taken) batch.put(Space::live, list.id(entry), list.summary(entry));
    present_.closed.push_back(std::move(lists_[i]));
  }
  lists_.resize(kept);
}

void Births::written(const RowBatch& batch) {
  const MutexLock lock(mutex_);
  if (on_their_way_.empty() || on_their_way_.front().batch != &batch) return;
  const Turn turn = std::move(on_their_way_.front());
  on_their_way_.pop_front();
  if (turn.made != nullptr) turn.made->durable = true;
  for (const auto& [list, id] : turn.taken) erase(id, *list);
  for (const std::unique_ptr<List>& list : turn.closed)
    for (const Entry& entry : list->entries)
      if (!entry.taken) erase(list->id(entry), *list);
}

// Unless another list has it by now.
void Births::erase(std::string_view id, const List& list) {
  const auto found = places_.find(id);
  if (found != places_.end() && found->second.list == &list) places_.erase(found);
}

std::optional<std::string> Births::summary_of(std::string_view id) const {
  const MutexLock lock(mutex_);
  const auto found = places_.find(id);
  if (found == places_.end() || !found->second.list->durable) return std::nullopt;
  const List& list = *found->second.list;
  return std::string(list.summary(list.entries[found->second.entry]));
}

void Births::copy_to(std::map<std::string, std::string, std::less<>>& all) const {
  const MutexLock lock(mutex_);
  for (const auto& [id, place] : places_) {
    if (!place.list->durable) continue;
    all.insert_or_assign(std::string(id), std::string(place.list->summary(place.list->entries[place.entry])));
  }
}

}  // namespace pawl
