#include "base/time.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "base/duration_words.h"
#include "base/text.h"

namespace pawl {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

struct Unit {
  std::string_view suffix;
  std::int64_t ms;
};
// `ms` stands before `m`, for the first suffix that fits is taken.
constexpr Unit kUnits[] = {{"ms", 1}, {"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}};

std::unexpected<Error> bad_duration(std::string_view text, std::string_view why) {
  return fail(
      ErrorCode::invalid_argument,
      fmt::format("{} is not a duration: {}; write e.g. 250ms, 30s, 5m, 1.5h, 2d, or an integer of milliseconds",
                  in_quotes(text), why));
}

// `text` is none, or has a unit that is missing or unknown.
std::unexpected<Error> not_read(std::string_view text, std::string_view why) {
  const std::string ours = as_duration(text);
  // What it is taken for must be a duration, too: "1.2.3 min" is none.
  if (ours.empty() || ours == text || !parse_duration(std::string_view(ours).substr(0, ours.find(' '))))
    return bad_duration(text, why);
  return fail(ErrorCode::invalid_argument, fmt::format("{} is not a duration; write {}", in_quotes(text), ours));
}

std::unexpected<Error> bad_unit(std::string_view text) { return not_read(text, "the unit is missing or unknown"); }

bool is_ambiguous(double ms) { return ms > 0 && ms < static_cast<double>(kLeastWithoutUnit.count()); }

std::unexpected<Error> no_unit(std::string_view number) {
  return fail(ErrorCode::invalid_argument,
              fmt::format("{0} has no unit, and may be meant as seconds or milliseconds: write {0}s or {0}ms", number));
}

// Reads exactly `count` digits at the start of `text` and drops them from it.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, std::string_view one_of) {
  if (text.empty() || one_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// The fraction of a second, if there is one; digits beyond microseconds are dropped.
std::optional<microseconds> take_fraction(std::string_view& text) {
  if (!take(text, ".")) return microseconds(0);
  std::int64_t value = 0;
  std::size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits)
    if (digits < 6) value = value * 10 + (text[digits] - '0');
  if (digits == 0) return std::nullopt;
  for (std::size_t i = digits; i < 6; ++i) value *= 10;
  text.remove_prefix(digits);
  return microseconds(value);
}

std::optional<std::chrono::minutes> take_offset(std::string_view& text) {
  if (take(text, "Zz")) return std::chrono::minutes(0);
  const bool west = text.starts_with('-');
  if (!take(text, "+-")) return std::nullopt;
  const auto hours = take_digits(text, 2);
  if (!hours || !take(text, ":")) return std::nullopt;
  const auto minutes = take_digits(text, 2);
  if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const int offset = *hours * 60 + *minutes;
  return std::chrono::minutes(west ? -offset : offset);
}

std::optional<Timestamp> read_time(std::string_view text) {
  const auto year = take_digits(text, 4);
  if (!year || !take(text, "-")) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || !take(text, "-")) return std::nullopt;
  const auto day = take_digits(text, 2);
  if (!day || !take(text, "Tt ")) return std::nullopt;
  const auto hour = take_digits(text, 2);
  if (!hour || !take(text, ":")) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || !take(text, ":")) return std::nullopt;
  const auto second = take_digits(text, 2);
  if (!second) return std::nullopt;
  const auto fraction = take_fraction(text);
  if (!fraction) return std::nullopt;
  const auto offset = take_offset(text);
  if (!offset || !text.empty() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second) + *fraction - *offset;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text, WithoutUnit number_without_unit) {
  double total_ms = 0;
  std::string_view rest = text;
  if (rest.empty()) return bad_duration(text, "it is empty");
  while (!rest.empty()) {
    if (rest.front() == '-') return bad_duration(text, "it is negative");
    const bool whole_text = rest.size() == text.size();
    double number = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number, std::chars_format::fixed);
    if (error == std::errc::result_out_of_range) return bad_duration(text, "it is too long");
    if (error != std::errc()) return whole_text ? not_read(text, "a number is expected") : bad_unit(text);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    const Unit* unit = nullptr;
    for (const Unit& candidate : kUnits)
      if (unit == nullptr && rest.starts_with(candidate.suffix)) unit = &candidate;
    if (unit == nullptr && !(whole_text && rest.empty())) return bad_unit(text);
    total_ms += number * static_cast<double>(unit == nullptr ? 1 : unit->ms);
    if (unit != nullptr) rest.remove_prefix(unit->suffix.size());
  }
  if (!(total_ms <= static_cast<double>(kMaxDuration.count()))) return bad_duration(text, "it is above 100 years");
  const bool has_unit = text.find_first_not_of("0123456789.") != std::string_view::npos;
  if (!has_unit && number_without_unit == WithoutUnit::unambiguous && is_ambiguous(total_ms)) return no_unit(text);
  return milliseconds(std::llround(total_ms));
}

