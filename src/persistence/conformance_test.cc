// What every store promises, whatever its rows are kept in: that commits are whole, in order and fenced, and that what
// they kept can be read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "persistence/data_check.h"
#include "persistence/store_harness_test.h"

namespace pawl {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Runs = StoreHarness::Runs;
using Live = std::map<std::string, Runs>;

class Conformance : public ::testing::TestWithParam<RowKind> {
 protected:
  // Nothing that a test does may leave rows that do not fit together.
  void TearDown() override {
    ASSERT_TRUE(store().put_definition(two_tasks()->hash(), to_canonical_json(*two_tasks())));
    for (const DataProblem& problem : check_rows(harness.rows()).problems)
      ADD_FAILURE() << problem.workflow << ", " << problem.where << ": " << problem.what;
  }
  Store& store() { return harness.store(); }
  static StoredSnapshot snapshot(const std::string& id, const std::string& workflow) {
    return {.id = id,
            .workflow = workflow,
            .created_at = at(1),
            .label = "label of " + id,
            .state = state_of(workflow, 1, id)};
  }

  StoreHarness harness{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Stores, Conformance, ::testing::Values(RowKind::memory, RowKind::rocksdb),
                         [](const auto& each) { return each.param == RowKind::memory ? "memory" : "rocksdb"; });

TEST_P(Conformance, reads_what_was_committed) {
  ASSERT_TRUE(harness.commit(Turn().create("w").create("v")));
  ASSERT_TRUE(harness.commit(Turn().go_on("w", 1, 2)));
  EXPECT_EQ(harness.live(), (Live{{"v", {{0, 1}}}, {"w", {{0, 1}, {1, 2}}}}));
  EXPECT_EQ(*store().contains("w"), true);
  EXPECT_EQ(*store().contains("x"), false);
  const Result<StoredWorkflow> workflow = store().read_workflow("w");
  ASSERT_TRUE(workflow);
  EXPECT_EQ(workflow->id, "w");
  EXPECT_FALSE(workflow->ended);
  EXPECT_EQ(workflow->checkpoint, "");
  EXPECT_EQ(StoreHarness::counts(workflow->runs), (Runs{{0, 1}, {1, 2}}));
  const auto events = decode_events(workflow->runs[0].events, [](const std::string&) { return two_tasks(); });
  ASSERT_TRUE(events);
  EXPECT_EQ(std::get<event::WorkflowCreated>(events->front()).facts->id.text(), "w");
}

TEST_P(Conformance, knows_nothing_of_what_was_not_committed) {
  EXPECT_EQ(store().read_workflow("w").error().code, ErrorCode::not_found);
  EXPECT_EQ(store().read_history("w", 0, 10).error().code, ErrorCode::not_found);
  EXPECT_EQ(store().remove_workflow("w").error().code, ErrorCode::not_found);
  EXPECT_EQ(store().read_definition(two_tasks()->hash()).error().code, ErrorCode::not_found);
  EXPECT_EQ(store().read_snapshot("w", "s").error().code, ErrorCode::not_found);
  EXPECT_EQ(store().remove_snapshot("w", "s").error().code, ErrorCode::not_found);
  EXPECT_THAT(*store().list_snapshots("w"), IsEmpty());
  EXPECT_THAT(harness.list(), IsEmpty());
  EXPECT_THAT(harness.live(), IsEmpty());
}

TEST_P(Conformance, reads_a_checkpoint_and_the_runs_since) {
  ASSERT_TRUE(harness.commit(Turn().create("w")));
  ASSERT_TRUE(harness.commit(Turn().go_on("w", 1, 3, "first")));
  ASSERT_TRUE(harness.commit(Turn().go_on("w", 4, 2)));
  const StoredWorkflow workflow = *store().read_workflow("w");
  EXPECT_EQ(workflow.checkpoint, state_of("w", 4, "first"));
  EXPECT_EQ(StoreHarness::counts(workflow.runs), (Runs{{4, 2}}));
  EXPECT_EQ(harness.live(), (Live{{"w", {{4, 2}}}}));
  EXPECT_EQ(harness.history("w"), (Runs{{0, 1}, {1, 3}, {4, 2}}));
  ASSERT_TRUE(harness.commit(Turn().go_on("w", 6, 1, "second")));
  EXPECT_EQ(store().read_workflow("w").value().checkpoint, state_of("w", 7, "second"));
  EXPECT_THAT(store().read_workflow("w").value().runs, IsEmpty());
}

TEST_P(Conformance, reads_part_of_a_history) {
  ASSERT_TRUE(harness.commit(Turn().create("w").create("v").create("x")));
  ASSERT_TRUE(harness.commit(Turn().go_on("w", 1, 9).go_on("v", 1, 5)));
  ASSERT_TRUE(harness.commit(Turn().go_on("w", 10, 10)));
  ASSERT_TRUE(harness.commit(Turn().go_on("w", 20, 10)));
  EXPECT_EQ(harness.history("w", 0, 1), (Runs{{0, 1}}));
  EXPECT_EQ(harness.history("w", 0, 2), (Runs{{0, 1}, {1, 9}}));
  EXPECT_EQ(harness.history("w", 5, 1), (Runs{{1, 9}}));            // begins in the middle of a run
  EXPECT_EQ(harness.history("w", 9, 2), (Runs{{1, 9}, {10, 10}}));  // its last event, and one more
  EXPECT_EQ(harness.history("w", 15, 6), (Runs{{10, 10}, {20, 10}}));
  EXPECT_EQ(harness.history("w", 29, 100), (Runs{{20, 10}}));
  EXPECT_EQ(harness.history("w", ~0ULL, ~0ULL), (Runs{{20, 10}}));
  EXPECT_EQ(harness.history("x", 0, 100), (Runs{{0, 1}}));
}

TEST_P(Conformance, forgets_history_before_a_checkpoint) {
  ASSERT_TRUE(harness.commit(Turn().create("w").create("wa")));
  ASSERT_TRUE(harness.commit(Turn().go_on("w", 1, 9).go_on("wa", 1, 9)));
  ASSERT_TRUE(harness.commit(Turn().go_on("w", 10, 10)));
  // Event 15 lies inside the run at 10, which is kept as a whole.
  ASSERT_TRUE(harness.commit(Turn().go_on("w", 20, 10, "state", 15)));
  EXPECT_EQ(harness.history("w"), (Runs{{10, 10}, {20, 10}}));
  EXPECT_EQ(harness.history("wa"), (Runs{{0, 1}, {1, 9}}));
  EXPECT_EQ(harness.history("w", 3, 1), (Runs{}));
  ASSERT_TRUE(harness.commit(Turn().go_on("w", 30, 1)));
  EXPECT_EQ(harness.live()["w"], (Runs{{30, 1}}));
}

TEST_P(Conformance, lists_ended_workflows_the_newest_first) {
  ASSERT_TRUE(harness.commit(Turn().named("x").create_and_end("a", {.created_at = at(1)})));
  ASSERT_TRUE(harness.commit(Turn().named("y").create_and_end("b", {WorkflowState::failed, at(2), at(9)})));
  ASSERT_TRUE(harness.commit(Turn().named("x").create_and_end("c", {WorkflowState::failed, at(3), at(5)})));
  ASSERT_TRUE(harness.commit(Turn().named("xy").create_and_end("d", {WorkflowState::cancelled, at(-4), at(4)})));
  ASSERT_TRUE(harness.commit(Turn().named("x").create("e", at(5))));
  EXPECT_THAT(harness.list(), ElementsAre("c", "b", "a", "d"));
  EXPECT_THAT(harness.list({.limit = 2}), ElementsAre("c", "b"));
  EXPECT_THAT(harness.list({.limit = 0}), IsEmpty());
  EXPECT_THAT(harness.list({.state = WorkflowState::failed}), ElementsAre("c", "b"));
  EXPECT_THAT(harness.list({.name = "x"}), ElementsAre("c", "a"));
  EXPECT_THAT(harness.list({.state = WorkflowState::completed, .name = "x"}), ElementsAre("a"));
  EXPECT_THAT(harness.list({.name = "xyz"}), IsEmpty());
  EXPECT_THAT(harness.list({.before = at(3)}), ElementsAre("b", "a", "d"));
  const Result<std::vector<WorkflowSummary>> page = store().list({.limit = 1});
  ASSERT_TRUE(page);
  EXPECT_EQ(page->front().definition, two_tasks()->hash());
  EXPECT_EQ(page->front().status.name, "x");
  EXPECT_EQ(page->front().status.state, WorkflowState::failed);
  EXPECT_EQ(page->front().status.created_at, at(3));
  EXPECT_EQ(page->front().status.completed_at, at(5));
  EXPECT_EQ(page->front().status.tasks_total, 2U);
}

TEST_P(Conformance, lists_page_by_page_where_times_are_equal) {
  for (const char* id : {"a", "ab", "b", "c", "d"})
    ASSERT_TRUE(harness.commit(Turn().create_and_end(id, {.created_at = at(id[0] == 'd' ? 2 : 1)})));
  for (const std::string name : {"", "w"}) {
    std::vector<std::string> seen;
    SummaryQuery query{.name = name, .limit = 2};
    for (auto page = store().list(query); !page->empty(); page = store().list(query)) {
      for (const WorkflowSummary& each : *page) seen.push_back(each.status.id);
      query.before = page->back().status.created_at;
      query.before_id = page->back().status.id;
    }
    EXPECT_THAT(seen, ElementsAre("d", "c", "b", "ab", "a"));
  }
}

TEST_P(Conformance, finds_what_ended_before_a_time) {
  ASSERT_TRUE(harness.commit(Turn().create_and_end("a", {.created_at = at(1), .completed_at = at(50)})));
  ASSERT_TRUE(harness.commit(Turn().create_and_end("b", {.created_at = at(2), .completed_at = at(5)})));
  ASSERT_TRUE(harness.commit(Turn().create_and_end("c", {.created_at = at(3), .completed_at = at(6)})));
  ASSERT_TRUE(harness.commit(Turn().create_and_end("d", {WorkflowState::failed, at(3), at(6)})));
  const auto find = [&](Timestamp before, std::size_t limit) {
    return *store().find_expired(WorkflowState::completed, before, limit);
  };
  EXPECT_THAT(find(at(100), 10), ElementsAre("a", "b", "c"));
  EXPECT_THAT(find(at(50), 10), ElementsAre("b", "c"));
  EXPECT_THAT(find(at(50), 1), ElementsAre("b"));
  EXPECT_THAT(find(at(50), 0), IsEmpty());
  EXPECT_THAT(find(at(5), 10), IsEmpty());
}

TEST_P(Conformance, removes_all_of_an_ended_workflow_and_nothing_else) {
  ASSERT_TRUE(harness.commit(Turn().create("w").create("wa").create("v")));
  ASSERT_TRUE(harness.commit(Turn().go_on("w", 1, 5, "state").go_on("wa", 1, 5, "state")));
  ASSERT_TRUE(store().put_snapshot(snapshot("s", "w")));
  ASSERT_TRUE(store().put_snapshot(snapshot("s", "wa")));
  EXPECT_EQ(store().remove_workflow("w").error().code, ErrorCode::invalid_state);
  ASSERT_TRUE(harness.commit(Turn().end("w", 6).end("v", 1)));
  ASSERT_TRUE(store().remove_workflow("w"));
  EXPECT_EQ(store().read_workflow("w").error().code, ErrorCode::not_found);
  EXPECT_THAT(*store().list_snapshots("w"), IsEmpty());
  EXPECT_EQ(store().list_snapshots("wa").value().size(), 1U);
  EXPECT_THAT(harness.list(), ElementsAre("v"));
  EXPECT_THAT(harness.list({.name = "w"}), ElementsAre("v"));
  EXPECT_EQ(harness.history("wa"), (Runs{{0, 1}, {1, 5}}));
  // The id is free for another one, which has nothing of the first.
  ASSERT_TRUE(harness.commit(Turn().create("w")));
  EXPECT_EQ(harness.live()["w"], (Runs{{0, 1}}));
  EXPECT_EQ(store().read_workflow("w").value().checkpoint, "");
}

TEST_P(Conformance, removes_a_long_history) {
  constexpr std::uint64_t kRuns = 2500;
  ASSERT_TRUE(harness.commit(Turn().create("w").create("w0")));
  for (std::uint64_t event = 1; event < kRuns; event += 100) {
    for (std::uint64_t i = event; i < event + 99; ++i) harness.start(Turn().go_on("w", i));
    ASSERT_TRUE(harness.commit(Turn().go_on("w", event + 99)));
  }
  ASSERT_TRUE(harness.commit(Turn().end("w", kRuns + 1)));
  EXPECT_EQ(harness.history("w").size(), kRuns + 2);
  ASSERT_TRUE(store().remove_workflow("w"));
  ASSERT_TRUE(harness.commit(Turn().create("w")));
  EXPECT_EQ(harness.history("w"), (Runs{{0, 1}}));
  EXPECT_EQ(harness.history("w0"), (Runs{{0, 1}}));
}

// "w/a", "w/undo a"
std::vector<std::string> letters_in(Store& store, const std::string& workflow = {}, const DeadLetterId* after = nullptr,
                                    std::size_t limit = 100) {
  std::vector<std::string> found;
  const Result<void> scanned = store.scan_dead_letters(after, workflow, [&](const DeadLetter& letter) {
    found.push_back(letter.id.workflow + (letter.id.compensation ? "/undo " : "/") + letter.id.task);
    return found.size() < limit;
  });
  EXPECT_TRUE(scanned) << describe(scanned.error());
  return found;
}

TEST_P(Conformance, keeps_dead_letters_as_long_as_the_commits_say) {
  ASSERT_TRUE(harness.commit(Turn().create("w").create("w2").create("v")));
  ASSERT_TRUE(
      harness.commit(Turn().letters("w", 1, {.added = {"b", "a", "undo a"}}).letters("v", 1, {.added = {"a"}})));
  ASSERT_TRUE(harness.commit(Turn().letters("w2", 1, {.added = {"a"}})));
  EXPECT_THAT(letters_in(store()), ElementsAre("v/a", "w/a", "w/undo a", "w/b", "w2/a"));
  EXPECT_THAT(letters_in(store(), "w"), ElementsAre("w/a", "w/undo a", "w/b"));
  const DeadLetterId second{.workflow = "w", .task = "a", .compensation = false};
  EXPECT_THAT(letters_in(store(), "", &second, 2), ElementsAre("w/undo a", "w/b"));
  EXPECT_THAT(letters_in(store(), "w", &second), ElementsAre("w/undo a", "w/b"));
  ASSERT_TRUE(harness.commit(Turn().letters("w", 2, {.added = {}, .removed = {"undo a"}})));
  EXPECT_THAT(letters_in(store(), "w"), ElementsAre("w/a", "w/b"));
  ASSERT_TRUE(harness.commit(Turn().letters("w", 3, {.added = {"b"}, .removed = {}, .anew = true})));
  EXPECT_THAT(letters_in(store()), ElementsAre("v/a", "w/b", "w2/a"));
  ASSERT_TRUE(store().scan_dead_letters(nullptr, "v", [](const DeadLetter& letter) {
    const DeadLetter wanted = Turn::letter("v", "a");
    EXPECT_EQ(letter.name, wanted.name);
    EXPECT_EQ(letter.failed_at, wanted.failed_at);
    EXPECT_EQ(letter.attempts, 3U);
    EXPECT_EQ(letter.error.view(), wanted.error.view());
    return true;
  }));
}

TEST_P(Conformance, forgets_the_dead_letters_of_a_workflow_with_it) {
  ASSERT_TRUE(harness.commit(Turn().create("w").create("wa")));
  ASSERT_TRUE(harness.commit(Turn().letters("w", 1, {.added = {"a", "b"}}).letters("wa", 1, {.added = {"a"}})));
  ASSERT_TRUE(harness.commit(Turn().end("w", 2, {.state = WorkflowState::failed})));
  ASSERT_TRUE(store().remove_workflow("w"));
  EXPECT_THAT(letters_in(store()), ElementsAre("wa/a"));
}

TEST_P(Conformance, replaces_an_ended_workflow_in_one_commit) {
  const Turn::Ending failed{.state = WorkflowState::failed};
  ASSERT_TRUE(harness.commit(Turn().create("w").create("wa")));
  ASSERT_TRUE(harness.commit(Turn().letters("w", 1, {.added = {"a"}}).letters("wa", 1, {.added = {"a"}})));
  ASSERT_TRUE(harness.commit(Turn().go_on("w", 2, 3, "checkpoint")));
  ASSERT_TRUE(store().put_snapshot({.id = "s", .workflow = "w", .created_at = at(3), .label = "", .state = "state"}));
  ASSERT_TRUE(harness.commit(Turn().end("w", 5, failed).go_on("wa", 2)));
  ASSERT_TRUE(harness.commit(Turn().replace("w", failed, at(20)).go_on("wa", 3)));
  EXPECT_EQ(harness.live(), (Live{{"w", {{0, 1}}}, {"wa", {{0, 1}, {1, 1}, {2, 1}, {3, 1}}}}));
  EXPECT_EQ(store().read_workflow("w").value().checkpoint, "");
  EXPECT_FALSE(store().read_summary("w").value().ended);
  EXPECT_THAT(harness.list(), IsEmpty());
  EXPECT_THAT(*store().list_snapshots("w"), IsEmpty());
  EXPECT_THAT(letters_in(store()), ElementsAre("wa/a"));
  ASSERT_TRUE(harness.commit(Turn().end("w", 1, {.created_at = at(20)})));
  EXPECT_THAT(harness.list(), ElementsAre("w"));
}

TEST_P(Conformance, tells_of_one_workflow_in_one_row) {
  ASSERT_TRUE(harness.commit(Turn().create("w", at(5)).create("v", at(7))));
  ASSERT_TRUE(harness.commit(Turn().end("w", 1, {.state = WorkflowState::failed})));
  const Result<StoredSummary> ended = store().read_summary("w");
  ASSERT_TRUE(ended);
  EXPECT_TRUE(ended->ended);
  EXPECT_EQ(ended->summary.status.state, WorkflowState::failed);
  const Result<StoredSummary> live = store().read_summary("v");
  ASSERT_TRUE(live);
  EXPECT_FALSE(live->ended);
  EXPECT_EQ(live->summary.status.created_at, at(7));
  EXPECT_EQ(store().read_summary("u").error().code, ErrorCode::not_found);
  std::vector<std::string> ids;
  ASSERT_TRUE(store().scan_live_summaries([&](std::string_view id, const Result<WorkflowSummary>& summary) {
    EXPECT_TRUE(summary && summary->status.id == id);
    ids.emplace_back(id);
    return true;
  }));
  EXPECT_THAT(ids, ElementsAre("v"));
}

TEST_P(Conformance, reads_a_history_as_far_as_it_is_wanted) {
  ASSERT_TRUE(harness.commit(Turn().create("w")));
  for (std::uint64_t event = 1; event < 5; ++event)
    ASSERT_TRUE(harness.commit(Turn().add("w", event, {event::WorkflowPaused{.at = at(1)}}, {})));
  std::vector<std::uint64_t> seen;
  ASSERT_TRUE(store().scan_history("w", 1, 100, [&](const StoredRun& run) {
    seen.push_back(run.first_event);
    return seen.size() < 2;
  }));
  EXPECT_THAT(seen, ElementsAre(1U, 2U));
  EXPECT_EQ(store().scan_history("v", 0, 1, [](const StoredRun&) { return true; }).error().code, ErrorCode::not_found);
}

TEST_P(Conformance, keeps_policies) {
  const auto policy = [](std::string id, std::string config) {
    return StoredPolicy{.id = std::move(id),
                        .kind = PolicyKind::circuit_breaker,
                        .versions = {{.number = 1, .at = at(1), .config = "{}"},
                                     {.number = 2, .at = at(2), .config = std::move(config)}},
                        .breaker = {.state = BreakerState::open, .failures = 0, .successes = 0, .open_until = at(9)}};
  };
  EXPECT_THAT(*store().list_policies(), IsEmpty());
  ASSERT_TRUE(store().put_policy(policy("b/\x01", R"({"probes":2})"), true));
  ASSERT_TRUE(store().put_policy(policy("a", "{}"), false));
  ASSERT_TRUE(store().put_policy(policy("a", R"({"probes":3})"), false));
  const auto stored = *store().list_policies();
  ASSERT_EQ(stored.size(), 2U);
  EXPECT_EQ(stored[0].id, "a");
  EXPECT_EQ(stored[0].versions[1].config, R"({"probes":3})");
  EXPECT_EQ(stored[1].id, "b/\x01");
  EXPECT_EQ(stored[1].kind, PolicyKind::circuit_breaker);
  ASSERT_EQ(stored[1].versions.size(), 2U);
  EXPECT_EQ(stored[1].versions[1].number, 2U);
  EXPECT_EQ(stored[1].versions[1].at, at(2));
  EXPECT_EQ(stored[1].breaker.state, BreakerState::open);
  EXPECT_EQ(stored[1].breaker.open_until, at(9));
  ASSERT_TRUE(store().remove_policy("a"));
  EXPECT_EQ(store().list_policies().value().size(), 1U);
  ASSERT_TRUE(store().remove_policy("b/\x01"));
}

TEST_P(Conformance, keeps_snapshots) {
  ASSERT_TRUE(harness.commit(Turn().create("w").create("wa")));
  ASSERT_TRUE(store().put_snapshot(snapshot("s2", "w")));
  ASSERT_TRUE(store().put_snapshot(snapshot("s1", "w")));
  ASSERT_TRUE(store().put_snapshot(snapshot("s3", "wa")));
  const Result<StoredSnapshot> read = store().read_snapshot("w", "s1");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->workflow, "w");
  EXPECT_EQ(read->created_at, at(1));
  EXPECT_EQ(read->label, "label of s1");
  EXPECT_EQ(read->state, state_of("w", 1, "s1"));
  const std::vector<StoredSnapshot> all = *store().list_snapshots("w");
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].id, "s1");
  EXPECT_EQ(all[0].state, "");  // left out of lists
  EXPECT_EQ(all[1].id, "s2");
  ASSERT_TRUE(store().remove_snapshot("w", "s1"));
  EXPECT_EQ(store().read_snapshot("w", "s1").error().code, ErrorCode::not_found);
  EXPECT_EQ(store().list_snapshots("w").value().size(), 1U);
}

