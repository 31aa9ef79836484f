// What is written of each kind of event, byte for byte, and that it is read as it was written. Bytes that are stored
// mean the same for ever: a number below changes only if the storage format does.
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "model/encoding.h"
#include "model/event_encoding.h"
#include "model/event_rows.h"
#include "model/random_events_test.h"
#include "model/stored.pb.h"

namespace pawl {
namespace {

constexpr int kRuns = 200;
constexpr int kMostEventsOfARun = 4;

struct Pinned {
  std::uint32_t field;         // of stored.Event
  std::uint32_t field_before;  // the same of what was decided by ReworkRules::forget_completions; 0: there is none
  std::uint64_t bytes;         // FNV-1a of kRuns random runs of such events

  friend bool operator==(const Pinned&, const Pinned&) = default;
};

const std::map<std::string, Pinned, std::less<>> kPinned = {
    {"workflow_created", {2, 0, 0xD9F3F1D1C599C5F5}},       {"workflow_redefined", {3, 0, 0x949A404E1D941355}},
    {"workflow_queued", {4, 0, 0x852DB5CD2CED9C5A}},        {"workflow_started", {5, 0, 0xB68CC38828680F7A}},
    {"workflow_paused", {6, 0, 0x0B697C6DE19941BA}},        {"workflow_resumed", {7, 0, 0x9E1183181A4D211A}},
    {"workflow_stopping", {8, 0, 0xD8C1BCCE91B314E1}},      {"workflow_completed", {9, 0, 0xC269EE590511355B}},
    {"workflow_failed", {10, 0, 0xEE9F8962B9396D6B}},       {"workflow_cancelled", {11, 0, 0x16EEDEF72C3DED1B}},
    {"task_started", {12, 0, 0x46BB2B1362FA98A2}},          {"task_completed", {13, 0, 0x2DCBE8B162E3A243}},
    {"task_retry_scheduled", {14, 0, 0x95A22E70FFAC5932}},  {"task_retry_due", {15, 0, 0x2C180ABF33B84464}},
    {"task_failed", {16, 0, 0x0405D10E28209963}},           {"task_skipped", {17, 0, 0x573B51390A4958E4}},
    {"task_cancelled", {18, 0, 0x03C10DAE2E858BA6}},        {"task_interrupted", {19, 0, 0x82A1CB31515ABD34}},
    {"workflow_restored", {28, 20, 0x632942D7258B38FB}},    {"task_held", {21, 0, 0x500C1F82D9273F4E}},
    {"task_released", {22, 0, 0x5DC31BA3B6BFB5A6}},         {"workflow_revived", {27, 23, 0x93968484CAD51542}},
    {"workflow_compensating", {24, 0, 0x6398610CEFBB0A4A}}, {"compensation_registered", {25, 0, 0xA9777C145F93EF43}},
    {"dead_letter_discarded", {26, 0, 0x3CFB5B37DEC54317}},
};

std::string encoded(std::span<const Event> events) {
  std::string bytes;
  EXPECT_TRUE(EventEncoder().encode(std::vector<std::span<const Event>>{events}, bytes));
  return bytes;
}

std::uint64_t hash_on(std::uint64_t hash, std::string_view bytes) {
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  return hash;
}

template <class E>
std::vector<Event> random_run(RandomEvents& random, std::size_t events) {
  std::vector<Event> run;
  for (; events > 0; --events) run.emplace_back(random.next<E>());
  return run;
}

template <class E>
std::uint32_t field_of(E event) {
  stored::Run run;
  const Event alternative = std::move(event);
  EXPECT_TRUE(run.ParseFromString(encoded(std::span(&alternative, 1))));
  EXPECT_EQ(run.events_size(), 1);
  return static_cast<std::uint32_t>(run.events(0).what_case());
}

template <class E>
Pinned pin() {
  RandomEvents random(1);
  E sample = random.next<E>();
  Pinned pinned{.field = 0, .field_before = 0, .bytes = 0xCBF29CE484222325U};
  if constexpr (requires { sample.rules; }) {
    sample.rules = ReworkRules::forget_completions;
    pinned.field_before = field_of(sample);
    sample.rules = ReworkRules::keep_completions;
  }
  pinned.field = field_of(sample);
  for (int run = 0; run < kRuns; ++run)
    pinned.bytes =
        hash_on(pinned.bytes, encoded(random_run<E>(random, 1 + static_cast<std::size_t>(run) % kMostEventsOfARun)));
  return pinned;
}

template <class E>
void is_read_as_it_was_written() {
  const DefinitionPtr definition = definition_of_random_events();
  const DefinitionSource source = [&](const std::string& hash) -> Result<DefinitionPtr> {
    EXPECT_EQ(hash, definition->hash());
    return definition;
  };
  RandomEvents random(2);
  for (int i = 0; i < kRuns; ++i) {
    const std::vector<Event> run = random_run<E>(random, 3);
    const std::string bytes = encoded(run);
    const Result<std::vector<Event>> read = EventDecoder(source).decode_run(bytes);
    ASSERT_TRUE(read) << describe(read.error());
    ASSERT_EQ(read->size(), run.size());
    for (const Event& event : *read) EXPECT_TRUE(std::holds_alternative<E>(event));
    EXPECT_EQ(encoded(*read), bytes);
  }
}

template <class Each>
void for_each_kind(Each each) {
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (each.template operator()<std::variant_alternative_t<I, Event>>(kEventRows[I].name), ...);
  }(std::make_index_sequence<std::variant_size_v<Event>>());
}

TEST(EventBytes, are_those_of_ever) {
  for_each_kind([]<class E>(std::string_view name) {
    const Pinned now = pin<E>();
    EXPECT_EQ(now.field, E::kRow.stored) << name;
    EXPECT_EQ(now.field_before, E::kRow.stored_before) << name;
    const auto then = kPinned.find(name);
    EXPECT_TRUE(then != kPinned.end() && then->second == now)
        << fmt::format("    {{\"{}\", {{{}, {}, 0x{:016X}}}}},", name, now.field, now.field_before, now.bytes);
  });
  EXPECT_EQ(kPinned.size(), std::variant_size_v<Event>);
}

TEST(EventBytes, are_read_as_they_were_written) {
  for_each_kind([]<class E>(std::string_view name) {
    SCOPED_TRACE(name);
    is_read_as_it_was_written<E>();
  });
}

TEST(EventBytes, of_no_known_kind_are_refused) {
  const stored::Event unknown;
  const Result<Event> event = EventDecoder({}).decode(unknown, Timestamp());
  ASSERT_FALSE(event);
  EXPECT_EQ(event.error().code, ErrorCode::corruption);
}

TEST(EventBytes, with_an_enumerator_beyond_the_last_are_refused) {
  stored::Event skipped;
  skipped.mutable_task_skipped()->set_reason(7);
  stored::Event stopping;
  stopping.mutable_workflow_stopping()->set_reason(7);
  stored::Event compensating;
  compensating.mutable_workflow_compensating()->set_end(7);
  for (const stored::Event& event : {skipped, stopping, compensating})
    EXPECT_EQ(EventDecoder({}).decode(event, Timestamp()).error().code, ErrorCode::corruption);
}

}  // namespace
}  // namespace pawl
