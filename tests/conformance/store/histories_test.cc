// A history: the events of a workflow from any number on, in their order, as far back as commits have not said to
// forget.
#include "tests/conformance/store/fixture.h"

namespace pawl::conformance {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Histories : public StoreTest {};

INSTANTIATE_TEST_SUITE_P(Stores, Histories, all_stores(), store_name);

TEST_P(Histories, are_those_of_their_workflow) {
  ASSERT_TRUE(shard.commit(Turn().create("w").create("w0").create("w/")));
  ASSERT_TRUE(shard.commit(Turn().go_on("w", 1, 3).go_on("w0", 1, 2)));
  EXPECT_EQ(shard.history("w"), (Runs{{0, 1}, {1, 3}}));
  EXPECT_EQ(shard.history("w0"), (Runs{{0, 1}, {1, 2}}));
  EXPECT_EQ(shard.history("w/"), (Runs{{0, 1}}));
  EXPECT_EQ(store().read_history("w1", 0, 10).error().code, ErrorCode::not_found);
  EXPECT_EQ(store().scan_history("w1", 0, 1, [](const StoredRun&) { return true; }).error().code, ErrorCode::not_found);
}

TEST_P(Histories, can_be_read_in_part) {
  ASSERT_TRUE(shard.commit(Turn().create("w").create("v")));
  ASSERT_TRUE(shard.commit(Turn().go_on("w", 1, 9).go_on("v", 1, 5)));
  ASSERT_TRUE(shard.commit(Turn().go_on("w", 10, 10)));
  ASSERT_TRUE(shard.commit(Turn().go_on("w", 20, 10)));
  struct Part {
    std::uint64_t from;
    std::size_t limit;
    std::uint64_t last;  // event that has to be among them
  };
  // Parts that begin or end in the middle of a run, and at its edges.
  for (const Part& part : {Part{0, 1, 0}, Part{0, 2, 1}, Part{5, 1, 5}, Part{9, 2, 10}, Part{15, 6, 20},
                           Part{29, 1, 29}, Part{29, 100, 29}, Part{0, 1000, 29}, Part{1, ~std::size_t{0}, 29}}) {
    const Runs runs = shard.history("w", part.from, part.limit);
    ASSERT_FALSE(runs.empty()) << part.from;
    EXPECT_LE(runs.front().first, part.from);
    EXPECT_GT(runs.front().first + runs.front().second, part.from);
    EXPECT_GT(runs.back().first + runs.back().second, part.last);
    for (std::size_t i = 1; i < runs.size(); ++i) EXPECT_EQ(runs[i].first, runs[i - 1].first + runs[i - 1].second);
  }
}

TEST_P(Histories, are_read_from_behind_their_end_without_an_error) {
  ASSERT_TRUE(shard.commit(Turn().create("w")));
  EXPECT_TRUE(store().read_history("w", 1, 10));
  EXPECT_TRUE(store().read_history("w", ~0ULL, ~std::size_t{0}));
}

TEST_P(Histories, are_read_as_far_as_they_are_wanted) {
  ASSERT_TRUE(shard.commit(Turn().create("w")));
  for (std::uint64_t event = 1; event < 5; ++event) ASSERT_TRUE(shard.commit(Turn().go_on("w", event)));
  std::vector<std::uint64_t> seen;
  ASSERT_TRUE(store().scan_history("w", 1, 100, [&](const StoredRun& run) {
    seen.push_back(run.first_event);
    return seen.size() < 2;
  }));
  EXPECT_THAT(seen, ElementsAre(1U, 2U));
}

TEST_P(Histories, are_forgotten_before_what_the_commit_says) {
  ASSERT_TRUE(shard.commit(Turn().create("w").create("wa")));
  ASSERT_TRUE(shard.commit(Turn().go_on("w", 1, 9).go_on("wa", 1, 9)));
  ASSERT_TRUE(shard.commit(Turn().go_on("w", 10, 10)));
  // Event 15 lies inside the run at 10, which is kept as a whole.
  ASSERT_TRUE(shard.commit(Turn().go_on("w", 20, 10, "state", 15)));
  EXPECT_EQ(shard.history("w"), (Runs{{10, 10}, {20, 10}}));
  EXPECT_EQ(shard.history("wa"), (Runs{{0, 1}, {1, 9}}));
  for (const auto& [first, count] : shard.history("w", 3, 1)) EXPECT_GE(first, 10U);
  ASSERT_TRUE(shard.commit(Turn().go_on("w", 30, 1)));
  EXPECT_EQ(shard.live()["w"], (Runs{{30, 1}}));
  // At the edge of a run, and once more what is forgotten already.
  ASSERT_TRUE(shard.commit(Turn().go_on("w", 31, 1, "state", 20)));
  EXPECT_EQ(shard.history("w"), (Runs{{20, 10}, {30, 1}, {31, 1}}));
  ASSERT_TRUE(shard.commit(Turn().go_on("w", 32, 1, "state", 5)));
  EXPECT_EQ(shard.history("w").front(), (Runs::value_type{20, 10}));
}

// Whatever is not forgotten stays when the workflow ends.
TEST_P(Histories, stay_when_the_workflow_has_ended) {
  ASSERT_TRUE(shard.commit(Turn().create("w")));
  ASSERT_TRUE(shard.commit(Turn().go_on("w", 1, 4, "state")));
  ASSERT_TRUE(shard.commit(Turn().end("w", 5)));
  EXPECT_EQ(shard.history("w"), (Runs{{0, 1}, {1, 4}, {5, 1}}));
  reopen();
  EXPECT_EQ(shard.history("w"), (Runs{{0, 1}, {1, 4}, {5, 1}}));
}

TEST_P(Histories, of_a_workflow_without_events_are_empty) {
  ASSERT_TRUE(shard.commit(Turn().add("w", 20, {}, {.checkpoint = "state", .summary = WorkflowState::running})));
  EXPECT_THAT(shard.history("w"), IsEmpty());
  EXPECT_TRUE(store().read_history("w", 0, 100));
}

}  // namespace
}  // namespace pawl::conformance
