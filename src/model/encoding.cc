#include "model/encoding.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/json_parse.h"
#include "base/text.h"
#include "model/event_encoding.h"
#include "model/event_rows.h"
#include "model/stored.pb.h"

namespace pawl {
namespace {

// Of one message of Protocol Buffers.
constexpr std::size_t kMostRunBytes = std::numeric_limits<int>::max();

// As long as one actor has caused them, events share what says so.
void add_caused(std::uint32_t first, std::uint32_t count, std::string_view by, stored::Run& run) {
  if (by.empty()) return;
  const int last = run.caused_size() - 1;
  if (last >= 0 && run.caused(last).by() == by && run.caused(last).first() + run.caused(last).count() == first)
    return run.mutable_caused(last)->set_count(run.caused(last).count() + count);
  stored::Caused& caused = *run.add_caused();
  caused.set_first(first);
  caused.set_count(count);
  caused.set_by(by.data(), by.size());
}

// What is said of events that are not in the run is nothing: the events are sound.
std::vector<std::string> causes_of(const stored::Run& run) {
  std::vector<std::string> by(static_cast<std::size_t>(run.events_size()));
  for (const stored::Caused& caused : run.caused())
    if (caused.first() <= by.size() && caused.count() <= by.size() - caused.first())
      std::fill_n(by.begin() + caused.first(), caused.count(), caused.by());
  return by;
}

}  // namespace

EventEncoder::EventEncoder() : run_(std::make_unique<stored::Run>()) {}
EventEncoder::~EventEncoder() = default;

Result<void> EventEncoder::encode(std::span<const std::span<const Event>> pieces, std::string& out,
                                  std::span<const std::string_view> by) {
  run_->Clear();
  const Timestamp first = time_of(pieces.front().front());
  run_->set_at_us(to_stored_time(first));
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (i < by.size())
      add_caused(static_cast<std::uint32_t>(run_->events_size()), static_cast<std::uint32_t>(pieces[i].size()), by[i],
                 *run_);
    for (const Event& event : pieces[i]) encode_event(event, first, *run_->add_events());
  }
  const std::size_t size = run_->ByteSizeLong();
  if (size > kMostRunBytes)
    return fail(ErrorCode::limit_exceeded, fmt::format("{} events take {} bytes together; the limit is {}",
                                                       run_->events_size(), size, kMostRunBytes));
  const std::size_t before = out.size();
  out.resize(before + size);
  run_->SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(out.data()) + before);
  return {};
}

Result<std::vector<Event>> EventDecoder::decode_run(std::string_view bytes, std::vector<std::string>* by) {
  stored::Run run;
  if (!run.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return corrupt_bytes("not a run of events");
  if (by != nullptr) *by = causes_of(run);
  const Timestamp run_at = from_stored_time(run.at_us());
  std::vector<Event> events;
  events.reserve(static_cast<std::size_t>(run.events_size()));
  for (const stored::Event& message : run.events()) {
    Result<Event> event = decode(message, run_at);
    if (!event) return std::unexpected(std::move(event.error()));
    events.push_back(*std::move(event));
  }
  return events;
}

void encode_facts(const WorkflowFacts& facts, stored::Facts& out) {
  out.set_id(facts.id.text());
  out.set_definition(to_stored_hash(facts.definition->hash()));
  to_stored_json(facts.input, out.mutable_input());
  out.set_priority(static_cast<std::uint32_t>(facts.priority));
  out.set_cancel_grace_ms(facts.cancel_grace.count());
}

Result<WorkflowFactsPtr> decode_facts(const stored::Facts& facts, const DefinitionSource& definitions) {
  const Result<Priority> priority = from_stored_enumerator(facts.priority(), Priority::critical, "priority");
  if (!priority) return std::unexpected(priority.error());
  Result<DefinitionPtr> definition = definitions(from_stored_hash(facts.definition()));
  if (!definition) return std::unexpected(std::move(definition.error()));
  // Handlers are given the input without being asked whether it can be read.
  JsonText input = from_stored_json(facts.input());
  if (input.view() != "{}" && !is_stored_json(input.view()))
    return corrupt_bytes(fmt::format("the input of workflow {} is not JSON", in_quotes(facts.id())));
  return std::make_shared<const WorkflowFacts>(WorkflowFacts{.id = WorkflowId(facts.id()),
                                                             .definition = *std::move(definition),
                                                             .input = std::move(input),
                                                             .priority = *priority,
                                                             .cancel_grace = Duration(facts.cancel_grace_ms())});
}

}  // namespace pawl
