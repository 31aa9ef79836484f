// What is made of the rows that could be read of a damaged data directory: workflows that are whole as far as they go.
#include "pawl/salvage.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "pawl/persistence.h"

#include "base/text.h"
#include "core/evolve.h"
#include "core/stored_state.h"
#include "model/records/breaker.h"
#include "model/records/policy.h"
#include "model/records/snapshot.h"
#include "orchestrator/definition_library.h"
#include "orchestrator/replay.h"
#include "orchestrator/report.h"
#include "persistence/births.h"
#include "persistence/data_directory.h"
#include "persistence/keys.h"
#include "persistence/record_rows.h"
#include "persistence/row_store.h"
#include "persistence/salvage_rows.h"
#include "persistence/stored_rows.h"
#include "persistence/sync_folder.h"

namespace pawl {
namespace {

// The end of the range of a workflow's rows, in spaces with more than one.
std::string end_of(std::string_view id) { return keys::after(keys::prefix(id)); }

bool can_be_stored(Space space, std::string_view key, std::string_view value) {
  const std::string_view id = key.substr(0, key.find('\0'));
  switch (space) {
    case Space::meta:
      return value.size() == keys::kNumberBytes;
    case Space::live:
    case Space::ended:
    case Space::checkpoints:
      return keys::is_id(key);
    case Space::history:
      return keys::is_id(id) && keys::event_of(key, id);
    case Space::snapshots:
    case Space::dead_letters:
      return keys::is_id(id) && id.size() < key.size();
    default:
      return true;
  }
}

class Workflows {
 public:
  Workflows(Rows& rows, const RowLosses& losses, SalvageReport& report)
      : rows_(rows), losses_(losses), report_(report) {}

  Result<void> settle() {
    if (Result<void> settled = settle_meta(); !settled) return settled;
    if (Result<void> folded = fold_lists(); !folded) return folded;
    for (std::size_t space = 0; space < kSpaceNames.size(); ++space)
      if (Result<void> dropped = drop_nameless(static_cast<Space>(space)); !dropped) return dropped;
    Result<std::set<std::string>> ids = find_ids();
    if (!ids) return std::unexpected(std::move(ids.error()));
    for (const std::string& id : *ids)
      if (Result<void> settled = settle_workflow(id); !settled) return settled;
    for (const Space space : {Space::snapshots, Space::dead_letters})
      if (Result<void> dropped = drop_of_unknown(space, *ids); !dropped) return dropped;
    if (Result<void> settled = settle_definitions(); !settled) return settled;
    return settle_policies();
  }

 private:
  // A workflow as far as its stored rows go.
  struct Found {
    StoredWorkflow stored;
    std::vector<StoredRun> all;           // every run, those before the checkpoint, too
    std::optional<std::uint64_t> tail;    // the first event of the run that lies in the summary
    std::optional<core::Workflow> state;  // of the longest beginning that can be replayed
    std::size_t replayed = 0;             // of stored.runs
    bool ended = false;                   // by its row
    bool lives = false;
  };

  Result<void> settle_meta();
  Result<void> fold_lists();
  Result<void> settle_workflow(const std::string& id);
  Result<void> settle_definitions();
  Result<void> settle_policies();
  void note_unknown_losses();
  Result<void> drop_nameless(Space space);
  Result<std::set<std::string>> find_ids();
  Result<void> drop_of_unknown(Space space, const std::set<std::string>& ids);
  Result<Found> find(const std::string& id);
  static void add_tail(Found& found, const StoredRun& tail, std::uint64_t from);
  void replay_longest(Found& found);
  void pause(core::Workflow& state, RowBatch& batch);
  Result<void> keep(Found& found, bool cut, RowBatch& batch);
  Result<void> keep_snapshots(const std::string& id, RowBatch& batch);
  void drop(const std::string& id, RowBatch& batch);

  // Definitions, as far as they are what their hashes say.
  Result<DefinitionPtr> definition(const std::string& hash);
  DefinitionSource source() {
    return [this](const std::string& hash) { return definition(hash); };
  }

