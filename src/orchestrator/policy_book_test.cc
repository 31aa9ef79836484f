// A change of a policy is made when its record is durable, and not at all if it is refused; changes of one policy come
// one after the other, and nobody holds up a thread meanwhile.
#include "orchestrator/policy_book.h"

#include <deque>
#include <map>

#include <gtest/gtest.h>

#include "model/records/breaker.h"
#include "model/records/snapshot.h"
#include "orchestrator/answer_test.h"
#include "orchestrator/shard/doubles_test.h"
#include "persistence/faulty_rows_test.h"
#include "persistence/memory/memory_rows.h"
#include "persistence/row_store.h"

namespace pawl {
namespace {

using testing::HeldStore;
using testing::StandingClock;
using testing::start;
using Answer = std::optional<Result<void>>;

// A book whose record stream writes to a store that keeps commits on their way.
class RecordedBook {
 public:
  RecordedBook() {
    records.use_store(store, Epoch(1));
    book.record_in(records);
  }
  void run() {
    while (records.step()) {
    }
  }
  void settle(Result<void> outcome = {}) {
    run();
    store.settle(std::move(outcome));
    run();
  }
  std::uint32_t version_of(const std::string& name) {
    const Result<PolicyInfo> info = book.get(name);
    return info ? info->current().number : 0;
  }

