// What versions before storage format 3 wrote is read as what had happened, whatever had become of the definition in
// between: compensations registered, tasks exchanged, the workflow restored, forked and undone.
#include <map>
#include <memory>
#include <span>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/random_workflow_test.h"
#include "tests/support/old_events.h"

namespace pawl::core {
namespace {

// One workflow, and how its definition is written.
struct Changing {
  explicit Changing(WorkflowSpec as_written)
      : spec(std::move(as_written)), h(std::make_unique<Harness>(define(spec))) {}

  WorkflowFactsPtr facts_with(const WorkflowSpec& changed) const {
    const auto facts = std::make_shared<WorkflowFacts>(*h->workflow.facts);
    facts->definition = define(changed);
    return facts;
  }

  // A compensation that there was not, in the middle of the others.
  void register_compensation(Random& random) {
    WorkflowSpec changed = spec;
    TaskSpec& task = changed.tasks[random.next() % changed.tasks.size()];
    if (task.compensation) return;
    task.compensation = Compensation{.module = "test", .function = "noop"};
    if (h->send(command::RegisterCompensation{facts_with(changed)})) spec = changed;
  }

  void redefine(Random& random) {
    const WorkflowSpec changed = random_saga_spec(random);
    if (h->send(command::RedefineWorkflow{facts_with(changed)})) spec = changed;
  }

  // What was is the beginning of another one.
  void fork() {
    if (is_terminal(h->workflow.state)) return;
    auto forked = std::make_unique<Harness>(define(spec));
    forked->inputs.now = h->inputs.now;
    command::RestoreWorkflow past = take_snapshot(*h);
    past.facts = forked->workflow.facts;
    if (forked->send(past)) h = std::move(forked);
  }

  WorkflowSpec spec;
  std::unique_ptr<Harness> h;
};

void take_any_step(Changing& it, Random& random, command::RestoreWorkflow& snapshot) {
  Harness& h = *it.h;
  switch (random.next() % 40) {
    case 0:
    case 1:
      return it.register_compensation(random);
    case 2:
      return it.redefine(random);
    case 3:
      snapshot = take_snapshot(h);
      return;
    case 4:
      return (void)h.send(snapshot);
    case 5:
      if (random.next() % 8 == 0) it.fork();
      return;
    default:
      break;
  }
  h.start_ready();
  std::vector<ActionId> running;
  for_each_action(h.workflow, [&](ActionId action, const TaskRecord& record) {
    if (record.state == TaskState::running) running.push_back(action);
  });
  if (!running.empty() && random.next() % 2 == 0) {
    const ActionId action = running[random.next() % running.size()];
    const std::uint32_t attempt = h.workflow.record(action).attempt;
    if (random.next() % 3 == 0) return (void)h.send(command::FailTask{action, attempt, {"boom", "it broke"}});
    return (void)h.send(command::CompleteTask{action, attempt, JsonText::copy_of("1")});
  }
  (void)h.send(random.next() % 3 == 0 ? random_afterthought(random, h.workflow) : random_command(random, h.workflow));
}

using Definitions = std::map<std::string, DefinitionPtr>;

DefinitionSource source_of(const Definitions& definitions) {
  return [&definitions](const std::string& hash) -> Result<DefinitionPtr> { return definitions.at(hash); };
}

std::string encoded(std::span<const Event> events) {
  std::string bytes;
  RC_ASSERT(EventEncoder().encode(std::vector<std::span<const Event>>{events}, bytes).has_value());
  return bytes;
}

RC_GTEST_PROP(OldEvents, mean_what_they_meant_whatever_the_definition_was, (std::uint64_t seed)) {
  Random random(seed);
  Changing it(random_saga_spec(random));
  command::RestoreWorkflow snapshot = take_snapshot(*it.h);
  for (int step = 0; step < 150; ++step) take_any_step(it, random, snapshot);
  const std::vector<Event>& events = it.h->turn.events;
  Definitions definitions;
  for (const Event& event : events)
    if (const WorkflowFactsPtr facts = facts_in(event)) definitions[facts->definition->hash()] = facts->definition;

  EventDecoder from_the_start(source_of(definitions));
  WorkflowFactsPtr facts;
  Workflow replayed;
  for (std::size_t first = 0; first < events.size();) {
    const std::size_t count = std::min<std::size_t>(1 + random.next() % 6, events.size() - first);
    const auto piece = std::span(events).subspan(first, count);
    const WorkflowFactsPtr before = facts;
    const std::string old = testing::in_old_form(piece, facts);
    const Result<std::vector<Event>> read = from_the_start.decode_run(old);
    RC_ASSERT(read.has_value());
    RC_ASSERT(encoded(*read) == encoded(piece));
    // Whoever begins here, with the facts of a bookmark or a checkpoint, reads the same.
    const Result<std::vector<Event>> from_here = EventDecoder(source_of(definitions), before).decode_run(old);
    RC_ASSERT(from_here.has_value());
    RC_ASSERT(encoded(*from_here) == encoded(piece));
    for (const Event& event : *read) evolve(replayed, event);
    first += count;
  }
  RC_ASSERT(fingerprint(replayed) == fingerprint(it.h->workflow));
  const Result<Workflow> stored = decode_state(encode_state(replayed), source_of(definitions));
  RC_ASSERT(stored.has_value());
  RC_ASSERT(fingerprint(*stored) == fingerprint(replayed));
}

}  // namespace
}  // namespace pawl::core
