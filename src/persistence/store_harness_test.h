// A store on rows of either kind, and commits to it written down in a line each.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "model/encoding.h"
#include "model/stored.pb.h"
#include "persistence/faulty_rows_test.h"
#include "persistence/memory/memory_rows.h"
#include "persistence/rocksdb/rocksdb_rows.h"
#include "persistence/row_store.h"
#include "tests/support/graphs.h"
#include "tests/support/temporary_folder.h"

namespace pawl {

inline Timestamp at(std::int64_t seconds) { return Timestamp(std::chrono::seconds(seconds)); }

// Remembers what it was told, in order.
class Acknowledgements final : public CommitListener {
 public:
  void committed(std::uint64_t sequence, Result<void> outcome) override {
    const std::lock_guard lock(mutex_);
    told_.emplace_back(sequence, std::move(outcome));
    changed_.notify_all();
  }
  // Waits until it has been told of `sequence`.
  Result<void> of(std::uint64_t sequence) {
    std::unique_lock lock(mutex_);
    const auto find = [&] { return std::ranges::find(told_, sequence, &Told::first); };
    changed_.wait(lock, [&] { return find() != told_.end(); });
    return find()->second;
  }
  [[nodiscard]] std::vector<std::uint64_t> order() {
    const std::lock_guard lock(mutex_);
    std::vector<std::uint64_t> sequences;
    for (const Told& each : told_) sequences.push_back(each.first);
    return sequences;
  }

 private:
  using Told = std::pair<std::uint64_t, Result<void>>;
  std::mutex mutex_;  // guards told_
  std::condition_variable changed_;
  std::deque<Told> told_;
};

// One definition for all: a task a and, after it, b.
inline const DefinitionPtr& two_tasks() {
  static const DefinitionPtr definition = testing::define({testing::task("a"), testing::task("b", {"a"})});
  return definition;
}

// A state of workflow `id` that can be told from others by `label`, as far as a store looks into it.
inline std::string state_of(const std::string& id, std::uint64_t events, const std::string& label) {
  stored::State state;
  state.mutable_facts()->set_id(id);
  state.mutable_facts()->set_definition(to_stored_hash(two_tasks()->hash()));
  state.set_events(events);
  state.set_output(to_json_text(Json(label)));
  return state.SerializeAsString();
}

// What a shard decided in a turn.
class Turn {
 public:
  struct More {
    std::string checkpoint;  // its label; empty: none
    std::uint64_t history_from = 0;
    std::optional<WorkflowState> summary;
    Timestamp created_at = at(0);
    Timestamp completed_at = at(10);
  };

  struct Ending {
    WorkflowState state = WorkflowState::completed;
    Timestamp created_at = at(0);
    Timestamp completed_at = at(10);
  };

  // `events` of workflow `id`, from number `first` on: of no importance themselves but for the first one and a
  // restoral.
  Turn& add(const std::string& id, std::uint64_t first, std::vector<Event> events, More more) {
    auto facts = std::make_shared<const WorkflowFacts>(
        WorkflowFacts{.id = WorkflowId(id), .definition = two_tasks(), .input = JsonText()});
    Kept& kept = kept_.emplace_back(std::move(facts), std::move(events), std::span<const Event>());
    for (Event& event : kept.events) {
      if (auto* const created = std::get_if<event::WorkflowCreated>(&event)) created->facts = kept.facts;
      if (auto* const restored = std::get_if<event::WorkflowRestored>(&event)) restored->facts = kept.facts;
    }
    kept.piece = kept.events;
    WorkflowCommit& commit = commits_.emplace_back();
    commit.facts = kept.facts.get();
    commit.first_event = first;
    if (!kept.events.empty()) commit.events = std::span(&kept.piece, 1);
    if (!more.checkpoint.empty()) commit.checkpoint = state_of(id, first + kept.events.size(), more.checkpoint);
    commit.history_from = more.history_from;
    if (more.summary) {
      commit.summary = std::make_unique<WorkflowSummary>();
      commit.summary->definition = two_tasks()->hash();
      WorkflowStatus& status = commit.summary->status;
      status.id = id;
      status.name = name_;
      status.state = *more.summary;
      status.created_at = more.created_at;
      if (is_terminal(*more.summary)) status.completed_at = more.completed_at;
      status.tasks_total = 2;
    }
    return *this;
  }

