// Attempts that are out with runners that can force their end: until such a one has ended, its task has no other one.
//
// A task is found by the ids of its workflow and its own, not by a place in a shard's memory: a shard that goes down
// and reads its workflows again still knows of them, and so do a workflow that was revived, and one that was deleted
// and made again under the same id. An attempt is known by its address, which is never given twice: whose end is
// reported, and who is told to stop, is not mistaken for one of the same number in another life of its workflow.
//
// Threads: its shard's.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include <boost/unordered/unordered_flat_map.hpp>

#include "pawl/types.h"

#include "core/workflow.h"
#include "model/attempt.h"
#include "runners/runner.h"

namespace pawl {

class AttemptsOut {
 public:
  // What has one attempt at a time: a task, or what undoes it.
  struct Action {
    std::string_view workflow;
    std::string_view task;
    bool undoes = false;
    friend bool operator==(const Action&, const Action&) = default;
  };
  [[nodiscard]] static Action action_of(const core::Workflow& workflow, ActionId action);
  struct Attempt {
    AttemptAddress address;
    Runner* runner = nullptr;
    Duration grace{};                    // that it is given where nobody says otherwise
    std::optional<Timestamp> ends_by{};  // it was told to stop; by the wall clock
  };

  // There must be none of this action.
  void add(const Action& action, const Attempt& attempt);
  // It is given until `ends_by`, unless that was less before.
  void stop(const AttemptAddress& address, Timestamp ends_by);
  void remove(const AttemptAddress& address);
  // Whoever made those that are out now is forgotten, so that they are not counted there any more.
  void disown();

  // nullptr: there is none.
  [[nodiscard]] const Attempt* find(const Action& action) const;
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  // Whether some are out that nobody counts.
  [[nodiscard]] bool has_disowned() const { return disowned_ > 0; }
  // stop() may be called meanwhile.
  template <class Visit>
  void for_each(Visit visit) const {
    for (const auto& [address, entry] : entries_) visit(entry.attempt);
  }

 private:
  struct Entry {
    std::string workflow;
    std::string task;
    bool undoes;
    Attempt attempt;
    bool is_disowned = false;

    [[nodiscard]] Action action() const { return {.workflow = workflow, .task = task, .undoes = undoes}; }
  };
  struct AddressHash {
    std::size_t operator()(const AttemptAddress& address) const;
  };
  struct ActionHash {
    std::size_t operator()(const Action& action) const;
  };

  std::unordered_map<AttemptAddress, Entry, AddressHash> entries_;  // they stay where they are
  boost::unordered_flat_map<Action, const Entry*, ActionHash> by_action_;
  std::size_t disowned_ = 0;
};

}  // namespace pawl
