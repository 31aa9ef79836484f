// An action is what a workflow executes: a task, or the compensation that undoes one.
#pragma once

#include <compare>
#include <cstdint>

namespace pawl {

// The position of a task in its definition: 0, 1, ... in the order they were written.
using TaskIndex = std::uint32_t;

// Names an action of a workflow: a task, or its compensation. A name keeps its meaning as long as the tasks of the
// workflow stay the same: registering a compensation adds a name and changes none. Ordered by task; a task comes before
// its compensation.
struct ActionId {
  // No definition has a task at this position.
  static constexpr TaskIndex kNoPosition = 0x7fff'ffffU;

  TaskIndex task : 31 = 0;
  bool undo : 1 = false;

  constexpr ActionId() = default;
  // A task is an action.
  constexpr ActionId(TaskIndex of, bool undoes = false) : task(of & kNoPosition), undo(undoes) {}

  [[nodiscard]] static constexpr ActionId undo_of(TaskIndex task) { return {task, true}; }

  friend constexpr bool operator==(ActionId a, ActionId b) { return a.number() == b.number(); }
  friend constexpr auto operator<=>(ActionId a, ActionId b) { return a.number() <=> b.number(); }

  // A distinct number for each action, in their order: for hashing.
  [[nodiscard]] constexpr std::uint32_t number() const { return std::uint32_t{task} << 1U | std::uint32_t{undo}; }
};
static_assert(sizeof(ActionId) == 4);

}  // namespace pawl
