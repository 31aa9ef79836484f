// The row of a kind of event: what it is called, where it is stored, and what it means to those who do not look inside.
//
// Each event has its row in its struct (event.h). Whoever treats some kinds of events in another way than the rest asks
// a column of it (event_rows.h); nothing outside of core and model lists kinds of events.
#pragma once

#include <cstdint>
#include <string_view>

namespace pawl {

// Which dead letters of the workflow an event changes.
enum class DeadLetters : std::uint8_t {
  unchanged,
  may_gain_one,  // its action failed: it is a dead letter now, unless it was allowed to fail
  lose_one,      // that of its action
  any            // all actions are to be looked at
};

// How the attempt at its action ended, for the sources of its permits.
enum class AttemptEnd : std::uint8_t { none, success, failure, without_verdict };

// Which held tasks an event changes.
enum class HeldChange : std::uint8_t {
  any_may_end,  // tasks may have ended that the event does not name
  unchanged,
  gain_one,  // its action
  lose_one   // its action
};

// What a stored policy decided, if `policy_version` says that one did.
enum class PolicyDecision : std::uint8_t { none, timeout_granted, retry_granted, retry_refused };

struct EventRow {
  std::string_view name;               // as it is printed: "task_completed"
  std::uint32_t stored;                // its field of stored.Event in stored.proto
  std::uint32_t stored_before = 0;     // the same of one that follows ReworkRules::forget_completions; 0: none does
  std::string_view compensation = {};  // its name where its action undoes a task; empty: the same
  // Its effects may be released before it is durable, because what a crash takes away is decided anew (decision 5).
  bool rides_along = false;
  bool ends = false;             // the workflow has ended
  bool may_revive = false;       // a workflow that had ended may live after it
  bool changes_summary = false;  // what lists show of the workflow, though it neither ends nor lives again
  DeadLetters dead_letters = DeadLetters::unchanged;
  AttemptEnd attempt_end = AttemptEnd::none;
  HeldChange held_tasks = HeldChange::any_may_end;
  PolicyDecision policy_decision = PolicyDecision::none;
};

}  // namespace pawl
