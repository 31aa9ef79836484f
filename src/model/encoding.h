// The stored form of events and facts (model/stored.proto), written and read.
//
// Threads: an encoder is used by one at a time; the functions by any. Errors: `corruption` for bytes that no version
// wrote, or whatever the source of definitions says.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pawl/definition.h"
#include "pawl/result.h"

#include "model/event.h"
#include "model/stored_values.h"
#include "model/workflow_facts.h"

namespace pawl {

namespace stored {
class Event;
class Facts;
class Run;
}  // namespace stored

// Finds the definition with this hash (64 hex digits).
using DefinitionSource = std::function<Result<DefinitionPtr>(const std::string& hash)>;

// Keeps what it allocated from one run to the next.
class EventEncoder {
 public:
  EventEncoder();
  ~EventEncoder();

  // Appends the stored form of the events, at least one, to `out`. They come in pieces, none of them empty. `by`: who
  // caused each piece, as "user:ada", or, empty, nobody but the engine; fewer than pieces stand for the first ones.
  // Error: `limit_exceeded` if they take more than 2 GiB together, and nothing was appended.
  [[nodiscard]] Result<void> encode(std::span<const std::span<const Event>> pieces, std::string& out,
                                    std::span<const std::string_view> by = {});

 private:
  std::unique_ptr<stored::Run> run_;
};

// Reads successive events of one workflow, of any version. What those of before format 3 mean depends on the facts that
// were in force: they are followed from event to event.
class EventDecoder {
 public:
  // `facts`: those before the first event that is read; nullptr: that is the creation, or they are not known. While
  // they are not, or have no definition, actions are named as they are stored: in old events what undoes a task may
  // then be a task that there is not.
  explicit EventDecoder(DefinitionSource definitions, WorkflowFactsPtr facts = nullptr);

  // What EventEncoder::encode wrote. `by`: set to who caused each event, an element an event. Error: also `corruption`
  // if an event is about an action that there is not.
  [[nodiscard]] Result<std::vector<Event>> decode_run(std::string_view bytes, std::vector<std::string>* by = nullptr);
  // One event of a run that began at `run_at`. Error: as above.
  [[nodiscard]] Result<Event> decode(const stored::Event& event, Timestamp run_at);

  // After the last event that was read.
  [[nodiscard]] const WorkflowFactsPtr& facts() const { return facts_; }

 private:
  Result<void> name_action(Event& event) const;

  DefinitionSource definitions_;
  WorkflowFactsPtr facts_;
};

void encode_facts(const WorkflowFacts& facts, stored::Facts& out);
[[nodiscard]] Result<WorkflowFactsPtr> decode_facts(const stored::Facts& facts, const DefinitionSource& definitions);

}  // namespace pawl
