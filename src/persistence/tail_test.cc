// That the last run of an ended workflow, which may lie in its summary, is found wherever runs are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "persistence/data_check.h"
#include "persistence/keys.h"
#include "persistence/store_harness_test.h"

namespace pawl {
namespace {

using ::testing::IsEmpty;
using Runs = StoreHarness::Runs;

class Tail : public ::testing::TestWithParam<RowKind> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(harness.put(definition_record(two_tasks()->hash(), to_canonical_json(*two_tasks()))));
  }
  bool has_row(const std::string& id, std::uint64_t event) {
    return harness.rows().get(Space::history, keys::history(id, event)).value().has_value();
  }
  Runs state(const std::string& id) { return StoreHarness::counts(harness.store().read_workflow(id).value().runs); }
  std::vector<std::string> problems() {
    std::vector<std::string> all;
    for (const DataProblem& problem : check_rows(harness.rows()).problems)
      all.push_back(problem.workflow + " | " + problem.where + " | " + problem.what);
    return all;
  }

  StoreHarness harness{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Stores, Tail, ::testing::Values(RowKind::memory, RowKind::rocksdb),
                         [](const auto& each) { return each.param == RowKind::memory ? "memory" : "rocksdb"; });

TEST_P(Tail, has_no_row_of_its_own) {
  ASSERT_TRUE(harness.commit(Turn().create("w")));
  ASSERT_TRUE(harness.commit(Turn().go_on("w", 1, 2)));
  ASSERT_TRUE(harness.commit(Turn().end("w", 3)));
  EXPECT_TRUE(has_row("w", 1));
  EXPECT_FALSE(has_row("w", 3));
  EXPECT_EQ(state("w"), (Runs{{0, 1}, {1, 2}, {3, 1}}));
  EXPECT_EQ(harness.history("w"), (Runs{{0, 1}, {1, 2}, {3, 1}}));
  EXPECT_EQ(harness.history("w", 3, 1), (Runs{{3, 1}}));
  EXPECT_EQ(harness.history("w", 9, 1), (Runs{{3, 1}}));
  EXPECT_EQ(harness.history("w", 0, 3), (Runs{{0, 1}, {1, 2}}));
  EXPECT_EQ(harness.history("w", 0, 1), (Runs{{0, 1}}));
  EXPECT_EQ(check_rows(harness.rows()).runs, 3U);
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_P(Tail, may_be_all_there_is) {
  ASSERT_TRUE(harness.commit(Turn().create_and_end("w", {})));
  EXPECT_FALSE(has_row("w", 0));
  EXPECT_EQ(state("w"), (Runs{{0, 2}}));
  EXPECT_EQ(harness.history("w"), (Runs{{0, 2}}));
  EXPECT_THAT(problems(), IsEmpty());
  ASSERT_TRUE(harness.remove("w"));
  EXPECT_EQ(harness.store().read_workflow("w").error().code, ErrorCode::not_found);
}

TEST_P(Tail, is_a_row_if_it_is_long) {
  std::vector<Event> events(200, event::TaskStarted{.action = 0, .attempt = 1, .at = at(7)});
  events.emplace_back(event::WorkflowCompleted{.at = at(10)});
  ASSERT_TRUE(harness.commit(Turn().create("w")));
  ASSERT_TRUE(harness.commit(Turn().add("w", 1, events, {.summary = WorkflowState::completed})));
  EXPECT_TRUE(has_row("w", 1));
  EXPECT_EQ(state("w"), (Runs{{0, 1}, {1, 201}}));
}

// A dead letter can be discarded, for one.
TEST_P(Tail, stands_before_what_happens_after_the_end) {
  ASSERT_TRUE(harness.commit(Turn().create("w")));
  ASSERT_TRUE(harness.commit(Turn().end("w", 1)));
  ASSERT_TRUE(harness.commit(Turn().go_on("w", 2, 2)));
  EXPECT_FALSE(has_row("w", 1));
  EXPECT_EQ(state("w"), (Runs{{0, 1}, {1, 1}, {2, 2}}));
  EXPECT_EQ(harness.history("w"), (Runs{{0, 1}, {1, 1}, {2, 2}}));
  EXPECT_EQ(harness.history("w", 1, 1), (Runs{{1, 1}}));
  EXPECT_EQ(harness.history("w", 2, 1), (Runs{{2, 2}}));
  EXPECT_THAT(problems(), IsEmpty());
}

// The end may not be written yet when that is decided.
TEST_P(Tail, gets_a_row_when_the_workflow_lives_again) {
  for (const bool is_written : {true, false}) {
    const std::string id = is_written ? "w" : "v";
    ASSERT_TRUE(harness.commit(Turn().create(id)));
    if (is_written)
      ASSERT_TRUE(harness.commit(Turn().end(id, 1)));
    else
      harness.start(Turn().end(id, 1));
    ASSERT_TRUE(harness.commit(Turn().revive(id, 2)));
    EXPECT_TRUE(has_row(id, 1));
    EXPECT_EQ(harness.live()[id], (Runs{{0, 1}, {1, 1}, {2, 1}}));
    ASSERT_TRUE(harness.commit(Turn().end(id, 3)));
    EXPECT_EQ(state(id), (Runs{{0, 1}, {1, 1}, {2, 1}, {3, 1}}));
  }
  EXPECT_THAT(problems(), IsEmpty());
}

// It is given another definition.
TEST_P(Tail, gets_a_row_when_the_summary_is_written_anew) {
  ASSERT_TRUE(harness.commit(Turn().create("w")));
  ASSERT_TRUE(harness.commit(Turn().end("w", 1)));
  ASSERT_TRUE(harness.commit(Turn().add("w", 2, {event::TaskStarted{.action = 0, .attempt = 1, .at = at(7)}},
                                        {.summary = WorkflowState::completed})));
  EXPECT_TRUE(has_row("w", 1));
  EXPECT_EQ(harness.history("w"), (Runs{{0, 1}, {1, 1}, {2, 1}}));
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_P(Tail, is_missed_by_the_doctor) {
  ASSERT_TRUE(harness.commit(Turn().create("w")));
  ASSERT_TRUE(harness.commit(Turn().go_on("w", 1)));
  ASSERT_TRUE(harness.commit(Turn().end("w", 2)));
  const std::unique_ptr<RowBatch> batch = harness.rows().new_batch();
  batch->remove(Space::history, keys::history("w", 1));
  ASSERT_TRUE(harness.rows().write(*batch, Sync::no));
  EXPECT_THAT(problems(), ::testing::ElementsAre("w | history, event 2 | those from 1 on are missing"));
}

// An older version, which does not know of such rows, opens a directory for as long as there can be none.
TEST_P(Tail, comes_with_a_format_that_the_first_commit_raises) {
  const auto format = [&] { return keys::from_big_endian(*harness.rows().get(Space::meta, "format").value()); };
  const std::unique_ptr<RowBatch> batch = harness.rows().new_batch();
  batch->put(Space::meta, "format", keys::big_endian(2));
  ASSERT_TRUE(harness.rows().write(*batch, Sync::yes));
  harness.epoch = harness.store().acquire().value().epoch;
  EXPECT_EQ(format(), 2U);
  ASSERT_TRUE(harness.commit(Turn().create("w")));
  EXPECT_EQ(format(), kStorageFormat);
}

}  // namespace
}  // namespace pawl