  Turn& named(std::string name) {
    name_ = std::move(name);
    return *this;
  }
  Turn& create(const std::string& id, Timestamp when = at(0)) {
    return add(id, 0, {event::WorkflowCreated{.at = when}}, {.summary = WorkflowState::pending, .created_at = when});
  }
  // The same, in place of one that has ended.
  Turn& replace(const std::string& id, const Ending& former, Timestamp when) {
    create(id, when);
    commits_.back().replaced = std::make_unique<WorkflowSummary>();
    WorkflowStatus& status = commits_.back().replaced->status;
    status.id = id;
    status.name = name_;
    status.state = former.state;
    status.created_at = former.created_at;
    return *this;
  }
  // `count` more events.
  Turn& go_on(const std::string& id, std::uint64_t first, std::size_t count = 1, std::string checkpoint = {},
              std::uint64_t history_from = 0) {
    return add(id, first, std::vector<Event>(count, event::TaskStarted{.task = 0, .attempt = 1, .at = at(7)}),
               {.checkpoint = std::move(checkpoint), .history_from = history_from});
  }
  Turn& end(const std::string& id, std::uint64_t first, const Ending& ending) {
    return add(id, first, {event::WorkflowCompleted{.at = ending.completed_at}},
               {.summary = ending.state, .created_at = ending.created_at, .completed_at = ending.completed_at});
  }
  Turn& end(const std::string& id, std::uint64_t first) { return end(id, first, {}); }
  // One more event, after which these tasks of `id` are dead letters, or are none any more. `anew`: and no others are.
  struct Letters {
    std::vector<std::string> added;
    std::vector<std::string> removed;
    bool anew = false;
  };
  Turn& letters(const std::string& id, std::uint64_t first, const Letters& letters) {
    go_on(id, first);
    auto& changes = commits_.back().letters = std::make_unique<LetterChanges>();
    changes->anew = letters.anew;
    const auto add = [&](const std::string& task, bool removed) {
      changes->changes.push_back({.letter = letter(id, task), .removed = removed});
    };
    for (const std::string& task : letters.added) add(task, false);
    for (const std::string& task : letters.removed) add(task, true);
    return *this;
  }
  // "undo a" is what undoes a.
  static DeadLetter letter(const std::string& id, const std::string& task) {
    const bool undoes = task.starts_with("undo ");
    return {.id = {.workflow = id, .task = undoes ? task.substr(5) : task, .compensation = undoes},
            .name = "name of " + id,
            .failed_at = at(7),
            .attempts = 3,
            .error = JsonText::copy_of(R"({"code":"boom"})")};
  }
  Turn& create_and_end(const std::string& id, const Ending& ending) {
    return add(id, 0,
               {event::WorkflowCreated{.at = ending.created_at}, event::WorkflowCompleted{.at = ending.completed_at}},
               {.summary = ending.state, .created_at = ending.created_at, .completed_at = ending.completed_at});
  }
  Turn& revive(const std::string& id, std::uint64_t first) {
    return add(id, first, {restored()}, {.summary = WorkflowState::running});
  }
  static Event restored() {
    return event::WorkflowRestored{
        .at = at(9), .snapshot = "s", .taken_at = at(8), .facts = {}, .state = std::make_shared<std::string>()};
  }

  [[nodiscard]] std::span<const WorkflowCommit> commits() const { return commits_; }

 private:
  struct Kept {
    WorkflowFactsPtr facts;
    std::vector<Event> events;
    std::span<const Event> piece;
  };
  std::deque<Kept> kept_;  // commits point into it
  std::vector<WorkflowCommit> commits_;
  std::string name_ = "w";
};

// Rows in memory that outlive the stores on them.
class TemporaryRows {
 public:
  [[nodiscard]] FaultyRows& faulty() { return rows_; }
  [[nodiscard]] std::unique_ptr<Rows> share() { return std::make_unique<Shared>(rows_); }