  StandingClock clock;
  HeldStore store;
  RecordStream records{clock, [this](Epoch) { return Result<std::pair<Store*, Epoch>>(std::pair(&store, Epoch(2))); },
                       [](const Error*) {}};
  PolicyBook book{clock};
};

TEST(PolicyBook, makes_a_change_when_its_record_is_durable) {
  RecordedBook it;
  Answer defined;
  start(it.book.define("a", RetryPolicy{}), defined);
  it.run();
  EXPECT_FALSE(defined);
  EXPECT_EQ(it.version_of("a"), 0U);
  it.settle();
  EXPECT_TRUE(defined.value());
  EXPECT_EQ(it.version_of("a"), 1U);
}

TEST(PolicyBook, leaves_all_as_it_was_when_a_record_is_refused) {
  RecordedBook it;
  Answer defined;
  start(it.book.define("a", CircuitBreakerPolicy{}), defined);
  it.settle();
  const auto refuse = [&](Steps<void> change) {
    Answer refused;
    start(std::move(change), refused);
    it.settle(fail(ErrorCode::unavailable, "the disk is full"));
    EXPECT_EQ(refused.value().error().code, ErrorCode::unavailable);
    it.clock.time = *it.records.due();
    it.settle();  // what holds is recorded again
  };
  refuse(it.book.update("a", CircuitBreakerPolicy{.failure_threshold = 9}));
  refuse(it.book.change_breaker("a", policy::force_open));
  refuse(it.book.remove("a"));
  refuse(it.book.define("b", RetryPolicy{}));
  EXPECT_EQ(it.version_of("a"), 1U);
  EXPECT_EQ(it.book.check_breaker("a").value().state, BreakerState::closed);
  EXPECT_EQ(it.version_of("b"), 0U);
  Answer updated;
  start(it.book.update("a", CircuitBreakerPolicy{}), updated);
  it.settle();
  EXPECT_TRUE(updated.value()) << "nobody is left to wait for";
}

// What a commit that failed has left may be the change. The next process must not find what nobody was told.
TEST(PolicyBook, records_again_what_holds_after_a_change_that_was_refused) {
  RecordedBook it;
  Answer defined;
  start(it.book.define("a", CircuitBreakerPolicy{}), defined);
  it.settle();
  const std::vector<RecordChange> before = it.store.batches.back().records;
  const auto records_after = [&](Steps<void> change) {
    Answer refused;
    start(std::move(change), refused);
    it.settle(fail(ErrorCode::unavailable, "the disk is full"));
    EXPECT_FALSE(refused.value());
    it.clock.time = *it.records.due();
    it.settle();
    std::map<std::pair<RecordKind, std::string>, bool> kept;
    for (const RecordChange& each : it.store.batches.back().records)
      kept[{each.kind, each.key}] = each.value.has_value();
    return kept;
  };
  const std::map<std::pair<RecordKind, std::string>, bool> both = {{{RecordKind::policy, "a"}, true},
                                                                   {{RecordKind::breaker, "a"}, true}};
  EXPECT_EQ(records_after(it.book.remove("a")), both);
  EXPECT_EQ(it.store.batches.back().records.front().value, before.front().value);
  EXPECT_EQ(records_after(it.book.update("a", CircuitBreakerPolicy{.failure_threshold = 9})), both);
  EXPECT_EQ(it.store.batches.back().records.front().value, before.front().value);
  EXPECT_EQ(records_after(it.book.define("b", CircuitBreakerPolicy{})),
            (std::map<std::pair<RecordKind, std::string>, bool>{{{RecordKind::policy, "b"}, false},
                                                                {{RecordKind::breaker, "b"}, false}}));
}

TEST(PolicyBook, makes_changes_of_one_policy_one_after_the_other) {
  RecordedBook it;
  Answer defined;
  Answer second;
  Answer updated;
  Answer other;
  start(it.book.define("a", RetryPolicy{}), defined);
  start(it.book.define("a", RetryPolicy{}), second);
  start(it.book.update("a", RetryPolicy{.max_attempts = 2}), updated);
  start(it.book.define("b", RetryPolicy{}), other);
  it.run();
  EXPECT_EQ(it.store.batches.back().records.size(), 2U) << "of two policies";
  it.settle();
  EXPECT_TRUE(defined.value());
  EXPECT_TRUE(other.value());
  EXPECT_EQ(second.value().error().code, ErrorCode::already_exists);
  EXPECT_FALSE(updated);
  it.settle();
  EXPECT_TRUE(updated.value());
  EXPECT_EQ(it.version_of("a"), 2U);
}

// The stream has ended; each that waits is refused within the answer of the one before.
TEST(PolicyBook, refuses_any_number_of_those_who_wait_at_the_end) {
  constexpr std::size_t kMany = 100'000;  // more than there is stack for
  RecordedBook it;
  std::deque<Answer> answers;
  start(it.book.define("a", RetryPolicy{}), answers.emplace_back());
  it.run();
  for (std::size_t i = 0; i < kMany; ++i) start(it.book.define("a", RetryPolicy{}), answers.emplace_back());
  it.store.settle(fail(ErrorCode::unavailable, "the disk is full"));
  it.records.close();
  for (const Answer& each : answers) ASSERT_EQ(each.value().error().code, ErrorCode::unavailable);
}

// It changed by itself while the policy was being deleted, or an older version has left it.
TEST(PolicyBook, takes_the_state_of_a_breaker_without_a_policy_for_nothing) {
  const std::unique_ptr<Store> store = *RowStore::open(std::make_unique<MemoryRows>(), {.own_threads = false});
  const Epoch epoch = store->acquire().value().epoch;
  StandingClock clock;
  RecordStream records(
      clock, [&](Epoch) { return Result<std::pair<Store*, Epoch>>(std::pair(store.get(), epoch)); },
      [](const Error*) {});
  records.use_store(*store, epoch);
  PolicyBook book(clock);
  book.record_in(records);
  records.post(breaker_record("b", {.state = BreakerState::open, .open_until = clock.wall() + std::chrono::hours(1)}));
  ASSERT_TRUE(records.settle());
  ASSERT_TRUE(store->read_record(RecordKind::breaker, "b").value());

  Result<PolicyBook::Stored> stored = book.read_from(*store);
  ASSERT_TRUE(stored) << describe(stored.error());
  EXPECT_TRUE(stored->breakers.empty());
  book.adopt(*std::move(stored));
  EXPECT_EQ(book.check_breaker("b").error().code, ErrorCode::not_found);

  Answer defined;
  start(book.define("b", CircuitBreakerPolicy{}), defined);
  ASSERT_TRUE(records.settle());
  ASSERT_TRUE(defined.value());
  EXPECT_EQ(book.check_breaker("b").value().state, BreakerState::closed);
  EXPECT_FALSE(store->read_record(RecordKind::breaker, "b").value()) << "nor does another process find it open";
}

// As all commits are: it is written, and synced in time.
TEST(PolicyBook, acknowledges_under_relaxed_durability_what_is_written) {
  auto owned = std::make_unique<FaultyRows>(std::make_unique<MemoryRows>());
  FaultyRows& rows = *owned;
  const std::unique_ptr<Store> store =
      *RowStore::open(std::move(owned), {.sync_delay = std::chrono::hours(1), .own_threads = true});
  const Epoch epoch = store->acquire().value().epoch;
  StandingClock clock;
  RecordStream records(
      clock, [&](Epoch) { return Result<std::pair<Store*, Epoch>>(std::pair(store.get(), epoch)); },
      [](const Error*) {});
  records.use_store(*store, epoch);
  PolicyBook book(clock);
  book.record_in(records);
  const std::uint64_t syncs = rows.syncs();
  Answer defined;
  Answer snapped;
  start(book.define("a", RetryPolicy{}), defined);
  records.write({{.kind = RecordKind::snapshot, .key = snapshot_key("w", "s"), .value = "1"}},
                [&snapped](Result<void> answer) { snapped = std::move(answer); });
  ASSERT_TRUE(records.settle());
  EXPECT_TRUE(defined.value());
  EXPECT_TRUE(snapped.value());
  EXPECT_EQ(rows.syncs(), syncs);
  EXPECT_GT(rows.unsynced(), 0U);
}

}  // namespace
}  // namespace pawl