TEST_P(Conformance, keeps_definitions) {
  const std::string hash = two_tasks()->hash();
  ASSERT_TRUE(store().put_definition(hash, "{}"));
  ASSERT_TRUE(store().put_definition(hash, "{}"));
  EXPECT_EQ(*store().read_definition(hash), "{}");
}

TEST_P(Conformance, an_ended_workflow_can_live_again_and_end_again) {
  ASSERT_TRUE(harness.commit(Turn().create("w").create("v")));
  ASSERT_TRUE(harness.commit(Turn().end("w", 1, {.state = WorkflowState::failed})));
  EXPECT_TRUE(store().read_workflow("w").value().ended);
  EXPECT_THAT(harness.list({.state = WorkflowState::failed}), ElementsAre("w"));
  // The end and the revival may wait in the queue together.
  ASSERT_TRUE(harness.commit(Turn().revive("w", 2)));
  EXPECT_FALSE(store().read_workflow("w").value().ended);
  EXPECT_THAT(harness.list(), IsEmpty());
  EXPECT_THAT(harness.list({.name = "w"}), IsEmpty());
  EXPECT_EQ(harness.live()["w"], (Runs{{0, 1}, {1, 1}, {2, 1}}));
  harness.start(Turn().end("w", 3, {.state = WorkflowState::failed}));
  harness.start(Turn().revive("w", 4));
  ASSERT_TRUE(harness.commit(Turn().end("w", 5, {.state = WorkflowState::completed})));
  EXPECT_THAT(harness.list({.state = WorkflowState::failed}), IsEmpty());
  EXPECT_THAT(harness.list({.state = WorkflowState::completed}), ElementsAre("w"));
  EXPECT_THAT(*store().find_expired(WorkflowState::failed, at(1000), 10), IsEmpty());
  EXPECT_EQ(harness.live(), (Live{{"v", {{0, 1}}}}));
}

