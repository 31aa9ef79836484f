// A source of permits: one of the things that may keep ready tasks from starting, such as the circuit breakers of a
// node. A task that is to start asks for a permit under a key and gets one, or is held until the source has more. The
// permit lasts until its attempt has ended, and the source is told how.
//
// A new kind is a class of this interface and a row in the table (permit_table.h). What each task asks, task slots and
// executors' places, is a permit of the same shape without virtual calls: PermitPool.
// Threads: any; a source is shared by all shards.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <limits>
#include <optional>
#include <string>

#include "pawl/types.h"

#include "model/action.h"
#include "model/hold.h"
#include "policy/circuit_breaker.h"

namespace pawl {

class Definition;
namespace core {
struct Workflow;
}

// The task that asks, as a source sees it.
struct PermitSubject {
  const Definition& definition;
  const core::Workflow& workflow;
  ActionId action;
};

// What a source remembers a permit by; it means nothing to others.
using PermitTicket = std::uint64_t;

// How many permits a source has for those that it keeps waiting.
struct AvailablePermits {
  static constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();

  std::size_t count = 0;
  std::uint64_t change = 0;         // another number when permits were acquired or given back meanwhile
  std::optional<Timestamp> next{};  // none are available: when it is worth asking again, if time changes that
};

// In which order sources are asked. One that has granted a permit gets it back unused if a later one refuses, so the
// sources that are changed by the mere question come last.
enum class PermitStage : std::uint8_t {
  looks,   // whether it is permitted now; nothing is taken
  counts,  // takes one of a number, and nothing remains of one that is given back
  probes   // the question itself may change the source: an open breaker becomes half open
};

class PermitSource {
 public:
  virtual ~PermitSource() = default;

  [[nodiscard]] virtual PermitStage stage() const = 0;
  [[nodiscard]] virtual const HoldReason& reason() const = 0;
  // Whether tasks of the definition may ask. The answer to the same definition never changes.
  [[nodiscard]] virtual bool concerns(const Definition& definition) const = 0;
  // What the task asks for; empty: it needs no permit of this source.
  [[nodiscard]] virtual std::string key_of(const PermitSubject& subject) const = 0;

  // Error: none is available, at least until then.
  [[nodiscard]] virtual std::expected<PermitTicket, Timestamp> try_acquire(const std::string& key, Timestamp now) = 0;
  // Once for each ticket. Verdict::none: the attempt was not made, or says nothing; `now` is not to be read then.
  virtual void end(const std::string& key, PermitTicket ticket, policy::Verdict verdict, Timestamp now) = 0;
  [[nodiscard]] virtual AvailablePermits available(const std::string& key, Timestamp now) const = 0;
  // `more` tasks are held for want of a permit, on some shard; negative: fewer.
  virtual void count_held(const std::string& key, std::int64_t more) = 0;
  // Why it holds tasks now; without `since`, which whoever keeps the held tasks knows.
  [[nodiscard]] virtual Hold hold_of(const std::string& key) const = 0;
  // `notify` is called, on any thread, when available() may answer more than before though no time has passed. Before
  // anyone asks.
  virtual void on_available(std::function<void()> notify) = 0;
};

// What hands out permits by its own type: `try_acquire` answers with something that is true if there is one, and the
// pool has a reason to tell if there is none.
template <class Pool, class... Subject>
concept PermitPool = requires(Pool& pool, Subject&... subject) {
  static_cast<bool>(pool.try_acquire(subject...));
  { Pool::kHoldReason } -> std::same_as<const HoldReason&>;
};

}  // namespace pawl
