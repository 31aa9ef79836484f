// Time as text, and the clock that everything outside the pure modules reads.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "pawl/result.h"
#include "pawl/types.h"

namespace pawl {

// The longest duration a user may ask for: 100 years. Sums of a few of them stay far from overflow.
inline constexpr Duration kMaxDuration = std::chrono::hours(24 * 365 * 100);

// "250ms", "30s", "5m", "1.5h", "2d", "1h30m"; a bare integer is milliseconds. Error: `invalid_argument`.
[[nodiscard]] Result<Duration> parse_duration(std::string_view text);

// The shortest text that parse_duration reads back: "1.5s", "2m", "1h30m".
[[nodiscard]] std::string format_duration(Duration duration);

// RFC 3339 in UTC with milliseconds: "2026-11-23T08:30:00.250Z".
[[nodiscard]] std::string format_time(Timestamp time);

// RFC 3339 with any offset and up to microseconds. Error: `invalid_argument`.
[[nodiscard]] Result<Timestamp> parse_time(std::string_view text);

// Reads the time. Real in the product, virtual in the simulator.
class Clock {
 public:
  virtual ~Clock() = default;
  // Never goes back within a process, whatever happens to the system's clock.
  [[nodiscard]] virtual Timestamp now() const = 0;
};

// The wall clock as it stood at construction, moved on by the monotonic clock.
class SystemClock final : public Clock {
 public:
  SystemClock();
  [[nodiscard]] Timestamp now() const override;

 private:
  std::chrono::microseconds wall_minus_steady_;
};

}  // namespace pawl
