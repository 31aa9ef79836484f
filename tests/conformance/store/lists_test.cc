// Lists of ended workflows: the newest first, by state and name, page by page; and which of them ended before a time.
#include "tests/conformance/store/fixture.h"

namespace pawl::conformance {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class Lists : public StoreTest {};

INSTANTIATE_TEST_SUITE_P(Stores, Lists, all_stores(), store_name);

TEST_P(Lists, have_ended_workflows_the_newest_first) {
  ASSERT_TRUE(shard.commit(Turn().named("x").create_and_end("a", {.created_at = at(1)})));
  ASSERT_TRUE(shard.commit(Turn().named("y").create_and_end("b", {WorkflowState::failed, at(2), at(9)})));
  ASSERT_TRUE(shard.commit(Turn().named("x").create_and_end("c", {WorkflowState::failed, at(3), at(5)})));
  ASSERT_TRUE(shard.commit(Turn().named("xy").create_and_end("d", {WorkflowState::cancelled, at(-4), at(4)})));
  ASSERT_TRUE(shard.commit(Turn().named("x").create("e", at(5))));
  EXPECT_THAT(shard.list(), ElementsAre("c", "b", "a", "d"));
  EXPECT_THAT(shard.list({.limit = 2}), ElementsAre("c", "b"));
  EXPECT_THAT(shard.list({.limit = 0}), IsEmpty());
  EXPECT_THAT(shard.list({.state = WorkflowState::failed}), ElementsAre("c", "b"));
  EXPECT_THAT(shard.list({.state = WorkflowState::failed, .limit = 1}), ElementsAre("c"));
  EXPECT_THAT(shard.list({.name = "x"}), ElementsAre("c", "a"));
  EXPECT_THAT(shard.list({.state = WorkflowState::completed, .name = "x"}), ElementsAre("a"));
  EXPECT_THAT(shard.list({.name = "xyz"}), IsEmpty());
  EXPECT_THAT(shard.list({.before = at(3)}), ElementsAre("b", "a", "d"));
  EXPECT_THAT(shard.list({.name = "x", .before = at(3)}), ElementsAre("a"));
}

TEST_P(Lists, have_the_whole_summary) {
  ASSERT_TRUE(shard.commit(Turn().named("x").create_and_end("c", {WorkflowState::failed, at(3), at(5)})));
  const Result<std::vector<WorkflowSummary>> page = store().list({.limit = 1});
  ASSERT_TRUE(page);
  const WorkflowSummary& summary = page->at(0);
  EXPECT_EQ(summary.definition, two_tasks()->hash());
  EXPECT_EQ(summary.status.id, "c");
  EXPECT_EQ(summary.status.name, "x");
  EXPECT_EQ(summary.status.state, WorkflowState::failed);
  EXPECT_EQ(summary.status.created_at, at(3));
  EXPECT_EQ(summary.status.completed_at, at(5));
  EXPECT_EQ(summary.status.tasks_total, 2U);
}

TEST_P(Lists, continue_where_the_page_before_ended_where_times_are_equal) {
  for (const char* id : {"a", "ab", "b", "c", "d"})
    ASSERT_TRUE(shard.commit(Turn().create_and_end(id, {.created_at = at(id[0] == 'd' ? 2 : 1)})));
  const std::vector<SummaryQuery> queries = {
      {.limit = 2}, {.name = "w", .limit = 2}, {.state = WorkflowState::completed, .limit = 2}, {.limit = 1}};
  for (SummaryQuery query : queries) {
    std::vector<std::string> seen;
    for (auto page = store().list(query); !page->empty(); page = store().list(query)) {
      for (const WorkflowSummary& each : *page) seen.push_back(each.status.id);
      query.before = page->back().status.created_at;
      query.before_id = page->back().status.id;
    }
    EXPECT_THAT(seen, ElementsAre("d", "c", "b", "ab", "a"));
  }
}

TEST_P(Lists, of_sagas_leave_out_what_cannot_be_compensated) {
  ASSERT_TRUE(shard.commit(Turn().create_and_end("a", {.created_at = at(1)})));
  ASSERT_TRUE(shard.commit(Turn().create_and_end("b", {.created_at = at(2), .saga = true})));
  ASSERT_TRUE(shard.commit(Turn().create_and_end("c", {.created_at = at(3)})));
  ASSERT_TRUE(shard.commit(Turn().create_and_end("d", {.state = WorkflowState::failed, .saga = true})));
  EXPECT_THAT(shard.list({.sagas = true}), ElementsAre("b", "d"));
  EXPECT_THAT(shard.list({.sagas = true, .limit = 1}), ElementsAre("b"));
  EXPECT_THAT(shard.list({.state = WorkflowState::failed, .sagas = true}), ElementsAre("d"));
  EXPECT_THAT(shard.list(), SizeIs(4));
}

TEST_P(Lists, find_what_ended_before_a_time) {
  ASSERT_TRUE(shard.commit(Turn().create_and_end("a", {.created_at = at(1), .completed_at = at(50)})));
  ASSERT_TRUE(shard.commit(Turn().create_and_end("b", {.created_at = at(2), .completed_at = at(5)})));
  ASSERT_TRUE(shard.commit(Turn().create_and_end("c", {.created_at = at(3), .completed_at = at(6)})));
  ASSERT_TRUE(shard.commit(Turn().create_and_end("d", {WorkflowState::failed, at(3), at(6)})));
  ASSERT_TRUE(shard.commit(Turn().create("e", at(1))));
  const auto find = [&](Timestamp before, std::size_t limit, WorkflowState state = WorkflowState::completed) {
    return *store().find_expired(state, before, limit);
  };
  EXPECT_THAT(find(at(100), 10), UnorderedElementsAre("a", "b", "c"));
  EXPECT_THAT(find(at(100), 2), SizeIs(2));
  EXPECT_THAT(find(at(50), 10), UnorderedElementsAre("b", "c"));
  EXPECT_THAT(find(at(50), 1), SizeIs(1));
  EXPECT_THAT(find(at(50), 0), IsEmpty());
  EXPECT_THAT(find(at(5), 10), IsEmpty());
  EXPECT_THAT(find(at(100), 10, WorkflowState::failed), ElementsAre("d"));
  EXPECT_THAT(find(at(100), 10, WorkflowState::cancelled), IsEmpty());
}

}  // namespace
}  // namespace pawl::conformance
