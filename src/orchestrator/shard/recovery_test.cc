// Every stored workflow that belongs here is taken up once; one that cannot be is in quarantine, and the others go on.
#include "orchestrator/shard/recovery.h"

#include "core/stored_state.h"
#include "orchestrator/shard/parts_test.h"
#include "tests/support/find_or_read.h"

namespace pawl::testing {
namespace {

// Holds workflows as their checkpoints.
struct StockedStore final : HeldStore {
  std::map<std::string, StoredWorkflow, std::less<>> stock;
  std::map<std::string, std::string> texts;  // of definitions

  void add(const core::Workflow& state) {
    texts[state.definition().hash()] = to_canonical_json(state.definition());
    stock[state.id()] = {.id = state.id(), .ended = is_terminal(state.state), .checkpoint = core::encode_state(state)};
  }
  Result<std::optional<std::string>> read_record(RecordKind, std::string_view key) override {
    return texts.at(from_stored_hash(key));
  }
  Result<void> scan_live(const std::function<bool(std::string_view id)>& wanted,
                         const std::function<bool(Result<StoredWorkflow>)>& visit) override {
    for (const auto& [id, stored] : stock)
      if (!stored.ended && wanted(id) && !visit(stored)) break;
    return {};
  }
  Result<bool> contains(std::string_view id) override { return stock.contains(id); }
  Result<StoredWorkflow> read_workflow(std::string_view id) override {
    const auto found = stock.find(id);
    if (found == stock.end()) return fail(ErrorCode::not_found, "there is none");
    return found->second;
  }
};

class OneRecovery {
 public:
  explicit OneRecovery(ShardLimits limits = {}) : parts(std::move(limits)) { parts.commits.use_store(store, Epoch(2)); }
  // An id that belongs to this shard.
  static std::string id_here(std::string prefix) {
    while (shard_index_of(prefix, Parts::kShards) != 0) prefix += '\'';
    return prefix;
  }
  // A workflow of one task, as it was when the process ended; `change` says how far it had come.
  std::string stock(const std::string& prefix, const std::function<void(LiveWorkflow&)>& change = {}) {
    std::atomic<std::size_t> count{0};
    WorkflowTable before(0, count);
    LiveWorkflow& workflow = add_running(before, id_here(prefix), chain(1));
    if (change) change(workflow);
    store.add(workflow.state);
    return workflow.state.id();
  }
  Result<void> load(bool crashed = false) {
    return parts.recovery.load(crashed, []() -> Result<bool> { return true; });
  }

  Result<LiveWorkflow*> find_or_read(const std::string& id) {
    return testing::find_or_read(parts.recovery, parts.workflows, parts.commits, parts.definitions, id);
  }

