// Workflows that have not ended: which there are, in order, and all that is needed to have the state of each again.
#include "tests/conformance/store/fixture.h"

namespace pawl::conformance {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LiveWorkflows : public StoreTest {};

INSTANTIATE_TEST_SUITE_P(Stores, LiveWorkflows, all_stores(), store_name);

TEST_P(LiveWorkflows, are_not_there_before_they_are_committed) {
  EXPECT_EQ(*store().contains("w"), false);
  EXPECT_EQ(store().read_workflow("w").error().code, ErrorCode::not_found);
  EXPECT_EQ(store().read_summary("w").error().code, ErrorCode::not_found);
  EXPECT_EQ(store().read_history("w", 0, 10).error().code, ErrorCode::not_found);
  EXPECT_THAT(shard.live(), IsEmpty());
  ASSERT_TRUE(shard.commit(Turn().create("w")));
  EXPECT_EQ(*store().contains("w"), true);
  EXPECT_EQ(*store().contains("w "), false);
  EXPECT_EQ(*store().contains(""), false);
}

TEST_P(LiveWorkflows, are_read_from_their_checkpoint_on) {
  ASSERT_TRUE(shard.commit(Turn().create("w")));
  EXPECT_EQ(store().read_workflow("w").value().checkpoint, "");
  ASSERT_TRUE(shard.commit(Turn().go_on("w", 1, 3, "first")));
  ASSERT_TRUE(shard.commit(Turn().go_on("w", 4, 2)));
  const StoredWorkflow workflow = *store().read_workflow("w");
  EXPECT_EQ(workflow.id, "w");
  EXPECT_FALSE(workflow.ended);
  EXPECT_FALSE(workflow.damage);
  EXPECT_EQ(workflow.checkpoint, state_of("w", 4, "first"));
  EXPECT_EQ(StoreShard::counts(workflow.runs), (Runs{{4, 2}}));
  EXPECT_EQ(shard.live(), (Live{{"w", {{4, 2}}}}));
  ASSERT_TRUE(shard.commit(Turn().go_on("w", 6, 1, "second")));
  EXPECT_EQ(store().read_workflow("w").value().checkpoint, state_of("w", 7, "second"));
  EXPECT_THAT(store().read_workflow("w").value().runs, IsEmpty());
}

TEST_P(LiveWorkflows, are_live_no_more_when_they_have_ended_and_can_be_read) {
  ASSERT_TRUE(shard.commit(Turn().create("w").create("v")));
  ASSERT_TRUE(shard.commit(Turn().end("w", 1)));
  EXPECT_EQ(*store().contains("w"), true);
  EXPECT_EQ(shard.live(), (Live{{"v", {{0, 1}}}}));
  const StoredWorkflow workflow = *store().read_workflow("w");
  EXPECT_TRUE(workflow.ended);
  EXPECT_EQ(StoreShard::counts(workflow.runs), (Runs{{0, 1}, {1, 1}}));
}

// Between live ones lie ended ones of long histories, and checkpoints of some.
TEST_P(LiveWorkflows, that_are_wanted_are_scanned_in_order) {
  constexpr int kWorkflows = 60;
  const auto id = [](int i) { return "w" + std::to_string(1000 + i); };
  Turn create;
  for (int i = 0; i < kWorkflows; ++i) create.create(id(i));
  ASSERT_TRUE(shard.commit(create));
  for (std::uint64_t event = 1; event < 30; ++event) {
    Turn turn;
    for (int i = 0; i < kWorkflows; ++i) turn.go_on(id(i), event, 1, i % 7 == 0 && event == 20 ? "state" : "");
    shard.start(turn);
  }
  Turn end;
  for (int i = 0; i < kWorkflows; ++i)
    if (i % 3 != 0) end.end(id(i), 30);
  ASSERT_TRUE(shard.commit(end));
  std::vector<std::string> seen;
  const auto wanted = [&](std::string_view each) { return each.back() != '9'; };
  ASSERT_TRUE(store().scan_live(wanted, [&](const Result<StoredWorkflow>& workflow) {
    const int number = std::stoi(workflow->id.substr(1)) - 1000;
    EXPECT_EQ(workflow->checkpoint.empty(), number % 7 != 0);
    EXPECT_EQ(workflow->runs.size(), number % 7 == 0 ? 9U : 30U) << workflow->id;
    EXPECT_FALSE(workflow->ended);
    seen.push_back(workflow->id);
    return number < 42;
  }));
  EXPECT_THAT(seen, ElementsAre(id(0), id(3), id(6), id(12), id(15), id(18), id(21), id(24), id(27), id(30), id(33),
                                id(36), id(42)));
}

// By bytes, not as people sort; a prefix comes first.
TEST_P(LiveWorkflows, are_ordered_by_the_bytes_of_their_ids) {
  const std::vector<std::string> ids = {"\x01", "B", "a", "a ", "a/", "ab", "b", "\xc3\xa9"};
  for (auto id = ids.rbegin(); id != ids.rend(); ++id) ASSERT_TRUE(shard.commit(Turn().create(*id)));
  std::vector<std::string> scanned;
  ASSERT_TRUE(store().scan_live([](std::string_view) { return true; },
                                [&](const Result<StoredWorkflow>& workflow) {
                                  scanned.push_back(workflow->id);
                                  return true;
                                }));
  EXPECT_EQ(scanned, ids);
  std::vector<std::string> summaries;
  ASSERT_TRUE(store().scan_live_summaries([&](std::string_view id, const Result<WorkflowSummary>&) {
    summaries.emplace_back(id);
    return true;
  }));
  EXPECT_EQ(summaries, ids);
}

// Whoever takes up workflows may ask for more of each as it comes.
TEST_P(LiveWorkflows, may_be_read_and_committed_while_they_are_scanned) {
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(shard.commit(Turn().create(id)));
  int count = 0;
  ASSERT_TRUE(store().scan_live([](std::string_view) { return true; },
                                [&](const Result<StoredWorkflow>& workflow) {
                                  EXPECT_TRUE(store().read_summary(workflow->id));
                                  EXPECT_TRUE(shard.commit(Turn().go_on(workflow->id, 1)));
                                  ++count;
                                  return true;
                                }));
  EXPECT_EQ(count, 3);
  EXPECT_EQ(shard.history("a"), (Runs{{0, 1}, {1, 1}}));
}

TEST_P(LiveWorkflows, have_a_summary_each) {
  ASSERT_TRUE(shard.commit(Turn().named("of w").create("w", at(5)).named("of v").create("v", at(7)).create("x")));
  ASSERT_TRUE(shard.commit(Turn().end("w", 1, {.state = WorkflowState::failed, .created_at = at(5)})));
  const Result<StoredSummary> ended = store().read_summary("w");
  ASSERT_TRUE(ended);
  EXPECT_TRUE(ended->ended);
  EXPECT_EQ(ended->summary.status.state, WorkflowState::failed);
  EXPECT_EQ(ended->summary.definition, two_tasks()->hash());
  const Result<StoredSummary> live = store().read_summary("v");
  ASSERT_TRUE(live);
  EXPECT_FALSE(live->ended);
  EXPECT_EQ(live->summary.status.id, "v");
  EXPECT_EQ(live->summary.status.name, "of v");
  EXPECT_EQ(live->summary.status.created_at, at(7));
  EXPECT_EQ(store().read_summary("u").error().code, ErrorCode::not_found);
  std::vector<std::string> ids;
  const auto scan = [&](std::size_t most) {
    ids.clear();
    return store().scan_live_summaries([&, most](std::string_view id, const Result<WorkflowSummary>& summary) {
      EXPECT_TRUE(summary && summary->status.id == id);
      ids.emplace_back(id);
      return ids.size() < most;
    });
  };
  ASSERT_TRUE(scan(10));
  EXPECT_THAT(ids, ElementsAre("v", "x"));
  ASSERT_TRUE(scan(1));
  EXPECT_THAT(ids, ElementsAre("v"));
}

}  // namespace
}  // namespace pawl::conformance
