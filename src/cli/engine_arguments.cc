#include "cli/engine_arguments.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"
#include "cli/arguments.h"
#include "cli/user.h"

namespace pawl::cli {
namespace {

// Of `--durability relaxed` that does not say how much is at stake.
constexpr Duration kRelaxedDelay = std::chrono::milliseconds(100);
constexpr std::string_view kKept[] = {"completed", "failed", "cancelled", "dead_letters"};

std::unexpected<Error> refused(std::string option, std::string message) {
  return fail(ErrorCode::invalid_argument, std::move(message), std::move(option));
}

std::optional<Duration>* age_of(Retention& retention, std::string_view what) {
  constexpr std::optional<Duration> Retention::* kAges[] = {&Retention::completed, &Retention::failed,
                                                            &Retention::cancelled, &Retention::dead_letters};
  const auto kept = std::ranges::find(kKept, what);
  return kept == std::end(kKept) ? nullptr : &(retention.*kAges[kept - std::begin(kKept)]);
}

Result<Duration> read_sync_delay(const EngineArguments& arguments) {
  if (!arguments.sync_delay) return arguments.durability == "relaxed" ? kRelaxedDelay : Duration::zero();
  Result<Duration> delay = parse_duration(*arguments.sync_delay);
  if (!delay) return std::unexpected(of_option("--sync-delay", std::move(delay.error())));
  const bool synced = *delay == Duration::zero();
  if (!arguments.durability.empty() && synced != (arguments.durability == "synced"))
    return refused("--sync-delay", fmt::format("{} is not {}: leave one of the two options out",
                                               format_duration(*delay), arguments.durability));
  return delay;
}

constexpr std::pair<std::string_view, int> kSizes[] = {{"KiB", 10}, {"MiB", 20}, {"GiB", 30}};

// How "8M", "8 mb" and "1G" are written here; empty if it is not known what they are.
std::string as_size(std::string_view text) {
  std::string plain;
  for (const char c : text)
    if (c != ' ') plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const std::size_t digits = std::min(plain.find_first_not_of("0123456789"), plain.size());
  const std::string_view unit = std::string_view(plain).substr(digits);
  if (digits == 0) return {};
  if (unit.empty()) return plain + "MiB";
  for (const auto& [name, bits] : kSizes) {
    const char letter = static_cast<char>(name[0] - 'A' + 'a');
    if (unit.starts_with(letter) && (unit.size() == 1 || unit.substr(1) == "b" || unit.substr(1) == "ib"))
      return plain.substr(0, digits) + std::string(name);
  }
  return {};
}

// "8MiB", "512KiB", "0"
Result<std::optional<std::uint64_t>> read_reserve(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  constexpr std::uint64_t kMost = std::uint64_t{1} << 40U;
  std::uint64_t number = 0;
  const auto [rest, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  const std::string_view unit(rest, static_cast<std::size_t>(text->data() + text->size() - rest));
  const auto found = std::ranges::find(kSizes, unit, &std::pair<std::string_view, int>::first);
  const bool known = found != std::end(kSizes) || (number == 0 && unit.empty());
  if (error != std::errc() || !known || number > kMost) {
    const std::string meant = number > kMost ? std::string() : as_size(*text);
    return refused("--reserve", fmt::format("{} is not a size: write {}", in_quotes(*text),
                                            meant.empty() || meant == *text ? "8MiB, 512KiB or 0" : meant));
  }
  return number << static_cast<unsigned>(found == std::end(kSizes) ? 0 : found->second);
}

// An option that says something about a data directory says nothing without one.
Result<void> check_in_memory(const EngineArguments& arguments) {
  const std::pair<const char*, bool> given[] = {{"--durability", !arguments.durability.empty()},
                                                {"--sync-delay", arguments.sync_delay.has_value()},
                                                {"--retention", arguments.retention.has_value()},
                                                {"--max-crashes", arguments.max_crashes > 0},
                                                {"--reserve", arguments.reserve.has_value()}};
  for (const auto& [option, is_given] : given)
    if (is_given) return refused(option, "nothing is stored without --data-dir");
  return {};
}

}  // namespace

Error of_option(std::string option, Error error) {
  error.field = std::move(option);
  return error;
}

Result<Retention> parse_retention(const std::string& text) {
  Retention retention;
  for (std::size_t begin = 0, end = 0; begin <= text.size(); begin = end + 1) {
    end = std::min(text.find(',', begin), text.size());
    const std::string_view part = std::string_view(text).substr(begin, end - begin);
    const std::size_t equals = part.find('=');
    const Result<Duration> age = parse_age(equals == std::string_view::npos ? part : part.substr(equals + 1));
    if (!age) return std::unexpected(age.error());
    if (equals == std::string_view::npos) {
      retention.completed = retention.failed = retention.cancelled = *age;
    } else if (std::optional<Duration>* const kept = age_of(retention, part.substr(0, equals))) {
      *kept = *age;
    } else {
      const std::string_view what = part.substr(0, equals);
      return fail(ErrorCode::invalid_argument, fmt::format("{} has no retention: write {}{}", in_quotes(what),
                                                           fmt::join(kKept, ", "), did_you_mean(what, kKept)));
    }
  }
  return retention;
}

Result<EngineChoice> read_engine_arguments(const EngineArguments& arguments) {
  EngineChoice choice;
  choice.engine.max_concurrent_tasks = arguments.concurrency;
  choice.engine.actor = this_user();
  if (arguments.data_dir.empty()) {
    if (Result<void> ok = check_in_memory(arguments); !ok) return std::unexpected(std::move(ok.error()));
    return choice;
  }
  const Result<Duration> delay = read_sync_delay(arguments);
  if (!delay) return std::unexpected(delay.error());
  const Result<std::optional<std::uint64_t>> reserve = read_reserve(arguments.reserve);
  if (!reserve) return std::unexpected(reserve.error());
  choice.persistence =
      PersistenceOptions{.data_dir = arguments.data_dir, .sync_delay = *delay, .reserve_bytes = *reserve};
  choice.engine.max_crashes = static_cast<std::uint32_t>(arguments.max_crashes);
  if (arguments.retention) {
    Result<Retention> retention = parse_retention(*arguments.retention);
    if (!retention) return std::unexpected(of_option("--retention", std::move(retention.error())));
    choice.engine.retention = *retention;
  }
  return choice;
}

void add_engine_arguments(Verb& verb, EngineArguments& arguments) {
  constexpr int kMostTasks = 100'000;
  constexpr int kMostCrashes = 15;
  verb.add("--concurrency", arguments.concurrency, "Tasks that may run concurrently (default 64)")
      .between(1, kMostTasks);
  verb.add("--durability", arguments.durability,
           "synced (default): what has happened is on the disk before anything follows from it; relaxed: a\n"
           "crash of the machine, not of the process, may lose the last 100ms (--sync-delay)")
      .one_of({"synced", "relaxed"});
  verb.add("--sync-delay", arguments.sync_delay, "Sync to disk at most this much later, e.g. 20ms (relaxed)");
  verb.add("--max-crashes", arguments.max_crashes,
           "A task during whose attempts this many processes were killed fails as crashed (default 5)")
      .between(1, kMostCrashes);
  verb.add("--reserve", arguments.reserve,
           "Keep this much of the disk free, so that pawl delete works when the disk is full: 8MiB, 0\n"
           "(default: a quarter of what is stored, 4MiB to 24MiB)");
  verb.add("--retention", arguments.retention,
           "Delete ended workflows after this long: 7d, or completed=7d,failed=30d; discard dead letters:\n"
           "dead_letters=30d (default: never)");
}

}  // namespace pawl::cli
