// A hold is the answer to "why does this not start?": a ready task or a queued workflow asked for a permit and did not
// get one. All that may refuse one answers in this form, whatever it is.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pawl/types.h"

namespace pawl {

// A kind of hold. Each thing that hands out permits has one of its own, which need not be listed here.
struct HoldReason {
  std::string_view code;  // Explanation::code
  std::string_view text;  // for people; {} stands for the key, in quotes
};

inline constexpr HoldReason kCircuitOpen{.code = "circuit_open", .text = "circuit breaker {} holds it"};
inline constexpr HoldReason kWaitingForSlot{.code = "waiting_for_slot", .text = "it is ready"};
inline constexpr HoldReason kQueued{
    .code = "queued", .text = "the limit of running workflows is reached; it waits for one of them to end"};

struct Hold {
  const HoldReason* reason = nullptr;  // never null in an answer; of static storage
  std::string key{};                   // which one of its kind: the name of a breaker, of a limit
  std::optional<Timestamp> since{};    // by the wall clock, to the second; none: it was not noted
  std::optional<Timestamp> until{};    // by the wall clock, at the earliest; none: nobody knows
  std::string state{};                 // how what holds it stands, if `until` does not say it: "half_open"
};

// "circuit breaker "payments" holds it until 2026-01-01T08:30:00.000Z".
[[nodiscard]] std::string describe(const Hold& hold);

}  // namespace pawl
