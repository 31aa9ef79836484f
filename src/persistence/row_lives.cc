// Which workflows of a RowStore live: those with a row, and those that are listed (births.h).
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/log.h"
#include "persistence/keys.h"
#include "persistence/row_store.h"
#include "persistence/stored_rows.h"

namespace pawl {

// What this process has listed may not be what was kept of it.
Result<void> RowStore::take_over_births(RowBatch& batch) {
  Result<StoredBirths> left = read_births(*rows_);
  if (!left) return std::unexpected(std::move(left.error()));
  if (left->damage)
    log().error(
        "a list of workflows that were created is damaged ({}): all histories are searched for them; make the "
        "directory again with pawl doctor --salvage",
        describe(*left->damage));
  fold_births(*left, batch);
  next_births_ = left->next;
  const MutexLock lock(mutex_);
  births_.clear();
  left_ = *std::move(left);
  return {};
}

// What has failed may be kept or not: until the store is acquired anew, the rows alone tell.
void RowStore::read_lists_again() {
  if (are_lists_read_.exchange(true)) return;
  Result<StoredBirths> kept = read_births(*rows_);
  const MutexLock lock(mutex_);
  if (!kept) return;
  births_.clear();
  left_ = *std::move(kept);
}

// Of an owner that is none any more nothing is kept, and so nothing is remembered.
std::shared_ptr<Births> RowStore::births_of(Epoch epoch, const CommitListener& listener) {
  const MutexLock lock(mutex_);
  if (std::to_underlying(epoch) != epoch_) return std::make_shared<Births>(birth_limits_);
  std::shared_ptr<Births>& births = births_[&listener];
  if (!births) births = std::make_shared<Births>(birth_limits_);
  return births;
}

std::map<std::string, std::string, std::less<>> RowStore::born() {
  const MutexLock lock(mutex_);
  std::map<std::string, std::string, std::less<>> all = left_.living;
  for (const auto& [listener, births] : births_) births->copy_to(all);
  return all;
}

std::optional<std::string> RowStore::find_born(std::string_view id) {
  const MutexLock lock(mutex_);
  for (const auto& [listener, births] : births_)
    if (std::optional<std::string> summary = births->summary_of(id)) return summary;
  const auto left = left_.living.find(id);
  return left == left_.living.end() ? std::nullopt : std::optional(left->second);
}

bool RowStore::is_a_list_damaged() {
  const MutexLock lock(mutex_);
  return left_.damage.has_value();
}

Result<bool> RowStore::lives(std::string_view id) {
  if (find_born(id)) return true;
  const Result<std::optional<std::string>> row = rows_->get(Space::live, id);
  if (!row) return std::unexpected(row.error());
  if (*row || !is_a_list_damaged()) return row->has_value();
  const Result<std::optional<std::string>> ended = rows_->get(Space::ended, id);
  if (!ended) return std::unexpected(ended.error());
  return *ended ? Result<bool>(false) : has_state(*rows_, id);
}

Result<bool> RowStore::contains(std::string_view id) {
  if (find_born(id)) return true;
  for (const Space space : {Space::live, Space::ended}) {
    Result<std::optional<std::string>> found = rows_->get(space, id);
    if (!found) return std::unexpected(std::move(found.error()));
    if (*found) return true;
  }
  return is_a_list_damaged() ? has_state(*rows_, id) : Result<bool>(false);
}

std::optional<Error> RowStore::doubt_of(std::string_view id) {
  const MutexLock lock(mutex_);
  const auto found = left_.doubtful.find(id);
  return found == left_.doubtful.end() ? std::nullopt : std::optional(found->second);
}

// Those that are listed, or may be.
Result<std::set<std::string>> RowStore::listed_ids() {
  std::set<std::string> ids;
  for (const auto& [id, summary] : born()) ids.insert(id);
  {
    const MutexLock lock(mutex_);
    for (const auto& [id, why] : left_.doubtful) ids.insert(id);
  }
  if (is_a_list_damaged()) {
    const auto add = [&](const std::string& id) {
      ids.insert(id);
      return true;
    };
    if (Result<void> scanned = scan_histories(add); !scanned) return std::unexpected(std::move(scanned.error()));
  }
  return ids;
}

// Those that are listed come in between. They are looked at first: one that gets a row meanwhile is found there.
Result<void> RowStore::scan_live_ids(const std::function<bool(const std::string& id)>& visit) {
  const Result<std::set<std::string>> listed = listed_ids();
  if (!listed) return std::unexpected(listed.error());
  auto next = listed->begin();
  bool more = true;
  const auto visit_listed = [&](const std::string* before) {
    for (; more && next != listed->end() && (before == nullptr || *next < *before); ++next) more = visit(*next);
    if (before != nullptr && next != listed->end() && *next == *before) ++next;
    return more;
  };
  Result<void> scanned = scan_live_rows([&](const std::string& id) { return more = visit_listed(&id) && visit(id); });
  if (scanned) visit_listed(nullptr);
  return scanned;
}

// What may have been listed: it has a history, and no row that says that it has ended.
Result<void> RowStore::scan_histories(const std::function<bool(const std::string& id)>& visit) {
  const Result<std::unique_ptr<RowCursor>> made = rows_->new_cursor(Space::history, {});
  if (!made) return std::unexpected(made.error());
  RowCursor& run = **made;
  std::string id;
  for (run.first();;) {
    for (; run.valid(); run.seek(keys::after(keys::prefix(id)))) {
      id = run.key().substr(0, run.key().find('\0'));
      const Result<std::optional<std::string>> ended = rows_->get(Space::ended, id);
      if (ended && !*ended && keys::is_id(id) && !visit(id)) return {};
    }
    Result<void> read = run.status();
    if (read || read.error().code != ErrorCode::corruption) return read;
    if (!step_over_damage(run, id)) return {};
  }
}

// To a history behind that of `id`, and behind what cannot be read: of ids that other spaces tell, and of texts that
// follow this one.
bool RowStore::step_over_damage(RowCursor& run, const std::string& id) {
  constexpr std::size_t kTried = 10'000;
  constexpr unsigned kLastByte = 0xff;
  std::set<std::string> tried;
  for (const Space space : {Space::live, Space::ended, Space::checkpoints}) {
    const auto add = [&, left = kTried](std::string_view key, std::string_view) mutable {
      if (keys::is_id(key) && key > id) tried.insert(keys::prefix(key));
      return --left > 0;
    };
    (void)rows_->scan(space, {id, {}}, Order::ascending, add);  // as far as it can be read
  }
  for (std::size_t size = id.size(); size > 0; --size)
    for (unsigned byte = static_cast<unsigned char>(id[size - 1]) + 1U; byte <= kLastByte; ++byte)
      tried.insert(id.substr(0, size - 1) + static_cast<char>(byte));
  for (const std::string& key : tried) {
    run.seek(key);
    if (run.valid()) return true;
    if (run.status()) return false;  // nothing comes behind
  }
  return false;
}

// Where a part of the list is damaged, the histories tell which workflows it may have had.
Result<void> RowStore::scan_live_rows(const std::function<bool(const std::string& id)>& visit) {
  const Result<std::unique_ptr<RowCursor>> made = rows_->new_cursor(Space::live, {});
  if (!made) return std::unexpected(made.error());
  RowCursor& live = **made;
  std::optional<std::string> last;
  for (live.first();;) {
    for (; live.valid(); live.next()) {
      if (!keys::is_id(live.key())) continue;
      last = live.key();
      if (!visit(*last)) return {};
    }
    Result<void> read = live.status();
    if (read || read.error().code != ErrorCode::corruption) return read;
    const Result<std::unique_ptr<RowCursor>> runs = rows_->new_cursor(Space::history, {});
    if (!runs) return std::unexpected(runs.error());
    for (;;) {
      (*runs)->seek(last ? keys::after(keys::prefix(*last)) : std::string());
      if (!(*runs)->valid()) return (*runs)->status();
      last = (*runs)->key().substr(0, (*runs)->key().find('\0'));
      live.seek(*last);
      if (live.valid()) break;
      if (live.status()) return {};  // there are none from here on
      const Result<std::optional<std::string>> ended = rows_->get(Space::ended, *last);
      if (ended && !*ended && keys::is_id(*last) && !visit(*last)) return {};
    }
  }
}

}  // namespace pawl
