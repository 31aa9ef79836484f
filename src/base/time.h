// Time as text, and the clock that everything outside the pure modules reads.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pawl/result.h"
#include "pawl/types.h"

namespace pawl {

// The longest duration a user may ask for: 100 years. In microseconds sums of a few of them stay far from overflow; in
// nanoseconds, as the steady clock counts, three of them do not. Where a time is not known to be that near, the two
// functions below add.
inline constexpr Duration kMaxDuration = std::chrono::hours(24 * 365 * 100);

// The first and the last time that can be written: the years 0 to 9999.
inline constexpr Timestamp kFirstTime{std::chrono::seconds(-62'167'219'200)};
inline constexpr Timestamp kLastTime{std::chrono::microseconds(253'402'300'799'999'999)};

// `time` + `by`, kept between the two. `time` is.
[[nodiscard]] constexpr Timestamp saturating_add(Timestamp time, Duration by) {
  constexpr Duration kMost = std::chrono::floor<Duration>(kLastTime - kFirstTime);
  return std::clamp(time + std::clamp(by, -kMost, kMost), kFirstTime, kLastTime);
}

// When a wait of this length that begins now is over; one of more than kMaxDuration lasts that long.
template <class Rep, class Period>
[[nodiscard]] std::chrono::steady_clock::time_point steady_deadline(std::chrono::duration<Rep, Period> wait) {
  using Length = std::chrono::duration<Rep, Period>;
  return std::chrono::steady_clock::now() +
         std::clamp(wait, Length::zero(), std::chrono::duration_cast<Length>(kMaxDuration));
}

// A number without a unit is milliseconds. One above 0 and below this is refused: who writes 30 means seconds.
inline constexpr Duration kLeastWithoutUnit = std::chrono::seconds(1);

// Whether a number may be below that: only where it is known to be milliseconds, as in what was stored long ago.
enum class WithoutUnit : std::uint8_t { unambiguous, any };

// "250ms", "30s", "5m", "1.5h", "2d", "1h30m", "0", "1500". Error: `invalid_argument`.
[[nodiscard]] Result<Duration> parse_duration(std::string_view text, WithoutUnit number = WithoutUnit::unambiguous);

// How long something is kept, or how long ago it was. A number without a unit is refused whatever it is, 0 too: who
// writes 7 means days, and what is removed does not come back. Error: `invalid_argument`.
[[nodiscard]] Result<Duration> parse_age(std::string_view text);

// What to say of a number without a unit that is taken as milliseconds, and may be meant as seconds: 1,000 to 100,000.
// Nothing of other texts.
[[nodiscard]] std::optional<std::string> doubt_duration(std::string_view text);

// As parse_duration, of an integer that stands where a duration does.
[[nodiscard]] Result<Duration> duration_of_milliseconds(std::int64_t milliseconds,
                                                        WithoutUnit number = WithoutUnit::unambiguous);

// What is said of a number that is no integer, where a duration stands: whether it is 30.5s or 30.5ms must be written.
[[nodiscard]] std::unexpected<Error> fraction_without_unit(double number);

// The shortest text that parse_duration reads back: "1.5s", "2m", "1h30m".
[[nodiscard]] std::string format_duration(Duration duration);

// RFC 3339 in UTC with milliseconds: "2026-11-23T08:30:00.250Z".
[[nodiscard]] std::string format_time(Timestamp time);

// RFC 3339 with any offset and up to microseconds. Error: `invalid_argument`.
[[nodiscard]] Result<Timestamp> parse_time(std::string_view text);

// Reads the time. Real in the product, virtual in the simulator. Decision 23 says what is measured by which reading.
class Clock {
 public:
  virtual ~Clock() = default;
  // The wall clock as it stood when the process began, moved on by the monotonic clock: it never goes back and never
  // jumps within a process, whatever happens to the system's clock. What is a duration is measured by it.
  [[nodiscard]] virtual Timestamp now() const = 0;
  // The wall clock as it stands: it jumps when somebody corrects it. What is a time of day is compared with it.
  [[nodiscard]] virtual Timestamp wall() const = 0;
};

class SystemClock final : public Clock {
 public:
  SystemClock();
  [[nodiscard]] Timestamp now() const override;
  [[nodiscard]] Timestamp wall() const override;

 private:
  std::chrono::microseconds wall_minus_steady_;
};

}  // namespace pawl
