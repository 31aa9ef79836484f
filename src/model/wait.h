// A wait is what a task does that does no work: it sleeps, or waits for a retry, and later for a signal, a child, an
// approval, a lease, the next poll. A kind of wait is a row, which says all that is particular about it; nobody else
// tells kinds apart. A new kind is a row in wait_kinds.cc, or an AddedWaitKind in a file of its own.
//
// A row rather than an enumerator, so that a later module, or a test, can add one. The rows are those of the process
// and not of one engine: whether a task waits is part of what its stored definition means, also to those that only read
// it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pawl/json.h"
#include "pawl/result.h"
#include "pawl/types.h"

namespace pawl {

// Decision 23: a duration follows the clock that never jumps, a time of day the wall clock.
enum class WaitClock : std::uint8_t { monotonic, wall };

struct DueTime {
  Timestamp at;
  WaitClock clock = WaitClock::monotonic;

  friend bool operator==(const DueTime&, const DueTime&) = default;
};

// What a task waits for, as its args tell.
struct WaitTerms {
  std::string key{};             // what satisfies it, beside its time; empty: nothing does
  std::optional<DueTime> due{};  // none: it waits until it is satisfied, however long that takes
};

// What it means for a wait that its due time has come: this is what was waited for, or what was waited for has not
// come.
enum class OnDue : std::uint8_t { satisfied, expired };

struct WaitKind;

// That an action waits.
struct Wait {
  const WaitKind* kind = nullptr;
  std::uint32_t attempt = 0;  // the one that waits; of a retry, the one that failed
  Timestamp since;            // when that attempt was started
};

struct WaitKind {
  std::string_view name;
  // The handler of the tasks that wait so. Empty: no task asks for it.
  std::string_view module{};
  std::string_view function{};
  // As in Handler.
  Result<void> (*check_args)(const Json& args) = nullptr;
  Result<void> (*check_written)(const Json& args) = nullptr;
  // Of args that passed those; `since`: when the attempt was started. Error: `invalid_argument`. nullptr: the state
  // tells, without args.
  Result<WaitTerms> (*terms)(const Json& args, Timestamp since) = nullptr;
  OnDue on_due = OnDue::satisfied;
  std::string_view code = "running";  // of its explanation
  std::string (*explain)(const Wait& wait, const WaitTerms& terms) = nullptr;
};

// The delay before the next attempt of a task that has failed.
extern const WaitKind kRetryWait;

// The kind of wait of tasks that call this handler; nullptr: they do work.
[[nodiscard]] const WaitKind* find_wait_kind(std::string_view module, std::string_view function);
// Those that tasks may ask for by a handler.
[[nodiscard]] std::vector<const WaitKind*> wait_kinds();

// A row outside of the table. One for each kind, as a static variable: definitions refer to it as long as they live.
// Threads: made before there are engines.
class AddedWaitKind {
 public:
  explicit AddedWaitKind(const WaitKind& kind);
  AddedWaitKind(const AddedWaitKind&) = delete;
  AddedWaitKind& operator=(const AddedWaitKind&) = delete;
  ~AddedWaitKind() = default;

  [[nodiscard]] const WaitKind& kind() const { return kind_; }

 private:
  friend const WaitKind* find_wait_kind(std::string_view module, std::string_view function);
  friend std::vector<const WaitKind*> wait_kinds();

  static inline const AddedWaitKind* latest_ = nullptr;

  const WaitKind kind_;
  const AddedWaitKind* const before_;
};

}  // namespace pawl
