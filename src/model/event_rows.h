// What follows from the rows of the events (event_row.h): all kinds in one list, sets of kinds, and what can be asked
// of an event of any kind.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <variant>

#include "model/event.h"

namespace pawl {

// In the order of Event's alternatives.
inline constexpr auto kEventRows = []<class... E>(std::type_identity<std::variant<E...>>) {
  return std::array<EventRow, sizeof...(E)>{E::kRow...};
}(std::type_identity<Event>());

[[nodiscard]] inline const EventRow& row_of(const Event& event) { return kEventRows[event.index()]; }
[[nodiscard]] inline std::string_view name_of(const Event& event) { return row_of(event).name; }

// A set of kinds of events: bit i stands for the i-th alternative of Event.
using EventKinds = std::uint64_t;

[[nodiscard]] constexpr bool contains(EventKinds kinds, const Event& event) {
  return (kinds >> event.index() & 1U) != 0;
}

// The kinds whose rows say yes: kinds_where(&EventRow::may_revive).
[[nodiscard]] consteval EventKinds kinds_where(bool EventRow::* column) {
  EventKinds kinds = 0;
  for (std::size_t kind = 0; kind < kEventRows.size(); ++kind)
    if (kEventRows[kind].*column) kinds |= EventKinds{1} << kind;
  return kinds;
}

[[nodiscard]] bool is_creation(const Event& event);
[[nodiscard]] Timestamp time_of(const Event& event);
// The task that the event is about, or what undoes one.
[[nodiscard]] std::optional<ActionId> action_of(const Event& event);
// The action of which it starts an attempt.
[[nodiscard]] std::optional<ActionId> started_action(const Event& event);
// nullptr: it says nothing new of who the workflow is and what it executes.
[[nodiscard]] WorkflowFactsPtr facts_in(const Event& event);
// Of the stored policy that decided (see EventRow::policy_decision); 0: none did.
[[nodiscard]] std::uint32_t policy_version_of(const Event& event);

}  // namespace pawl