 private:
  class Shared final : public Rows {
   public:
    explicit Shared(Rows& rows) : rows_(rows) {}
    [[nodiscard]] std::unique_ptr<RowBatch> new_batch() override { return rows_.new_batch(); }
    Result<void> write(RowBatch& batch, Sync sync) override { return rows_.write(batch, sync); }
    Result<void> sync() override { return rows_.sync(); }
    Result<void> mend() override { return rows_.mend(); }
    Result<std::optional<std::string>> get(Space space, std::string_view key) override { return rows_.get(space, key); }
    [[nodiscard]] Result<std::unique_ptr<RowCursor>> new_cursor(Space space, const KeyRange& range) override {
      return rows_.new_cursor(space, range);
    }
    Result<void> backup(const std::string& folder) override { return rows_.backup(folder); }

   private:
    Rows& rows_;
  };
  FaultyRows rows_{std::make_unique<MemoryRows>()};
};

enum class RowKind : std::uint8_t { memory, rocksdb };

// So that what few commits create is listed, and gets rows of its own soon.
inline constexpr BirthLimits kLists{.fewest = 1, .turns = 2, .listed = 3};

class StoreHarness {
 public:
  explicit StoreHarness(RowKind kind, const CommitQueueOptions& options = {.own_threads = false}) {
    std::unique_ptr<Rows> rows = std::make_unique<MemoryRows>();
    if (kind == RowKind::rocksdb) rows = *RocksDbRows::open(folder_.path().string());
    auto faulty = std::make_unique<FaultyRows>(std::move(rows));
    rows_ = faulty.get();
    store_ = *RowStore::open(std::move(faulty), options, kLists);
    epoch = store_->acquire().value().epoch;
  }

  [[nodiscard]] Store& store() { return *store_; }
  [[nodiscard]] FaultyRows& rows() { return *rows_; }
  void close() { store_.reset(); }

  // The number under which the outcome is told.
  std::uint64_t start(const Turn& turn) {
    store_->commit({.epoch = epoch, .sequence = ++sequence_, .workflows = turn.commits()}, acknowledgements);
    return sequence_;
  }
  Result<void> commit(const Turn& turn) {
    const std::uint64_t sequence = start(turn);
    store_->help();
    return acknowledgements.of(sequence);
  }

  // The events of each run: {{0, 2}, {2, 1}} are two from number 0 and one from number 2.
  using Runs = std::vector<std::pair<std::uint64_t, std::size_t>>;
  static Runs counts(const std::vector<StoredRun>& runs) {
    Runs all;
    for (const StoredRun& run : runs) {
      const auto events = decode_events(run.events, [](const std::string&) { return two_tasks(); });
      all.emplace_back(run.first_event, events ? events->size() : 0);
    }
    return all;
  }
  Runs history(std::string_view id, std::uint64_t from = 0, std::size_t limit = 1'000'000) {
    const Result<std::vector<StoredRun>> runs = store_->read_history(id, from, limit);
    return runs ? counts(*runs) : Runs();
  }
  std::vector<std::string> list(const SummaryQuery& query = {}) {
    std::vector<std::string> ids;
    const Result<std::vector<WorkflowSummary>> summaries = store_->list(query);
    PAWL_ASSERT(summaries.has_value(), "{}", describe(summaries.error()));
    for (const WorkflowSummary& summary : *summaries) ids.push_back(summary.status.id);
    return ids;
  }
  // Each live workflow with its runs.
  std::map<std::string, Runs> live() {
    std::map<std::string, Runs> all;
    const auto take = [&](const Result<StoredWorkflow>& workflow) {
      PAWL_ASSERT(workflow.has_value(), "{}", describe(workflow.error()));
      all[workflow->id] = counts(workflow->runs);
      return true;
    };
    const Result<void> scanned = store_->scan_live([](std::string_view) { return true; }, take);
    PAWL_ASSERT(scanned.has_value(), "{}", describe(scanned.error()));
    return all;
  }

  Acknowledgements acknowledgements;
  Epoch epoch{};

 private:
  testing::TemporaryFolder folder_;
  FaultyRows* rows_ = nullptr;
  std::unique_ptr<RowStore> store_;
  std::uint64_t sequence_ = 0;
};

}  // namespace pawl
