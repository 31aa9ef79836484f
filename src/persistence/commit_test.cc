// How commits become durable: in order, together, for their owner only, and none after one that failed.
#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "persistence/store_harness_test.h"

namespace pawl {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Runs = StoreHarness::Runs;

class Commit : public ::testing::TestWithParam<RowKind> {
 protected:
  std::unique_ptr<StoreHarness> open(const CommitQueueOptions& options = {.own_threads = false}) {
    return std::make_unique<StoreHarness>(GetParam(), options);
  }
};

INSTANTIATE_TEST_SUITE_P(Stores, Commit, ::testing::Values(RowKind::memory, RowKind::rocksdb),
                         [](const auto& each) { return each.param == RowKind::memory ? "memory" : "rocksdb"; });

TEST_P(Commit, waits_until_someone_helps) {
  const auto harness = open();
  harness->start(Turn().create("w"));
  EXPECT_THAT(harness->acknowledgements.order(), IsEmpty());
  EXPECT_THAT(harness->live(), IsEmpty());
  harness->store().help();
  EXPECT_THAT(harness->acknowledgements.order(), ElementsAre(1));
  EXPECT_EQ(harness->live().size(), 1U);
}

TEST_P(Commit, is_done_by_the_queues_thread_when_expedited) {
  const auto harness = open({});
  const std::uint64_t sequence = harness->start(Turn().create("w"));
  harness->store().expedite();
  EXPECT_TRUE(harness->acknowledgements.of(sequence));
  EXPECT_EQ(harness->live().size(), 1U);
}

TEST_P(Commit, is_synced_together_with_all_that_wait) {
  const auto harness = open();
  const std::uint64_t before = harness->rows().syncs();
  for (int i = 0; i < 10; ++i) harness->start(Turn().create("w" + std::to_string(i)));
  harness->store().help();
  EXPECT_THAT(harness->acknowledgements.order(), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
  EXPECT_EQ(harness->rows().syncs(), before + 1);
  EXPECT_EQ(harness->rows().unsynced(), 0U);
}

// Whoever finds the queue being run leaves; what it brought is not left behind.
TEST_P(Commit, that_comes_while_another_is_written_follows_it) {
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

TEST_P(Commit, of_many_threads_are_all_kept_each_threads_in_order) {
  constexpr int kThreads = 4;
  constexpr std::uint64_t kEach = 150;
  const auto harness = open({});
  std::vector<Acknowledgements> told(kThreads);
  const auto work = [&](int number) {
    const std::string id = "w" + std::to_string(number);
    for (std::uint64_t i = 0; i < kEach; ++i) {
      Turn turn;
      i == 0 ? turn.create(id) : turn.go_on(id, i);
      harness->store().commit({.epoch = harness->epoch, .sequence = i + 1, .workflows = turn.commits()},
                              told[static_cast<std::size_t>(number)]);
      i % 3 == 0 ? harness->store().expedite() : harness->store().help();
    }
    EXPECT_TRUE(told[static_cast<std::size_t>(number)].of(kEach));
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < kThreads; ++i) {
    const std::vector<std::uint64_t> order = told[static_cast<std::size_t>(i)].order();
    EXPECT_EQ(order.size(), kEach);
    EXPECT_TRUE(std::ranges::is_sorted(order));
    EXPECT_EQ(harness->history("w" + std::to_string(i)).size(), kEach);
  }
  EXPECT_LE(harness->rows().syncs(), kThreads * kEach + 2);
}

TEST_P(Commit, of_an_earlier_owner_is_fenced_and_changes_nothing) {
  const auto harness = open();
  ASSERT_TRUE(harness->commit(Turn().create("w")));
  const std::uint64_t waiting = harness->start(Turn().create("v"));
  const Epoch earlier = harness->epoch;
  const Result<Ownership> owner = harness->store().acquire();
  ASSERT_TRUE(owner);
  EXPECT_GT(owner->epoch, earlier);
  EXPECT_EQ(harness->commit(Turn().go_on("w", 1)).error().code, ErrorCode::fenced);
  EXPECT_EQ(harness->acknowledgements.of(waiting).error().code, ErrorCode::fenced);
  EXPECT_EQ(harness->live(), (std::map<std::string, Runs>{{"w", {{0, 1}}}}));
  harness->epoch = owner->epoch;
  EXPECT_TRUE(harness->commit(Turn().go_on("w", 1)));
  harness->epoch = Epoch(static_cast<std::uint64_t>(owner->epoch) + 1);
  EXPECT_EQ(harness->commit(Turn().go_on("w", 2)).error().code, ErrorCode::fenced);
}

TEST_P(Commit, of_nobody_is_fenced) {
  std::unique_ptr<Rows> rows = std::make_unique<MemoryRows>();
  const auto store = *RowStore::open(std::move(rows), {.own_threads = false});
  Acknowledgements told;
  store->commit({.epoch = Epoch(0), .sequence = 1, .workflows = {}}, told);
  store->help();
  EXPECT_EQ(told.of(1).error().code, ErrorCode::fenced);
}

TEST_P(Commit, fails_after_one_that_failed_until_the_store_is_acquired_anew) {
  for (const FaultyRows::Kept kept : {FaultyRows::Kept::nothing, FaultyRows::Kept::all}) {
    const auto harness = open();
    ASSERT_TRUE(harness->commit(Turn().create("w")));
    harness->rows().fail_after(0, kept);
    const std::uint64_t failed = harness->start(Turn().create("v1").create("v2"));
    const std::uint64_t together = harness->start(Turn().create("x"));
    harness->store().help();
    EXPECT_EQ(harness->acknowledgements.of(failed).error().code, ErrorCode::unavailable);
    EXPECT_EQ(harness->acknowledgements.of(together).error().code, ErrorCode::unavailable);
    EXPECT_EQ(harness->commit(Turn().create("y")).error().code, ErrorCode::unavailable);
    // All of a batch is kept, or nothing.
    EXPECT_EQ(harness->live().size(), kept == FaultyRows::Kept::all ? 3U : 1U);
    const std::uint64_t waiting = harness->start(Turn().create("z"));
    harness->rows().allow_mending(false);
    EXPECT_EQ(harness->store().acquire().error().code, ErrorCode::unavailable);
    EXPECT_FALSE(harness->commit(Turn().create("y")));
    harness->rows().allow_mending(true);
    harness->epoch = harness->store().acquire().value().epoch;
    EXPECT_TRUE(harness->commit(Turn().create("y")));
    EXPECT_EQ(harness->acknowledgements.of(waiting).error().code, ErrorCode::fenced);
    EXPECT_EQ(harness->live().size(), kept == FaultyRows::Kept::all ? 4U : 2U);
  }
}

TEST_P(Commit, in_front_of_the_failed_one_of_the_same_sync_fails_too) {
  const auto harness = open();
  harness->rows().fail_after(1);
  const std::uint64_t first = harness->start(Turn().create("v"));
  const std::uint64_t second = harness->start(Turn().create("w"));
  harness->store().help();
  EXPECT_FALSE(harness->acknowledgements.of(first));  // written, but never synced
  EXPECT_FALSE(harness->acknowledgements.of(second));
}

TEST_P(Commit, fails_after_a_definition_or_snapshot_that_could_not_be_written) {
  const auto harness = open();
  harness->rows().fail_after(0);
  EXPECT_EQ(harness->store().put_definition(two_tasks()->hash(), "{}").error().code, ErrorCode::unavailable);
  EXPECT_EQ(harness->commit(Turn().create("w")).error().code, ErrorCode::unavailable);
  harness->epoch = harness->store().acquire().value().epoch;
  EXPECT_EQ(harness->store().read_definition(two_tasks()->hash()).error().code, ErrorCode::not_found);
  EXPECT_TRUE(harness->store().put_definition(two_tasks()->hash(), "{}"));
  EXPECT_TRUE(harness->store().read_definition(two_tasks()->hash()));
  EXPECT_TRUE(harness->commit(Turn().create("w")));
}

// What was written and not synced when a write failed may be gone: it must be written again.
TEST_P(Commit, needs_its_definition_again_after_a_failure) {
  const auto harness = open();
  ASSERT_TRUE(harness->store().put_definition(two_tasks()->hash(), "{}"));
  harness->epoch = harness->store().acquire().value().epoch;
  harness->rows().fail_after(0);
  EXPECT_FALSE(harness->store().put_definition(two_tasks()->hash(), "{}"));
}

TEST_P(Commit, that_waits_when_the_store_is_closed_is_made_durable_first) {
  const auto harness = open();
  const std::uint64_t first = harness->start(Turn().create("v"));
  const std::uint64_t second = harness->start(Turn().create("w"));
  harness->close();
  EXPECT_TRUE(harness->acknowledgements.of(first));
  EXPECT_TRUE(harness->acknowledgements.of(second));
}

TEST_P(Commit, relaxed_is_acknowledged_at_once_and_synced_in_time_whoever_wrote_it) {
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
TEST_P(Commit, relaxed_waits_for_no_sync_under_load) {
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

TEST_P(Commit, relaxed_is_synced_by_the_next_helper_where_there_is_no_thread) {
  const auto harness = open({.sync_delay = 1h, .own_threads = false});
  const std::uint64_t before = harness->rows().syncs();
  EXPECT_TRUE(harness->commit(Turn().create("w")));
  EXPECT_EQ(harness->rows().syncs(), before + 1);
}

TEST_P(Commit, relaxed_waits_for_its_time_and_for_no_longer_than_the_end) {
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

TEST_P(Commit, relaxed_fails_after_a_sync_that_failed) {
  const auto harness = open({.sync_delay = 1h, .own_threads = false});
  harness->rows().fail_after(1);
  EXPECT_TRUE(harness->commit(Turn().create("w")));  // the sync after it fails
  EXPECT_FALSE(harness->commit(Turn().create("v")));
  harness->epoch = harness->store().acquire().value().epoch;
  EXPECT_TRUE(harness->commit(Turn().create("v")));
}

TEST_P(Commit, owner_learns_whether_the_one_before_let_go) {
  const auto harness = open();
  EXPECT_FALSE(harness->store().acquire().value().clean);  // the harness did not
  ASSERT_TRUE(harness->store().release());
  EXPECT_TRUE(harness->store().acquire().value().clean);
  EXPECT_FALSE(harness->store().acquire().value().clean);
  TemporaryRows rows;
  EXPECT_TRUE((*RowStore::open(rows.share(), {}))->acquire().value().clean);  // there was none
}

}  // namespace
}  // namespace pawl
