// Random events of each kind, for the tests of how they are stored. A field is filled by its name, so that a new kind
// of event needs nothing here unless it has a field that no other one has.
#pragma once

#include <array>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "base/random.h"
#include "model/event.h"
#include "tests/support/graphs.h"

namespace pawl {

// All that random facts refer to.
inline DefinitionPtr definition_of_random_events() { return testing::define({testing::task("a"), testing::task("b")}); }

class RandomEvents {
 public:
  explicit RandomEvents(std::uint64_t seed) : random_(seed) {}

  // At most a day before or after the one before.
  template <class E>
  E next() {
    constexpr std::uint64_t kDay = 86'400'000'000;
    at_ += std::chrono::microseconds(static_cast<std::int64_t>(random_.next() % (2 * kDay)) -
                                     static_cast<std::int64_t>(kDay));
    E event{};
    event.at = at_;
    fill_what_happened(event);
    fill_what_was_changed(event);
    return event;
  }

 private:
  template <class E>
  void fill_what_happened(E& event) {
    if constexpr (requires { event.action; }) event.action = small();
    if constexpr (requires { event.task; }) event.task = small();
    if constexpr (requires { event.attempt; }) event.attempt = small();
    if constexpr (requires { event.timeout; }) event.timeout = duration();
    if constexpr (requires { event.grace; }) event.grace = duration();
    if constexpr (requires { event.policy_version; }) event.policy_version = small();
    if constexpr (requires { event.due; }) event.due = at_ + duration();
    if constexpr (requires { event.result; }) event.result = json();
    if constexpr (requires { event.output; }) event.output = json();
    if constexpr (requires { event.error; }) event.error = json();
    if constexpr (requires { event.crashed; }) event.crashed = coin();
    if constexpr (requires { event.compensate; }) event.compensate = coin();
    if constexpr (requires { event.reason; }) fill_reason(event.reason);
  }
  template <class E>
  void fill_what_was_changed(E& event) {
    if constexpr (requires { event.facts; }) event.facts = facts();
    if constexpr (requires { event.snapshot; }) event.snapshot = text();
    if constexpr (requires { event.taken_at; }) event.taken_at = at_ - duration();
    if constexpr (requires { event.state; }) event.state = std::make_shared<const std::string>(text());
    if constexpr (requires { event.rules; })
      event.rules = coin() ? ReworkRules::keep_completions : ReworkRules::forget_completions;
    if constexpr (requires { event.start; })
      if (coin()) event.start = small();
    if constexpr (requires { event.end; }) event.end = enumerator(WorkflowState::cancelled);
    if constexpr (requires { event.tasks; })
      for (std::uint64_t left = random_.next() % 4; left > 0; --left) event.tasks.push_back(small());
    if constexpr (requires { event.rerun; })
      if (coin()) event.rerun = decltype(event.rerun)(1);
  }

  void fill_reason(StopReason& reason) { reason = enumerator(StopReason::cancelled); }
  void fill_reason(SkipReason& reason) { reason = enumerator(SkipReason::request); }
  void fill_reason(std::string& reason) { reason = text(); }

  bool coin() { return random_.next() % 2 == 0; }
  // Mostly what one byte of a varint holds, sometimes more, sometimes nothing.
  std::uint32_t small() {
    constexpr std::array<std::uint32_t, 4> kBounds = {1, 8, 300, 100'000};
    return static_cast<std::uint32_t>(random_.next() % kBounds[random_.next() % kBounds.size()]);
  }
  Duration duration() { return Duration(small()); }
  std::string text() {
    std::string text(random_.next() % 20, ' ');
    for (char& c : text) c = static_cast<char>('a' + random_.next() % 26);
    return text;
  }
  JsonText json() { return coin() ? JsonText() : JsonText::copy_of('"' + text() + '"'); }
  template <class Enum>
  Enum enumerator(Enum last) {
    return static_cast<Enum>(random_.next() % (std::to_underlying(last) + 1U));
  }
  WorkflowFactsPtr facts() {
    return std::make_shared<const WorkflowFacts>(
        WorkflowFacts{.id = WorkflowId(text()),
                      .definition = definition_,
                      .input = coin() ? JsonText::copy_of("{}") : JsonText::copy_of(R"({"text":")" + text() + "\"}"),
                      .priority = enumerator(Priority::critical),
                      .cancel_grace = duration()});
  }

  Random random_;
  Timestamp at_ = Timestamp(std::chrono::hours(500'000));
  DefinitionPtr definition_ = definition_of_random_events();
};

}  // namespace pawl
