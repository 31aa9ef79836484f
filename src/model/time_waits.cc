#include "model/time_waits.h"

#include <utility>

#include <fmt/format.h>

#include "base/time.h"

namespace pawl {
namespace {

Result<Duration> read_duration(const Json& value, WithoutUnit number) {
  if (value.is_string()) return parse_duration(value.get_string(), number);
  if (value.is_int64()) return duration_of_milliseconds(value.get_int64(), number);
  if (value.is_double()) return fraction_without_unit(value.get_double());
  return fail(ErrorCode::invalid_argument,
              fmt::format("{} is not a duration: write e.g. 30s, or an integer of milliseconds", to_json_text(value)));
}

Result<Timestamp> read_time(const Json& value) {
  if (value.is_string()) return parse_time(value.get_string());
  return fail(ErrorCode::invalid_argument,
              fmt::format("{} is not a time: write it as RFC 3339, e.g. 2026-11-23T08:30:00Z", to_json_text(value)));
}

template <class T>
Result<T> in_first_arg(Result<T> read) {
  if (!read) read.error().field = "args[0]";
  return read;
}

Result<Duration> read_sleep(const Json& args, WithoutUnit number) {
  if (Result<void> ok = check_arg_count(args, 1, 1, "it takes a duration"); !ok)
    return std::unexpected(std::move(ok.error()));
  return in_first_arg(read_duration(args.at(0), number));
}

Result<Timestamp> read_until(const Json& args) {
  if (Result<void> ok = check_arg_count(args, 1, 1, "it takes a time"); !ok)
    return std::unexpected(std::move(ok.error()));
  return in_first_arg(read_time(args.at(0)));
}

template <class T>
Result<void> without_value(const Result<T>& read) {
  return read ? Result<void>() : std::unexpected(read.error());
}

Result<void> check_until(const Json& args) { return without_value(read_until(args)); }

Result<WaitTerms> sleep_terms(const Json& args, Timestamp since) {
  const Result<Duration> duration = sleep_of(args);
  if (!duration) return std::unexpected(duration.error());
  return WaitTerms{.due = DueTime{.at = saturating_add(since, *duration)}};
}

Result<WaitTerms> until_terms(const Json& args, Timestamp /*since*/) {
  const Result<Timestamp> time = read_until(args);
  if (!time) return std::unexpected(time.error());
  return WaitTerms{.due = DueTime{.at = *time, .clock = WaitClock::wall}};
}

std::string explain_time(const Wait& wait, const WaitTerms& terms) {
  return fmt::format("attempt {} has been running since {}; it waits until {}", wait.attempt, format_time(wait.since),
                     format_time(terms.due->at));
}

std::string explain_retry(const Wait& wait, const WaitTerms& terms) {
  return fmt::format("attempt {} failed; attempt {} is due at {}", wait.attempt, wait.attempt + 1,
                     format_time(terms.due->at));
}

}  // namespace

const WaitKind kRetryWait = {.name = "retry", .code = "retry_due", .explain = explain_retry};
const WaitKind kSleepWait = {.name = "sleep",
                             .module = "timer",
                             .function = "sleep",
                             .check_args = check_sleep,
                             .check_written = check_written_sleep,
                             .terms = sleep_terms,
                             .explain = explain_time};
const WaitKind kUntilWait = {.name = "until",
                             .module = "timer",
                             .function = "until",
                             .check_args = check_until,
                             .terms = until_terms,
                             .explain = explain_time};

Result<void> check_arg_count(const Json& args, std::size_t least, std::size_t most, std::string_view usage) {
  const std::size_t count = args.is_array() ? args.get_array().size() : 0;
  if (args.is_array() && count >= least && count <= most) return {};
  return fail(ErrorCode::invalid_argument, fmt::format("{} arguments; {}", count, usage), "args");
}

Result<Duration> sleep_of(const Json& args) { return read_sleep(args, WithoutUnit::any); }
Result<void> check_sleep(const Json& args) { return without_value(sleep_of(args)); }
Result<void> check_written_sleep(const Json& args) { return without_value(read_sleep(args, WithoutUnit::unambiguous)); }

}  // namespace pawl
