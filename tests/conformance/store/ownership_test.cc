// A store has one owner: commits of any other are fenced and change nothing; a new owner learns whether the one before
// has let go of it.

#include "tests/conformance/store/fixture.h"
#include "tests/support/turn.h"

namespace pawl::conformance {
namespace {

class StoreOwnership : public StoreTest {};

INSTANTIATE_TEST_SUITE_P(Stores, StoreOwnership, all_stores(), store_name);

TEST_P(StoreOwnership, fences_commits_of_an_earlier_owner_and_those_that_wait) {
  ASSERT_TRUE(shard.commit(Turn().create("w")));
  const std::uint64_t waiting = shard.start(Turn().create("v"));
  const Epoch earlier = shard.epoch;
  const Result<Ownership> owner = store().acquire();
  ASSERT_TRUE(owner);
  EXPECT_GT(owner->epoch, earlier);
  EXPECT_EQ(shard.commit(Turn().go_on("w", 1)).error().code, ErrorCode::fenced);
  EXPECT_EQ(shard.acknowledgements.of(waiting).error().code, ErrorCode::fenced);
  EXPECT_EQ(shard.live(), (Live{{"w", {{0, 1}}}}));
  shard.epoch = owner->epoch;
  EXPECT_TRUE(shard.commit(Turn().go_on("w", 1)));
}

TEST_P(StoreOwnership, fences_commits_of_an_owner_to_come) {
  shard.epoch = Epoch(std::to_underlying(shard.epoch) + 1);
  EXPECT_EQ(shard.commit(Turn().create("w")).error().code, ErrorCode::fenced);
  EXPECT_TRUE(shard.live().empty());
}

TEST_P(StoreOwnership, fences_commits_while_nobody_owns_it) {
  const Epoch before = shard.epoch;
  fixture().reopen();
  for (const Epoch epoch : {Epoch(0), before}) {
    Acknowledgements told;
    Turn turn;
    turn.create("w");
    store().commit({.epoch = epoch, .sequence = 1, .workflows = turn.commits()}, told);
    store().help();
    EXPECT_EQ(told.of(1).error().code, ErrorCode::fenced);
  }
  shard.move_to(store());
  EXPECT_TRUE(shard.live().empty());
}

// What the first process still writes after the second one has acquired the store changes nothing that the second one
// has read; reading goes on in both.
TEST_P(StoreOwnership, goes_over_to_another_process) {
  ASSERT_TRUE(shard.commit(Turn().create("w")));
  Store& next = fixture().second();
  StoreShard other(next);
  EXPECT_GT(other.epoch, shard.epoch);
  EXPECT_EQ(other.live(), (Live{{"w", {{0, 1}}}}));
  EXPECT_EQ(shard.commit(Turn().go_on("w", 1).create("v")).error().code, ErrorCode::fenced);
  EXPECT_EQ(shard.commit(Turn().end("w", 1)).error().code, ErrorCode::fenced);  // and stays so
  ASSERT_TRUE(other.commit(Turn().go_on("w", 1, 2)));
  EXPECT_EQ(other.live(), (Live{{"w", {{0, 1}, {1, 2}}}}));
  EXPECT_EQ(shard.live(), other.live());
  // And back.
  shard.acquire();
  EXPECT_GT(shard.epoch, other.epoch);
  EXPECT_TRUE(shard.commit(Turn().go_on("w", 3)));
  EXPECT_EQ(other.commit(Turn().go_on("w", 3)).error().code, ErrorCode::fenced);
}

TEST_P(StoreOwnership, gives_each_owner_a_greater_epoch) {
  std::set<Epoch> epochs{shard.epoch};
  const auto is_greatest = [&] { return *epochs.rbegin() < shard.epoch && epochs.insert(shard.epoch).second; };
  shard.acquire();
  EXPECT_TRUE(is_greatest());
  reopen();
  EXPECT_TRUE(is_greatest());
  crash();
  EXPECT_TRUE(is_greatest());
  ASSERT_TRUE(store().release());
  reopen();
  EXPECT_TRUE(is_greatest());
}

TEST_P(StoreOwnership, was_clean_if_the_owner_before_let_go_of_it) {
  EXPECT_FALSE(store().acquire().value().clean);  // the shard has not
  ASSERT_TRUE(store().release());
  EXPECT_TRUE(store().acquire().value().clean);
  EXPECT_FALSE(store().acquire().value().clean);
  // The same for another process.
  fixture().reopen();
  EXPECT_FALSE(store().acquire().value().clean);
  ASSERT_TRUE(store().release());
  fixture().reopen();
  EXPECT_TRUE(store().acquire().value().clean);
  ASSERT_TRUE(store().release());
  fixture().crash();
  EXPECT_TRUE(store().acquire().value().clean);  // that it was let go of is durable
  fixture().crash();
  EXPECT_FALSE(store().acquire().value().clean);
  shard.move_to(store());
}

TEST_P(StoreOwnership, was_clean_if_there_was_none) {
  const std::unique_ptr<StoreFixture> fresh = GetParam().make();
  EXPECT_TRUE(fresh->store().acquire().value().clean);
}

}  // namespace
}  // namespace pawl::conformance