TEST_P(Conformance, a_turn_may_hold_a_revival_and_an_end) {
  ASSERT_TRUE(harness.commit(Turn().create_and_end("w", {.state = WorkflowState::failed})));
  ASSERT_TRUE(harness.commit(Turn().add("w", 2, {Turn::restored(), event::WorkflowCompleted{.at = at(3)}},
                                        {.summary = WorkflowState::completed, .completed_at = at(3)})));
  EXPECT_THAT(harness.list(), ElementsAre("w"));
  EXPECT_THAT(harness.list({.state = WorkflowState::failed}), IsEmpty());
  EXPECT_THAT(harness.live(), IsEmpty());
  // And one that lives, an end and a revival.
  ASSERT_TRUE(harness.commit(Turn().create("v")));
  ASSERT_TRUE(harness.commit(Turn().revive("v", 1)));
  ASSERT_TRUE(harness.commit(Turn().end("v", 2)));
  EXPECT_THAT(harness.live(), IsEmpty());
}

TEST_P(Conformance, saves_a_workflow_without_its_events) {
  const auto save = [&](std::uint64_t events, WorkflowState state) {
    return harness.commit(Turn().add("w", events, {}, {.checkpoint = "state", .summary = state}));
  };
  ASSERT_TRUE(save(20, WorkflowState::running));
  EXPECT_EQ(harness.live(), (Live{{"w", {}}}));
  ASSERT_TRUE(harness.commit(Turn().go_on("w", 20, 2)));
  EXPECT_EQ(harness.live(), (Live{{"w", {{20, 2}}}}));
  // Again, after it went on elsewhere for a while.
  ASSERT_TRUE(save(30, WorkflowState::running));
  EXPECT_EQ(harness.live(), (Live{{"w", {}}}));
  ASSERT_TRUE(save(40, WorkflowState::failed));
  EXPECT_THAT(harness.live(), IsEmpty());
  EXPECT_THAT(harness.list({.state = WorkflowState::failed}), ElementsAre("w"));
  ASSERT_TRUE(save(50, WorkflowState::completed));
  EXPECT_THAT(harness.list({.state = WorkflowState::failed}), IsEmpty());
  EXPECT_THAT(harness.list(), ElementsAre("w"));
}

