// StoreShard is a shard as a store sees it: it owns the store, commits turns one after another, and reads what is kept.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "model/records/definition.h"
#include "persistence/records.h"
#include "persistence/store.h"
#include "tests/support/turn.h"

namespace pawl {

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

class StoreShard {
 public:
  explicit StoreShard(Store& store) : store_(&store) { acquire(); }

  // Makes it the owner once more; what it commits from now on is its own.
  void acquire() { epoch = store_->acquire().value().epoch; }
  // Goes on with another store, which it acquires.
  void move_to(Store& store) {
    store_ = &store;
    acquire();
  }

  // Commits the turn and returns the number under which its outcome is told.
  std::uint64_t start(const Turn& turn, const std::vector<RecordChange>& records = {}) {
    store_->commit({.epoch = epoch, .sequence = ++sequence_, .workflows = turn.commits(), .records = records},
                   acknowledgements);
    return sequence_;
  }
  Result<void> commit(const Turn& turn) {
    const std::uint64_t sequence = start(turn);
    store_->help();
    return acknowledgements.of(sequence);
  }

  // Commits the record alone, and waits.
  Result<void> put(RecordChange record) {
    const bool makes_room = !record.value;
    return finish({.epoch = epoch,
                   .sequence = ++sequence_,
                   .workflows = {},
                   .records = std::span(&record, 1),
                   .makes_room = makes_room});
  }
  // The records are committed together with the turn.
  Result<void> commit(const Turn& turn, const std::vector<RecordChange>& records) {
    return finish({.epoch = epoch, .sequence = ++sequence_, .workflows = turn.commits(), .records = records});
  }
  // Removes the ended workflow, in a commit that makes room. Error: also that of planning it.
  Result<void> remove(std::string_view id) {
    Result<std::unique_ptr<Removal>> planned = store_->plan_removal(id);
    if (!planned) return std::unexpected(std::move(planned.error()));
    WorkflowChange change;
    change.removal = *std::move(planned);
    return finish({.epoch = epoch,
                   .sequence = ++sequence_,
                   .workflows = std::span(&change, 1),
                   .records = {},
                   .makes_room = true});
  }

  // The events of each run: {{0, 2}, {2, 1}} are two from number 0 and one from number 2.
  using Runs = std::vector<std::pair<std::uint64_t, std::size_t>>;
  static Runs counts(const std::vector<StoredRun>& runs) {
    Runs all;
    for (const StoredRun& run : runs) {
      const auto events = EventDecoder([](const std::string&) { return two_tasks(); }).decode_run(run.events);
      all.emplace_back(run.first_event, events ? events->size() : 0);
    }
    return all;
  }
  Runs history(std::string_view id, std::uint64_t from = 0, std::size_t limit = 1'000'000) {
    const Result<std::vector<StoredRun>> runs = store_->read_history(id, from, limit);
    return runs ? counts(*runs) : Runs();
  }
  // The ids of ended workflows.
  std::vector<std::string> list(const SummaryQuery& query = {}) {
    std::vector<std::string> ids;
    const Result<std::vector<WorkflowSummary>> summaries = store_->list(query);
    PAWL_ASSERT(summaries.has_value(), "{}", describe(summaries.error()));
    for (const WorkflowSummary& summary : *summaries) ids.push_back(summary.status.id);
    return ids;
  }
  // Each live workflow with its runs.
  using Live = std::map<std::string, Runs>;
  Live live() {
    Live all;
    const auto take = [&](const Result<StoredWorkflow>& workflow) {
      PAWL_ASSERT(workflow.has_value(), "{}", describe(workflow.error()));
      all[workflow->id] = counts(workflow->runs);
      return true;
    };
    const Result<void> scanned = store_->scan_live([](std::string_view) { return true; }, take);
    PAWL_ASSERT(scanned.has_value(), "{}", describe(scanned.error()));
    return all;
  }
  // The dead letters, "w/a" and "w/undo a", after one and at most so many.
  std::vector<std::string> letters(const std::string& workflow = {}, const DeadLetterId* after = nullptr,
                                   std::size_t limit = 100) {
    std::vector<std::string> found;
    const Result<void> scanned = store_->scan_dead_letters(after, workflow, [&](const DeadLetter& letter) {
      found.push_back(letter.id.workflow + (letter.id.compensation ? "/undo " : "/") + letter.id.task);
      return found.size() < limit;
    });
    PAWL_ASSERT(scanned.has_value(), "{}", describe(scanned.error()));
    return found;
  }

  Acknowledgements acknowledgements;
  Epoch epoch{};

 private:
  Result<void> finish(const Commit& commit) {
    store_->commit(commit, acknowledgements);
    store_->help();
    return acknowledgements.of(commit.sequence);
  }

  Store* store_;
  std::uint64_t sequence_ = 0;
};

}  // namespace pawl
