// Turn is what a shard decided, as a store gets it: commits written down in a line each.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "model/encoding.h"
#include "model/stored.pb.h"
#include "persistence/store.h"
#include "tests/support/graphs.h"

namespace pawl {

inline Timestamp at(std::int64_t seconds) { return Timestamp(std::chrono::seconds(seconds)); }

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
    bool saga = false;
  };

  struct Ending {
    WorkflowState state = WorkflowState::completed;
    Timestamp created_at = at(0);
    Timestamp completed_at = at(10);
    bool saga = false;
  };

  // `events` of workflow `id`, from number `first` on: of no importance themselves but for the first one and a
  // restoral.
  Turn& add(const std::string& id, std::uint64_t first, std::vector<Event> events, More more) {
    auto facts = std::make_shared<const WorkflowFacts>(
        WorkflowFacts{.id = WorkflowId(id), .definition = two_tasks(), .input = JsonText()});
    Kept& kept = kept_.emplace_back(std::move(facts), std::move(events), std::vector<std::span<const Event>>());
    for (Event& event : kept.events) {
      if (auto* const created = std::get_if<event::WorkflowCreated>(&event)) created->facts = kept.facts;
      if (auto* const restored = std::get_if<event::WorkflowRestored>(&event)) restored->facts = kept.facts;
    }
    if (!kept.events.empty()) kept.pieces.emplace_back(kept.events);
    WorkflowChange& commit = commits_.emplace_back();
    commit.facts = kept.facts.get();
    commit.first_event = first;
    commit.events = kept.pieces;
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
      status.saga = more.saga;
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
    return add(id, first, std::vector<Event>(count, event::TaskStarted{.action = 0, .attempt = 1, .at = at(7)}),
               {.checkpoint = std::move(checkpoint), .history_from = history_from});
  }
  // As many more events as `sizes` add up to, in pieces of these sizes.
  Turn& go_on_in_pieces(const std::string& id, std::uint64_t first, const std::vector<std::size_t>& sizes) {
    std::size_t count = 0;
    for (const std::size_t size : sizes) count += size;
    go_on(id, first, count);
    Kept& kept = kept_.back();
    kept.pieces.clear();
    std::span<const Event> left = kept.events;
    for (const std::size_t size : sizes) {
      kept.pieces.push_back(left.first(size));
      left = left.subspan(size);
    }
    commits_.back().events = kept.pieces;
    return *this;
  }
  Turn& end(const std::string& id, std::uint64_t first, const Ending& ending) {
    return add(id, first, {event::WorkflowCompleted{.at = ending.completed_at}},
               {.summary = ending.state,
                .created_at = ending.created_at,
                .completed_at = ending.completed_at,
                .saga = ending.saga});
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
               {.summary = ending.state,
                .created_at = ending.created_at,
                .completed_at = ending.completed_at,
                .saga = ending.saga});
  }
  Turn& revive(const std::string& id, std::uint64_t first, Timestamp created_at = at(0)) {
    return add(id, first, {restored()}, {.summary = WorkflowState::running, .created_at = created_at});
  }
  static Event restored() {
    return event::WorkflowRestored{
        .at = at(9), .snapshot = "s", .taken_at = at(8), .facts = {}, .state = std::make_shared<std::string>()};
  }

  [[nodiscard]] std::span<const WorkflowChange> commits() const { return commits_; }

 private:
  struct Kept {
    WorkflowFactsPtr facts;
    std::vector<Event> events;
    std::vector<std::span<const Event>> pieces;
  };
  std::deque<Kept> kept_;  // commits point into it
  std::vector<WorkflowChange> commits_;
  std::string name_ = "w";
};

}  // namespace pawl