  StockedStore store;
  Parts parts;
};

void run_its_task(LiveWorkflow& workflow) { (void)apply_alone(workflow, command::StartTask{0}); }

TEST(Recovery, takes_up_what_lives_here_and_runs_it) {
  OneRecovery it;
  const std::string running = it.stock("running", run_its_task);
  const std::string ended = it.stock("ended", [](LiveWorkflow& workflow) { cancel(workflow); });
  ASSERT_TRUE(it.load());
  LiveWorkflow* const workflow = it.parts.workflows.find(running);
  ASSERT_NE(workflow, nullptr);
  EXPECT_TRUE(workflow->placed);
  EXPECT_EQ(it.parts.state_of(*workflow, 0), TaskState::pending) << "its attempt ended with the process";
  EXPECT_TRUE(it.parts.ready.has_ready());
  EXPECT_EQ(it.parts.workflows.find(ended), nullptr);
  ASSERT_TRUE(it.load());
  EXPECT_EQ(it.parts.workflow_count, 1U) << "it is known";
}

TEST(Recovery, counts_a_crash_against_the_tasks_that_ran_and_binds_starts_from_then_on) {
  for (const bool crashed : {false, true}) {
    OneRecovery it;
    const std::string id = it.stock("w", run_its_task);
    ASSERT_TRUE(it.load(crashed));
    const LiveWorkflow& workflow = *it.parts.workflows.find(id);
    EXPECT_EQ(workflow.state.tasks[0].crashes, crashed ? 1U : 0U);
    it.parts.commit();
    it.store.settle();
    it.parts.release_durable();
    it.parts.scheduler.run();
    EXPECT_EQ(it.parts.state_of(workflow, 0), TaskState::running);
    bool rides = false;
    it.parts.commits.commit([&](const Batch&) { rides = true; });
    EXPECT_EQ(rides, !crashed);
  }
}

TEST(Recovery, puts_what_does_not_read_into_quarantine_and_takes_up_the_rest) {
  OneRecovery it;
  const std::string bad = it.stock("bad");
  const std::string good = it.stock("good");
  it.store.stock.at(bad).checkpoint = "these are no bytes of a state";
  ASSERT_TRUE(it.load());
  EXPECT_NE(it.parts.quarantine.reason_of(bad), nullptr);
  EXPECT_NE(it.parts.workflows.find(good), nullptr);
  EXPECT_FALSE(it.find_or_read(bad)) << "the reason is known";
}

TEST(Recovery, does_not_take_up_again_what_took_the_shard_down_twice) {
  OneRecovery it;
  const std::string id = it.stock("w");
  it.parts.quarantine.note_break(id);
  it.parts.quarantine.note_break(id);
  ASSERT_TRUE(it.load());
  EXPECT_EQ(it.parts.workflows.find(id), nullptr);
  EXPECT_NE(it.parts.quarantine.reason_of(id), nullptr);
}

TEST(Recovery, takes_up_nothing_on_standby_and_otherwise_what_is_wanted_alone) {
  ShardLimits limits;
  limits.standby = true;
  OneRecovery idle(limits);
  const std::string id = idle.stock("w");
  ASSERT_TRUE(idle.load());
  EXPECT_EQ(idle.parts.workflow_count, 0U);
  const Result<LiveWorkflow*> one = idle.find_or_read(id);
  ASSERT_TRUE(one);
  EXPECT_TRUE((*one)->held) << "it obeys commands and is not run";

  limits.standby = false;
  limits.only = {OneRecovery::id_here("a")};
  OneRecovery some(limits);
  some.stock("a");
  some.stock("b");
  ASSERT_TRUE(some.load());
  EXPECT_EQ(some.parts.workflow_count, 1U);
}

TEST(Recovery, loads_one_when_it_is_asked_for) {
  OneRecovery it;
  const std::string id = it.stock("w", [](LiveWorkflow& workflow) { cancel(workflow); });
  const Result<LiveWorkflow*> loaded = it.find_or_read(id);
  ASSERT_TRUE(loaded);
  EXPECT_TRUE((*loaded)->ended);
  EXPECT_EQ(it.find_or_read(id).value(), *loaded);
  EXPECT_EQ(it.find_or_read("nobody").value(), nullptr);
  it.parts.workflows.forget_ended(0);
  EXPECT_EQ(it.parts.workflows.find(id), nullptr) << "it is forgotten as others are";
}

// What was read while the workflow was in memory, and changed there, is not taken up after it was forgotten.
TEST(Recovery, takes_up_nothing_that_may_have_changed_since_it_was_read) {
  OneRecovery it;
  const std::string id = it.stock("w", [](LiveWorkflow& workflow) { cancel(workflow); });
  const std::string nobody = "nobody";
  const auto lookup_of = [&](const std::string& which) {
    StoreLookup lookup(it.parts.workflows, it.parts.commits, it.store, which);
    EXPECT_TRUE(lookup.read(it.parts.definitions));
    return lookup;
  };
  const auto take_up = [&](StoreLookup& lookup) {
    bool is_outdated = false;
    const Result<LiveWorkflow*> workflow = it.parts.recovery.find_or_take_up(lookup, is_outdated);
    EXPECT_EQ(is_outdated, it.parts.recovery.is_outdated(lookup));
    return is_outdated ? "outdated" : workflow.value() == nullptr ? "none" : "there";
  };
  StoreLookup before = lookup_of(id);
  StoreLookup none = lookup_of(nobody);
  EXPECT_STREQ(take_up(none), "none");
  ASSERT_TRUE(it.find_or_read(id));
  EXPECT_STREQ(take_up(before), "there") << "in memory, so what was read does not matter";
  it.parts.workflows.forget_ended(0);
  EXPECT_STREQ(take_up(before), "outdated");
  EXPECT_STREQ(take_up(none), "none");

  StoreLookup anew = lookup_of(id);
  it.parts.commits.use_store(it.store, Epoch(3));
  EXPECT_STREQ(take_up(anew), "outdated") << "the store was acquired again";
  EXPECT_STREQ(take_up(none), "outdated");

  StoreLookup only_looked_at(it.parts.workflows, it.parts.commits, it.store, id);
  ASSERT_TRUE(only_looked_at.look());
  bool is_outdated = false;
  (void)it.parts.recovery.find_or_take_up(only_looked_at, is_outdated);
  EXPECT_TRUE(is_outdated) << "it must be read first";
  EXPECT_FALSE(it.parts.recovery.is_outdated(only_looked_at)) << "that it is stored is enough for some";
}

TEST(Recovery, what_waits_for_a_handler_goes_on_when_that_is_added) {
  OneRecovery it;
  WorkflowSpec spec = chain(1);
  spec.tasks[0].module = "late";
  LiveWorkflow& workflow = it.parts.start("w", spec);
  workflow.bound = it.parts.definitions.bind_again(bound(define(spec), nullptr));
  it.parts.turn();
  ASSERT_TRUE(workflow.unserved);
  it.parts.recovery.bind_again();
  EXPECT_TRUE(workflow.unserved);
  Handler late = it.parts.runner.handler();
  late.module = "late";
  late.function = "noop";
  ASSERT_TRUE(it.parts.handlers.add(std::move(late)));
  it.parts.recovery.bind_again();
  EXPECT_FALSE(workflow.unserved);
  EXPECT_TRUE(it.parts.ready.has_ready());
}

}  // namespace
}  // namespace pawl::testing
