#include "tests/scenario/stage.h"

#include <optional>

#include "base/assert.h"
#include "base/log.h"
#include "orchestrator/replay.h"
#include "tests/support/find_or_read.h"

namespace pawl::testing {

Stage::Stage(const sim::NodeOptions& options)
    : options_(options),
      known_runner_(clock_, {}, [](const Assignment&) {}),
      known_(known_runner_),
      checker_(disk_, [this](const std::string& hash) { return definition(hash); }) {
  sim::add_sim_handlers(known_, known_runner_);
  log().set_level(spdlog::level::err);  // processes end here without warning
  boot();
}

Result<DefinitionPtr> Stage::definition(const std::string& hash) {
  const auto found = definitions_.find(hash);
  if (found == definitions_.end()) return fail(ErrorCode::not_found, "no such definition");
  return found->second;
}

void Stage::boot() {
  clock_.restart();
  node_ = std::make_unique<sim::SimNode>(options_, disk_, clock_, checker_, 1);
  node_->runner().obey();
  run();
}

void Stage::run() {
  while (node_->step(random_)) {
  }
}

Result<void> Stage::call(const std::string& id, const std::function<Result<void>(Shard&)>& call) {
  std::optional<Result<void>> outcome;
  node_->shard_of(id).mailbox().post([&](Shard& shard) {
    PAWL_ASSERT(!shard.down(), "the shard is down: {}", describe(*shard.down()));
    Result<void> decided = call(shard);
    shard.commits().reply_when_durable([&outcome, decided](const Error* failure) {
      PAWL_ASSERT(failure == nullptr, "{}", describe(*failure));
      outcome = decided;
    });
  });
  run();
  PAWL_ASSERT(outcome.has_value(), "workflow {}: no answer", id);
  return *std::move(outcome);
}

void Stage::create(const std::string& id, const DefinitionPtr& definition) {
  definitions_.emplace(definition->hash(), definition);
  const Result<BoundDefinitionPtr> bound = node_->definitions().bind(definition);
  PAWL_ASSERT(bound.has_value(), "the definition is not bound");
  const auto facts = std::make_shared<const WorkflowFacts>(WorkflowFacts{.id = WorkflowId(id),
                                                                         .definition = definition,
                                                                         .input = definition->input(),
                                                                         .priority = Priority::normal,
                                                                         .cancel_grace = std::chrono::seconds(10)});
  const Result<void> created = call(id, [&](Shard& shard) -> Result<void> {
    const Result<LiveWorkflow*> made = shard.lifecycle().create(*bound, facts, false);
    return made ? Result<void>() : std::unexpected(made.error());
  });
  PAWL_ASSERT(created.has_value(), "{}", describe(created.error()));
}

Result<void> Stage::define_policy(const std::string& name, const PolicyConfig& config) {
  return node_->make(node_->policies().define(name, config));
}

Result<LiveWorkflow*> Stage::load(Shard& shard, const std::string& id) {
  return find_or_read(shard.recovery(), shard.workflows(), shard.commits(), node_->definitions(), id);
}

Result<void> Stage::ask(const std::string& id, const std::function<Result<void>(Shard&, LiveWorkflow&)>& asked) {
  return call(id, [&](Shard& shard) -> Result<void> {
    const Result<LiveWorkflow*> workflow = load(shard, id);
    if (!workflow) return std::unexpected(workflow.error());
    if (*workflow == nullptr) return fail(ErrorCode::not_found, "there is no workflow " + id);
    return asked(shard, **workflow);
  });
}

Result<void> Stage::register_compensation(const std::string& id, const DefinitionPtr& definition) {
  definitions_.emplace(definition->hash(), definition);
  const Result<BoundDefinitionPtr> bound = node_->definitions().bind(definition);
  if (!bound) return std::unexpected(bound.error());
  return ask(id, [&](Shard& shard, LiveWorkflow& live) {
    WorkflowFacts facts = *live.state.facts;
    facts.definition = definition;
    return shard.lifecycle().register_compensation(live, *bound,
                                                   std::make_shared<const WorkflowFacts>(std::move(facts)));
  });
}

bool Stage::finish(const std::string& id, const std::string& action, AttemptOutcome outcome) {
  if (!node_->runner().finish(id, action, std::move(outcome))) return false;
  run();
  return true;
}

void Stage::stall(bool stalled) {
  node_->set_slow(stalled);
  run();
}

void Stage::post(const std::string& id, const std::function<void(Shard&, LiveWorkflow&)>& call) {
  node_->shard_of(id).mailbox().post([=, this](Shard& shard) {
    const Result<LiveWorkflow*> workflow = load(shard, id);
    PAWL_ASSERT(workflow.has_value() && *workflow != nullptr, "there is no workflow {}", id);
    call(shard, **workflow);
  });
  run();
}

void Stage::wait(std::chrono::microseconds time) {
  const Timestamp until = clock_.now() + time;
  for (auto due = node_->next_due(); due && *due <= until; due = node_->next_due()) {
    clock_.advance_to(*due);
    run();
  }
  clock_.advance_to(until);
  run();
}

void Stage::crash() {
  node_.reset();
  disk_.crash();
  boot();
}

core::Workflow Stage::state_of(const std::string& id) {
  const Result<StoredWorkflow> stored = node_->store().read_workflow(id);
  PAWL_ASSERT(stored.has_value(), "{}", describe(stored.error()));
  Result<core::Workflow> state = replay(*stored, [this](const std::string& hash) { return definition(hash); });
  PAWL_ASSERT(state.has_value(), "{}", describe(state.error()));
  return *std::move(state);
}

std::vector<Event> Stage::events_of(const std::string& id) {
  const Result<std::vector<StoredRun>> runs = node_->store().read_history(id, 0, ~std::size_t{0});
  PAWL_ASSERT(runs.has_value(), "{}", describe(runs.error()));
  std::vector<Event> all;
  EventDecoder decoder([this](const std::string& hash) { return definition(hash); });
  for (const StoredRun& run : *runs) {
    Result<std::vector<Event>> events = decoder.decode_run(run.events);
    PAWL_ASSERT(events.has_value(), "{}", describe(events.error()));
    for (Event& event : *events) all.push_back(std::move(event));
  }
  return all;
}

std::vector<DeadLetter> Stage::dead_letters() {
  std::vector<DeadLetter> letters;
  const Result<void> scanned = node_->store().scan_dead_letters(nullptr, "", [&](const DeadLetter& letter) {
    letters.push_back(letter);
    return true;
  });
  PAWL_ASSERT(scanned.has_value(), "{}", describe(scanned.error()));
  return letters;
}

}  // namespace pawl::testing
