// What a workflow does: its tasks, and what undoes them. Tasks and compensations together are its actions.
#pragma once

#include <compare>
#include <cstdint>

namespace pawl {

// The position of a task in its definition: 0, 1, ... in the order they were written.
using TaskIndex = std::uint32_t;

// Names an action of a workflow: a task, or what undoes it. A name means the same as long as the tasks of the workflow
// are the same: registering a compensation adds a name and changes none. Ordered by task; running it comes before
// undoing it.
struct ActionId {
  // No definition has a task at this position.
  static constexpr TaskIndex kNoPosition = 0x7fff'ffffU;

  TaskIndex task : 31 = 0;
  bool undo : 1 = false;

  constexpr ActionId() = default;
  // A task is an action as it stands.
  constexpr ActionId(TaskIndex of, bool undoes = false) : task(of & kNoPosition), undo(undoes) {}

  [[nodiscard]] static constexpr ActionId undo_of(TaskIndex task) { return {task, true}; }

  friend constexpr bool operator==(ActionId a, ActionId b) { return a.number() == b.number(); }
  friend constexpr auto operator<=>(ActionId a, ActionId b) { return a.number() <=> b.number(); }

  // Another one for each action, in their order: for hashing.
  [[nodiscard]] constexpr std::uint32_t number() const { return std::uint32_t{task} << 1U | std::uint32_t{undo}; }
};
static_assert(sizeof(ActionId) == 4);

}  // namespace pawl
