// How the commits of a RowStore get to its rows: by whom, with how many syncs, and what becomes of those around one
// that failed. What any store promises of them is in tests/conformance/store.
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "persistence/store_harness_test.h"

namespace pawl {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class QueuedCommit : public ::testing::TestWithParam<RowKind> {
 protected:
  std::unique_ptr<StoreHarness> open(const CommitQueueOptions& options = {.own_threads = false}) {
    return std::make_unique<StoreHarness>(GetParam(), options);
  }
};

INSTANTIATE_TEST_SUITE_P(Stores, QueuedCommit, ::testing::Values(RowKind::memory, RowKind::rocksdb),
                         [](const auto& each) { return each.param == RowKind::memory ? "memory" : "rocksdb"; });

TEST_P(QueuedCommit, waits_until_someone_helps) {
  const auto harness = open();
  harness->start(Turn().create("w"));
  EXPECT_THAT(harness->acknowledgements.order(), IsEmpty());
  EXPECT_THAT(harness->live(), IsEmpty());
  harness->store().help();
  EXPECT_THAT(harness->acknowledgements.order(), ElementsAre(1));
  EXPECT_EQ(harness->live().size(), 1U);
}

TEST_P(QueuedCommit, is_synced_together_with_all_that_wait) {
  const auto harness = open();
  const std::uint64_t before = harness->rows().syncs();
  for (int i = 0; i < 10; ++i) harness->start(Turn().create("w" + std::to_string(i)));
  harness->store().help();
  EXPECT_THAT(harness->acknowledgements.order(), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
  EXPECT_EQ(harness->rows().syncs(), before + 1);
  EXPECT_EQ(harness->rows().unsynced(), 0U);
}

// Whoever finds the queue being run leaves; what it brought is not left behind.
TEST_P(QueuedCommit, that_comes_while_another_is_written_follows_it) {
  struct Case {
    bool has_threads;
    bool run_by_threads;
  };
  for (const Case each : {Case{false, false}, Case{true, false}, Case{true, true}}) {
    const auto harness = open({.own_threads = each.has_threads});
    harness->rows().hold();
    const std::uint64_t first = harness->start(Turn().create("w"));
    std::thread runner([&] { each.run_by_threads ? harness->store().expedite() : harness->store().help(); });
    harness->rows().wait_until_one_is_held();
    const std::uint64_t second = harness->start(Turn().create("v"));
    harness->store().help();
    harness->rows().let_go();
    EXPECT_TRUE(harness->acknowledgements.of(first));
    EXPECT_TRUE(harness->acknowledgements.of(second));
    runner.join();
  }
}

TEST_P(QueuedCommit, in_front_of_the_failed_one_of_the_same_sync_fails_too) {
  const auto harness = open();
  harness->rows().fail_after(1);
  const std::uint64_t first = harness->start(Turn().create("v"));
  const std::uint64_t second = harness->start(Turn().create("w"));
  harness->store().help();
  EXPECT_FALSE(harness->acknowledgements.of(first));  // written, but never synced
  EXPECT_FALSE(harness->acknowledgements.of(second));
}

TEST_P(QueuedCommit, fails_after_a_definition_or_snapshot_that_could_not_be_written) {
  const auto harness = open();
  harness->rows().fail_after(0);
  EXPECT_EQ(harness->put(definition_record(two_tasks()->hash(), "{}")).error().code, ErrorCode::unavailable);
  EXPECT_EQ(harness->commit(Turn().create("w")).error().code, ErrorCode::unavailable);
  harness->epoch = harness->store().acquire().value().epoch;
  EXPECT_EQ(stored_definition(harness->store(), two_tasks()->hash()).error().code, ErrorCode::not_found);
  EXPECT_TRUE(harness->put(definition_record(two_tasks()->hash(), "{}")));
  EXPECT_TRUE(stored_definition(harness->store(), two_tasks()->hash()));
  EXPECT_TRUE(harness->commit(Turn().create("w")));
}

// What was written and not synced when a write failed may be gone: it must be written again.
TEST_P(QueuedCommit, needs_its_definition_again_after_a_failure) {
  const auto harness = open();
  ASSERT_TRUE(harness->put(definition_record(two_tasks()->hash(), "{}")));
  harness->epoch = harness->store().acquire().value().epoch;
  harness->rows().fail_after(0);
  EXPECT_FALSE(harness->put(definition_record(two_tasks()->hash(), "{}")));
}

TEST_P(QueuedCommit, relaxed_is_acknowledged_at_once_and_synced_in_time_whoever_wrote_it) {
  for (const bool by_thread : {false, true}) {
    const auto harness = open({.sync_delay = 20ms, .own_threads = true});
    const std::uint64_t before = harness->rows().syncs();
    const std::uint64_t sequence = harness->start(Turn().create("w"));
    by_thread ? harness->store().expedite() : harness->store().help();
    EXPECT_TRUE(harness->acknowledgements.of(sequence));
    harness->rows().wait_for_syncs(before + 1);
    EXPECT_TRUE(harness->commit(Turn().create("v")));
    harness->rows().wait_for_syncs(before + 2);
  }
}

// Not for that of the ones before, either.
TEST_P(QueuedCommit, relaxed_waits_for_no_sync_under_load) {
  const auto harness = open({.sync_delay = 1h, .own_threads = true});
  harness->rows().hold();
  const std::uint64_t first = harness->start(Turn().create("w"));
  harness->store().expedite();
  harness->rows().wait_until_one_is_held();
  const std::uint64_t second = harness->start(Turn().create("v"));
  harness->rows().let_go();
  harness->store().expedite();
  EXPECT_TRUE(harness->acknowledgements.of(first));
  EXPECT_TRUE(harness->acknowledgements.of(second));
}

TEST_P(QueuedCommit, relaxed_is_synced_by_the_next_helper_where_there_is_no_thread) {
  const auto harness = open({.sync_delay = 1h, .own_threads = false});
  const std::uint64_t before = harness->rows().syncs();
  EXPECT_TRUE(harness->commit(Turn().create("w")));
  EXPECT_EQ(harness->rows().syncs(), before + 1);
}

TEST_P(QueuedCommit, relaxed_waits_for_its_time_and_for_no_longer_than_the_end) {
  TemporaryRows rows;
  {
    const auto store = *RowStore::open(rows.share(), {.sync_delay = 1h, .own_threads = true});
    const Epoch epoch = store->acquire().value().epoch;
    const std::uint64_t before = rows.faulty().syncs();
    Acknowledgements told;
    for (std::uint64_t i = 1; i <= 3; ++i) {
      store->commit({.epoch = epoch, .sequence = i, .workflows = {}}, told);
      store->help();
      EXPECT_TRUE(told.of(i));
    }
    EXPECT_EQ(rows.faulty().syncs(), before);
  }
  EXPECT_EQ(rows.faulty().syncs(), 3U);  // format, epoch, the end
}

TEST_P(QueuedCommit, relaxed_fails_after_a_sync_that_failed) {
  const auto harness = open({.sync_delay = 1h, .own_threads = false});
  harness->rows().fail_after(1);
  EXPECT_TRUE(harness->commit(Turn().create("w")));  // the sync after it fails
  EXPECT_FALSE(harness->commit(Turn().create("v")));
  harness->epoch = harness->store().acquire().value().epoch;
  EXPECT_TRUE(harness->commit(Turn().create("v")));
}

}  // namespace
}  // namespace pawl