TEST_P(Conformance, ids_and_names_may_be_any_text) {
  const std::vector<std::string> odd = {"a",
                                        "a ",
                                        "a/b",
                                        "a\"b",
                                        "ab",
                                        "b",
                                        "\xc3\xa9\xf0\x9f\x98\x80",
                                        std::string(256, 'z'),
                                        std::string(255, 'z'),
                                        "\xf4\x8f\xbf\xbf"};
  Turn create;
  for (const std::string& id : odd) create.create(id);
  ASSERT_TRUE(harness.commit(create));
  Turn go_on;
  for (std::size_t i = 0; i < odd.size(); ++i) go_on.go_on(odd[i], 1, i + 1);
  ASSERT_TRUE(harness.commit(go_on));
  for (std::size_t i = 0; i < odd.size(); ++i) EXPECT_EQ(harness.live()[odd[i]], (Runs{{0, 1}, {1, i + 1}})) << odd[i];
  for (std::size_t i = 0; i < odd.size(); ++i) ASSERT_TRUE(harness.commit(Turn().named(odd[i]).end(odd[i], i + 2)));
  for (const std::string& id : odd) EXPECT_THAT(harness.list({.name = id}), ElementsAre(id));
  EXPECT_EQ(harness.list().size(), odd.size());
  for (std::size_t i = 0; i < odd.size(); ++i) {
    ASSERT_TRUE(store().remove_workflow(odd[i]));
    EXPECT_EQ(harness.list().size(), odd.size() - i - 1);
  }
}