Result<Duration> parse_age(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789.") != std::string_view::npos) return parse_duration(text);
  if (text.find_first_not_of("0.") == std::string_view::npos)
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("{} has no unit: write 0s if it is to be all, immediately; without the option there is no limit",
                    text));
  // So many days may be above 100 years.
  const std::string days =
      parse_duration(fmt::format("{}d", text)) ? fmt::format("{}d if it is days", text) : "e.g. 30d";
  return fail(ErrorCode::invalid_argument,
              fmt::format("{} has no unit: write {}; other units are h, m, s and ms", text, days));
}

std::optional<std::string> doubt_duration(std::string_view text) {
  constexpr std::int64_t kMostDoubted = 100'000;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_read = error == std::errc() && end == text.data() + text.size();
  if (!is_read || number < kLeastWithoutUnit.count() || number > kMostDoubted) return std::nullopt;
  return fmt::format("{0} without a unit is milliseconds: write {0}ms, or {0}s if it is meant as seconds", number);
}

Result<Duration> duration_of_milliseconds(std::int64_t count, WithoutUnit number) {
  if (count < 0) return fail(ErrorCode::invalid_argument, fmt::format("{} ms is negative", count));
  if (count > kMaxDuration.count())
    return fail(ErrorCode::invalid_argument, fmt::format("{} ms is above 100 years", count));
  if (number == WithoutUnit::unambiguous && is_ambiguous(static_cast<double>(count)))
    return no_unit(std::to_string(count));
  return Duration(count);
}

std::unexpected<Error> fraction_without_unit(double number) {
  if (number < 0) return bad_duration(fmt::format("{}", number), "it is negative");
  return no_unit(fmt::format("{}", number));
}

std::string format_duration(Duration duration) {
  std::int64_t ms = duration.count();
  if (ms < 1'000) return fmt::format("{}ms", ms);
  std::string out;
  for (const Unit& unit : {Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000}}) {
    if (ms >= unit.ms) out += fmt::format("{}{}", ms / unit.ms, unit.suffix);
    ms %= unit.ms;
  }
  if (ms % 1'000 == 0) return ms == 0 ? out : out + fmt::format("{}s", ms / 1'000);
  return out + fmt::format("{}s", static_cast<double>(ms) / 1e3);
}

std::string format_time(Timestamp time) {
  const auto days = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(days);
  const std::int64_t ms = std::chrono::floor<milliseconds>(time - days).count();
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), ms / 3'600'000,
                     ms / 60'000 % 60, ms / 1'000 % 60, ms % 1'000);
}

Result<Timestamp> parse_time(std::string_view text) {
  if (const auto time = read_time(text)) return *time;
  return fail(ErrorCode::invalid_argument,
              fmt::format("{} is not a time: write it as RFC 3339, e.g. 2026-11-23T08:30:00Z", in_quotes(text)));
}

SystemClock::SystemClock()
    : wall_minus_steady_(std::chrono::floor<microseconds>(std::chrono::system_clock::now().time_since_epoch()) -
                         std::chrono::floor<microseconds>(std::chrono::steady_clock::now().time_since_epoch())) {}

Timestamp SystemClock::now() const {
  return Timestamp(std::chrono::floor<microseconds>(std::chrono::steady_clock::now().time_since_epoch()) +
                   wall_minus_steady_);
}

Timestamp SystemClock::wall() const { return std::chrono::floor<microseconds>(std::chrono::system_clock::now()); }

}  // namespace pawl