  Rows& rows_;
  const RowLosses& losses_;
  SalvageReport& report_;
  std::map<std::string, Result<DefinitionPtr>> definitions_;
};

Result<DefinitionPtr> Workflows::definition(const std::string& hash) {
  if (const auto known = definitions_.find(hash); known != definitions_.end()) return known->second;
  const auto read = [&]() -> Result<DefinitionPtr> {
    Result<std::optional<std::string>> canonical = rows_.get(Space::definitions, to_stored_hash(hash));
    if (!canonical) return std::unexpected(std::move(canonical.error()));
    if (!*canonical) return fail(ErrorCode::corruption, fmt::format("definition {} is lost", hash));
    return read_stored_definition(hash, **canonical);
  };
  return definitions_.emplace(hash, read()).first->second;
}

// Whoever opens it next has not crashed: what ran is not known any more.
Result<void> Workflows::settle_meta() {
  const Result<MetaRows> read = read_meta(rows_);
  if (!read && read.error().code != ErrorCode::corruption) return std::unexpected(read.error());
  const MetaRows meta = read ? *read : MetaRows{};
  if (meta.format > kStorageFormat)
    return fail(ErrorCode::invalid_state,
                fmt::format("it was written by a newer version of Pawl (storage format {})", meta.format));
  const std::unique_ptr<RowBatch> batch = rows_.new_batch();
  const std::uint64_t epoch = std::max<std::uint64_t>(meta.epoch, 1);
  raise_format(*batch, epoch);
  put_released(*batch, epoch, kStorageFormat);
  return rows_.write(*batch, Sync::no);
}

// What is listed as created gets rows of its own. What a damaged list had is known by its histories.
Result<void> Workflows::fold_lists() {
  const Result<StoredBirths> births = read_births(rows_);
  if (!births) return std::unexpected(births.error());
  const std::unique_ptr<RowBatch> batch = rows_.new_batch();
  fold_births(*births, *batch);
  Result<void> scanned = rows_.scan(Space::live, {}, Order::ascending, [&](std::string_view key, std::string_view) {
    if (!keys::births_of(key)) return false;  // they are in front
    if (births->damage) batch->remove(Space::live, key);
    return true;
  });
  return scanned ? rows_.write(*batch, Sync::no) : scanned;
}

// Rows whose keys name nothing that can be stored there. Nobody finds them, and they stand in the way of others.
Result<void> Workflows::drop_nameless(Space space) {
  const std::unique_ptr<RowBatch> batch = rows_.new_batch();
  std::size_t dropped = 0;
  Result<void> scanned = rows_.scan(space, {}, Order::ascending, [&](std::string_view key, std::string_view value) {
    if (can_be_stored(space, key, value)) return true;
    batch->remove(space, key);
    ++dropped;
    return true;
  });
  if (!scanned || dropped == 0) return scanned;
  report_.lost.push_back(fmt::format("{} row{} of {} with an invalid key", dropped, dropped == 1 ? "" : "s",
                                     kSpaceNames[static_cast<std::size_t>(space)]));
  return rows_.write(*batch, Sync::no);
}

Result<std::set<std::string>> Workflows::find_ids() {
  std::set<std::string> ids;
  for (const Space space : {Space::live, Space::ended, Space::checkpoints})
    if (Result<void> scanned = rows_.scan(space, {}, Order::ascending,
                                          [&](std::string_view key, std::string_view) {
                                            ids.emplace(key);
                                            return true;
                                          });
        !scanned)
      return std::unexpected(std::move(scanned.error()));
  Result<std::unique_ptr<RowCursor>> run = rows_.new_cursor(Space::history, {});
  if (!run) return std::unexpected(std::move(run.error()));
  for ((*run)->first(); (*run)->valid();) {
    const std::string id((*run)->key().substr(0, (*run)->key().find('\0')));
    ids.insert(id);
    (*run)->seek(end_of(id));
  }
  if (Result<void> read = (*run)->status(); !read) return std::unexpected(std::move(read.error()));
  return ids;
}

Result<Workflows::Found> Workflows::find(const std::string& id) {
  Found found;
  found.stored.id = id;
  std::optional<StoredRun> tail;
  for (const auto& [space, there] : {std::pair(Space::live, &found.lives), std::pair(Space::ended, &found.ended)}) {
    const Result<std::optional<std::string>> row = rows_.get(space, id);
    if (!row) return std::unexpected(row.error());
    *there = row->has_value();
    if (!*there || space == Space::live) continue;
    if (Result<std::optional<StoredRun>> decoded = decode_tail(id, **row)) tail = *std::move(decoded);
  }
  const Result<std::optional<std::string>> bytes = rows_.get(Space::checkpoints, id);
  if (!bytes) return std::unexpected(bytes.error());
  std::uint64_t from = 0;
  if (*bytes) {
    const Result<StoredCheckpoint> checkpoint = decode_checkpoint(id, **bytes);
    const Result<core::Workflow> state =
        checkpoint ? core::decode_state(checkpoint->state, source()) : std::unexpected(checkpoint.error());
    if (state && state->event_count == checkpoint->events) {
      from = checkpoint->events;
      found.stored.checkpoint = checkpoint->state;
    }
  }
  const Result<void> scanned = rows_.scan(Space::history, {keys::prefix(id), end_of(id)}, Order::ascending,
                                          [&](std::string_view key, std::string_view value) {
                                            const std::optional<std::uint64_t> first = keys::event_of(key, id);
                                            if (!first) return true;
                                            found.all.push_back({.first_event = *first, .events = std::string(value)});
                                            if (*first >= from) found.stored.runs.push_back(found.all.back());
                                            return true;
                                          });
  if (!scanned) return std::unexpected(scanned.error());
  if (tail) add_tail(found, *tail, from);
  replay_longest(found);
  return found;
}

// In its place among the runs, unless a row has taken that.
void Workflows::add_tail(Found& found, const StoredRun& tail, std::uint64_t from) {
  const auto add = [&tail](std::vector<StoredRun>& runs) {
    const auto place = std::ranges::lower_bound(runs, tail.first_event, {}, &StoredRun::first_event);
    if (place == runs.end() || place->first_event != tail.first_event) runs.insert(place, tail);
  };
  found.tail = tail.first_event;
  add(found.all);
  if (tail.first_event >= from) add(found.stored.runs);
}

// Of ever longer beginnings some can be replayed, and then no more.
void Workflows::replay_longest(Found& found) {
  const std::vector<StoredRun> runs = std::move(found.stored.runs);
  const auto try_with = [&](std::size_t count) {
    found.stored.runs.assign(runs.begin(), runs.begin() + static_cast<std::ptrdiff_t>(count));
    Result<core::Workflow> state = replay(found.stored, source());
    if (!state) return false;
    found.state = *std::move(state);
    found.replayed = count;
    return true;
  };
  if (!try_with(runs.size())) {
    std::size_t good = 0;
    std::size_t bad = runs.size();
    if (try_with(0)) good = 0;  // a checkpoint alone
    while (good + 1 < bad) {
      const std::size_t middle = good + (bad - good) / 2;
      (try_with(middle) ? good : bad) = middle;
    }
    if (good > 0) (void)try_with(good);
  }
  found.stored.runs = runs;
}

void Workflows::drop(const std::string& id, RowBatch& batch) {
  for (const Space space : {Space::live, Space::ended, Space::checkpoints}) batch.remove(space, id);
  for (const Space space : {Space::history, Space::snapshots, Space::dead_letters})
    batch.remove_range(space, keys::prefix(id), end_of(id));
}

// As if somebody had started and paused it.
void Workflows::pause(core::Workflow& state, RowBatch& batch) {
  std::vector<Event> events;
  const Timestamp now = std::chrono::time_point_cast<Timestamp::duration>(std::chrono::system_clock::now());
  if (state.state == WorkflowState::pending) events.emplace_back(event::WorkflowStarted{.at = now});
  events.emplace_back(event::WorkflowPaused{.at = now});
  std::string bytes;
  const std::span<const Event> piece(events);
  (void)EventEncoder().encode({&piece, 1}, bytes);  // two events of a few bytes
  batch.put(Space::history, keys::history(state.id(), state.event_count), bytes);
  for (const Event& each : events) core::evolve(state, each);
}

Result<void> Workflows::settle_workflow(const std::string& id) {
  Result<Found> found = find(id);
  if (!found) return std::unexpected(std::move(found.error()));
  const std::unique_ptr<RowBatch> batch = rows_.new_batch();
  SalvagedWorkflow what{.id = id, .had_ended = found->ended && !found->lives};
  if (!found->state) {
    drop(id, *batch);
    report_.workflows.push_back(what);
    return rows_.write(*batch, Sync::no);
  }
  core::Workflow& state = *found->state;
  const bool terminal = is_terminal(state.state);
  const std::uint64_t next = state.event_count;
  // Of one that has ended by all that there is, nothing is missing at the end; had it been revived, more would be
  // there.
  const bool cut = found->replayed < found->stored.runs.size() || (found->ended && !found->lives && !terminal);
  const bool may_lack =
      !terminal && (losses_.anywhere || losses_.may_lack(Space::history, keys::history(id, next), end_of(id)));
  what.had_ended = what.had_ended && !terminal;
  if (Result<void> kept = keep(*found, cut || may_lack, *batch); !kept) return kept;
  ++(is_terminal(state.state) ? report_.ended : report_.live);
  if (cut || may_lack) {
    what.kept = true;
    what.certain = cut;
    what.paused = state.state == WorkflowState::paused;
    what.lost_from = next;
    report_.workflows.push_back(what);
  }
  return rows_.write(*batch, Sync::no);
}

// All rows of it are made anew but those of its history, the checkpoint and the snapshots.
Result<void> Workflows::keep(Found& found, bool cut, RowBatch& batch) {
  core::Workflow& state = *found.state;
  const std::string& id = found.stored.id;
  const std::uint64_t next = state.event_count;
  for (const StoredRun& run : found.all) {
    const std::string key = keys::history(id, run.first_event);
    if (run.first_event >= next || !EventDecoder(source()).decode_run(run.events))
      batch.remove(Space::history, key);
    else if (found.tail == run.first_event)  // the summary is made anew without it
      batch.put(Space::history, key, run.events);
  }
  if (found.stored.checkpoint.empty()) batch.remove(Space::checkpoints, id);
  if (cut && !is_terminal(state.state) && state.state != WorkflowState::paused && state.stop_reason == StopReason::none)
    pause(state, batch);
  for (const Space space : {Space::live, Space::ended}) batch.remove(space, id);
  const WorkflowSummary summary = summary_of(state);
  const WorkflowStatus& status = summary.status;
  std::string bytes;
  encode(summary, bytes);
  if (is_terminal(status.state)) {
    batch.put(Space::ended, id, bytes);
    batch.put(Space::by_state, keys::by_state(status.state, status.created_at, id),
              keys::sortable(status.completed_at.value_or(status.created_at)));
    batch.put(Space::by_name, keys::by_name(status.name, status.created_at, id),
              std::string(1, static_cast<char>(status.state)));
  } else {
    batch.put(Space::live, id, bytes);
  }
  batch.remove_range(Space::dead_letters, keys::prefix(id), end_of(id));
  core::for_each_action(state, [&](ActionId action, const core::TaskRecord&) {
    if (const std::optional<DeadLetter> letter = letter_of(state, action))
      batch.put(Space::dead_letters, keys::dead_letter(letter->id), encode(*letter));
  });
  return keep_snapshots(id, batch);
}

Result<void> Workflows::keep_snapshots(const std::string& id, RowBatch& batch) {
  return rows_.scan(Space::snapshots, {keys::prefix(id), end_of(id)}, Order::ascending,
                    [&](std::string_view key, std::string_view value) {
                      const Result<StoredSnapshot> snapshot = decode_snapshot(key, value);
                      if (snapshot && core::decode_state(snapshot->state, source())) return true;
                      batch.remove(Space::snapshots, key);
                      report_.lost.push_back(fmt::format("a snapshot of workflow {}", in_quotes(id)));
                      return true;
                    });
}

// Of workflows of which there is nothing else.
Result<void> Workflows::drop_of_unknown(Space space, const std::set<std::string>& ids) {
  const std::unique_ptr<RowBatch> batch = rows_.new_batch();
  Result<void> scanned = rows_.scan(space, {}, Order::ascending, [&](std::string_view key, std::string_view) {
    const std::string id(key.substr(0, key.find('\0')));
    if (ids.contains(id)) return true;
    batch->remove(space, key);
    if (space == Space::snapshots)
      report_.lost.push_back(fmt::format("a snapshot of workflow {}, of which nothing is left", in_quotes(id)));
    return true;
  });
  return scanned ? rows_.write(*batch, Sync::no) : scanned;
}

Result<void> Workflows::settle_definitions() {
  const std::unique_ptr<RowBatch> batch = rows_.new_batch();
  Result<void> scanned =
      rows_.scan(Space::definitions, {}, Order::ascending, [&](std::string_view key, std::string_view) {
        const std::string hash = from_stored_hash(key);
        if (definition(hash)) return true;
        batch->remove(Space::definitions, key);
        report_.lost.push_back(fmt::format("definition {}", hash));
        return true;
      });
  return scanned ? rows_.write(*batch, Sync::no) : scanned;
}

Result<void> Workflows::settle_policies() {
  const std::unique_ptr<RowBatch> batch = rows_.new_batch();
  Result<void> scanned =
      rows_.scan(Space::policies, {}, Order::ascending, [&](std::string_view key, std::string_view value) {
        const std::optional<RecordKind> kind = kind_of_row(Space::policies, key);
        const std::string_view id = kind ? key.substr(place_of(*kind).prefix.size()) : key;
        if (kind == RecordKind::audit || (kind == RecordKind::policy && decode_policy(id, value)) ||
            (kind == RecordKind::breaker && decode_breaker(id, value)))
          return true;
        batch->remove(Space::policies, key);
        if (kind == RecordKind::policy) {
          report_.lost.push_back(fmt::format("policy {}", in_quotes(id)));
        } else if (kind == RecordKind::breaker) {
          report_.lost.push_back(fmt::format("the state of circuit breaker {}", in_quotes(id)));
        } else {
          report_.lost.push_back(fmt::format("a record of no kind that is known, {}", in_quotes(id)));
        }
        return true;
      });
  note_unknown_losses();
  for (const LostRange& range : losses_.ranges)
    if (range.space == Space::policies || range.space == Space::snapshots || range.space == Space::definitions)
      report_.lost.push_back(fmt::format("perhaps more {}", kSpaceNames[static_cast<std::size_t>(range.space)]));
  return scanned ? rows_.write(*batch, Sync::yes) : scanned;
}

// Of workflows of which nothing at all is left.
void Workflows::note_unknown_losses() {
  const auto id_of = [](const std::string& key) { return key.substr(0, key.find('\0')); };
  if (losses_.anywhere)
    report_.lost.emplace_back("perhaps whole workflows: the contents of the missing files are unknown");
  for (const LostRange& range : losses_.ranges) {
    if (range.space != Space::live && range.space != Space::ended && range.space != Space::history) continue;
    const std::string after = id_of(range.after);
    const std::string before = id_of(range.before);
    if (after == before) continue;
    report_.lost.push_back(fmt::format(
        "perhaps whole workflows with ids {}{}{}", after.empty() ? "" : "after ", after.empty() ? "" : in_quotes(after),
        before.empty() ? (after.empty() ? "of any kind" : "")
                       : fmt::format("{}before {}", after.empty() ? "" : " and ", in_quotes(before))));
  }
}

Result<void> salvage_into(const std::string& from, const std::string& made, SalvageReport& report) {
  namespace fs = std::filesystem;
  const fs::path work = fs::path(made) / "old";
  {
    std::unique_ptr<Rows> rows;
    Result<RowLosses> losses = salvage_rows(from, work.string(), [&]() -> Result<Rows*> {
      Result<std::unique_ptr<RocksDbRows>> opened = RocksDbRows::open(made);
      if (!opened) return std::unexpected(std::move(opened.error()));
      rows = *std::move(opened);
      return rows.get();
    });
    if (!losses) return std::unexpected(std::move(losses.error()));
    report.damage = losses->files;
    if (Result<void> settled = Workflows(*rows, *losses, report).settle(); !settled) return settled;
  }
  std::error_code error;
  fs::remove_all(work, error);
  const Result<DataReport> checked = check_data_directory(made);
  if (!checked) return std::unexpected(checked.error());
  if (checked->problem_count == 0) return {};
  const DataProblem& first = checked->problems.front();
  return fail(ErrorCode::internal,
              fmt::format("the salvaged directory is not sound: {} {}: {}", first.workflow, first.where, first.what));
}

}  // namespace

Result<SalvageReport> salvage_data_directory(const std::string& from, const std::string& to) {
  const Result<std::unique_ptr<FolderLock>> lock = lock_data_directory(from, FolderLock::Use::reading);
  if (!lock) return std::unexpected(lock.error());
  if (is_within(to, from))
    return fail(ErrorCode::invalid_argument, fmt::format("{} is in {} itself; name a folder elsewhere", to, from));
  SalvageReport report;
  Result<void> made =
      make_data_directory(to, [&](const std::string& unfinished) { return salvage_into(from, unfinished, report); });
  if (!made) return std::unexpected(std::move(made.error()).within(fmt::format("salvaging {}", from)));
  return report;
}

}  // namespace pawl