TEST_P(Conformance, scans_the_live_ones_that_are_wanted_in_order) {
  // Between live ones lie ended ones of long histories, and checkpoints of some.
  constexpr int kWorkflows = 60;
  const auto id = [](int i) { return "w" + std::to_string(1000 + i); };
  Turn create;
  for (int i = 0; i < kWorkflows; ++i) create.create(id(i));
  ASSERT_TRUE(harness.commit(create));
  for (std::uint64_t event = 1; event < 30; ++event) {
    Turn turn;
    for (int i = 0; i < kWorkflows; ++i) turn.go_on(id(i), event, 1, i % 7 == 0 && event == 20 ? "state" : "");
    harness.start(turn);
  }
  Turn end;
  for (int i = 0; i < kWorkflows; ++i)
    if (i % 3 != 0) end.end(id(i), 30);
  ASSERT_TRUE(harness.commit(end));
  std::vector<std::string> seen;
  const auto wanted = [&](std::string_view each) { return each.back() != '9'; };
  ASSERT_TRUE(store().scan_live(wanted, [&](const Result<StoredWorkflow>& workflow) {
    const int number = std::stoi(workflow->id.substr(1)) - 1000;
    EXPECT_EQ(workflow->checkpoint.empty(), number % 7 != 0);
    EXPECT_EQ(workflow->runs.size(), number % 7 == 0 ? 9U : 30U) << workflow->id;
    seen.push_back(workflow->id);
    return number < 42;
  }));
  EXPECT_THAT(seen, ElementsAre(id(0), id(3), id(6), id(12), id(15), id(18), id(21), id(24), id(27), id(30), id(33),
                                id(36), id(42)));
}

}  // namespace
}  // namespace pawl
