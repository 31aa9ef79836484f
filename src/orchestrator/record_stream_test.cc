// Who waits for a record is answered when it is durable; what was posted is written some time, as it was posted last.
#include "orchestrator/record_stream.h"

#include <gtest/gtest.h>

#include "orchestrator/shard/doubles_test.h"
#include "persistence/volatile_store.h"

namespace pawl {
namespace {

using testing::HeldStore;
using testing::StandingClock;

RecordChange record(std::string key, std::string value) {
  return {.kind = RecordKind::audit, .key = std::move(key), .value = std::move(value)};
}

class Stream {
 public:
  Stream() { stream.use_store(store, Epoch(1)); }

  // The records of the last commit, as "key=value".
  std::vector<std::string> last() {
    std::vector<std::string> found;
    for (const RecordChange& change : store.batches.back().records)
      found.push_back(change.key + "=" + change.value.value_or("none"));
    return found;
  }
  void run() {
    while (stream.step()) {
    }
  }
  void write(std::vector<RecordChange> changes, std::optional<Result<void>>& outcome) {
    stream.write(std::move(changes), [&outcome](Result<void> told) { outcome = std::move(told); });
  }
  void remove(std::vector<RecordChange> removals, std::optional<Result<void>>& outcome) {
    stream.remove(std::move(removals), [&outcome](Result<void> told) { outcome = std::move(told); });
  }

  StandingClock clock;
  HeldStore store;
  std::optional<Error> problem;
  int renewals = 0;
  Result<std::pair<Store*, Epoch>> renewed = std::pair<Store*, Epoch>(&store, Epoch(2));
  RecordStream stream{clock,
                      [this](Epoch) {
                        ++renewals;
                        return renewed;
                      },
                      [this](const Error* why) { problem = why == nullptr ? std::nullopt : std::optional(*why); }};
};

TEST(RecordStream, answers_when_the_record_is_durable) {
  Stream it;
  std::optional<Result<void>> outcome;
  it.write({record("a", "1"), record("b", "2")}, outcome);
  it.run();
  EXPECT_EQ(it.last(), (std::vector<std::string>{"a=1", "b=2"}));
  EXPECT_FALSE(it.stream.step()) << "the commit is on its way";
  it.store.settle();
  it.run();
  EXPECT_TRUE(*outcome);
}

TEST(RecordStream, writes_of_what_was_posted_the_last) {
  Stream it;
  it.stream.post(record("a", "1"));
  it.stream.post(record("b", "1"));
  it.stream.post(record("a", "2"));
  it.run();
  EXPECT_EQ(it.last(), (std::vector<std::string>{"a=2", "b=1"}));
  it.stream.post(record("a", "3"));
  it.run();
  EXPECT_EQ(it.store.batches.size(), 1U) << "one at a time";
  it.store.settle();
  it.run();
  EXPECT_EQ(it.last(), (std::vector<std::string>{"a=3"}));
}

TEST(RecordStream, keeps_the_order_of_what_is_posted_and_what_is_written) {
  Stream it;
  it.stream.post(record("a", "old"));
  std::optional<Result<void>> outcome;
  it.write({record("a", "new")}, outcome);
  it.run();
  EXPECT_EQ(it.last(), (std::vector<std::string>{"a=new"})) << "what was posted before is over";
  it.stream.post(record("a", "newest"));
  it.store.settle();
  it.run();
  EXPECT_TRUE(*outcome);
  EXPECT_EQ(it.last(), (std::vector<std::string>{"a=newest"}));
}

// The record may be posted again, as whoever asked has changed it since, before the next commit.
TEST(RecordStream, leaves_what_is_posted_behind_a_request_for_the_next_commit) {
  Stream it;
  std::optional<Result<void>> outcome;
  it.stream.write({record("a", "asked")}, [&](Result<void> told) {
    it.stream.post(record("a", "asked, and more"));
    outcome = std::move(told);
  });
  it.stream.post(record("a", "by itself"));
  it.stream.post(record("b", "by itself"));
  it.run();
  EXPECT_EQ(it.last(), (std::vector<std::string>{"a=asked", "b=by itself"}));
  it.store.settle();
  it.run();
  EXPECT_TRUE(*outcome);
  EXPECT_EQ(it.last(), (std::vector<std::string>{"a=asked, and more"}));
}

TEST(RecordStream, keeps_what_was_posted_over_a_failure_and_refuses_who_waits) {
  Stream it;
  std::optional<Result<void>> outcome;
  it.write({record("c", "1")}, outcome);
  it.run();
  it.stream.post(record("a", "1"));
  it.stream.post(record("b", "1"));
  it.store.settle(fail(ErrorCode::unavailable, "the disk is full"));
  it.stream.step();
  EXPECT_EQ(outcome->error().code, ErrorCode::unavailable);
  ASSERT_TRUE(it.problem);
  it.run();
  EXPECT_EQ(it.store.batches.size(), 1U) << "not before the store is tried again";
  EXPECT_EQ(it.renewals, 0);
  it.clock.time = *it.stream.due();
  it.run();
  EXPECT_EQ(it.renewals, 1);
  EXPECT_FALSE(it.problem);
  EXPECT_EQ(it.last(), (std::vector<std::string>{"a=1", "b=1"}));
  EXPECT_EQ(it.store.batches.back().epoch, Epoch(2));
  it.stream.post(record("b", "2"));
  it.store.settle(fail(ErrorCode::unavailable, "the disk is full"));
  it.run();
  it.clock.time = *it.stream.due();
  it.run();
  EXPECT_EQ(it.last(), (std::vector<std::string>{"a=1", "b=2"})) << "what has been posted since counts";
}

TEST(RecordStream, goes_on_after_a_shard_has_acquired_the_store_anew) {
  Stream it;
  std::optional<Result<void>> outcome;
  it.write({record("a", "1")}, outcome);
  it.run();
  it.store.settle(fail(ErrorCode::fenced, "another owner"));
  it.run();
  EXPECT_FALSE(it.problem);
  EXPECT_EQ(it.store.batches.back().epoch, Epoch(2));
  EXPECT_EQ(it.last(), (std::vector<std::string>{"a=1"}));
  it.store.settle();
  it.run();
  EXPECT_TRUE(*outcome);
}

// Who asks while the stores are exchanged means the one that the node has then, or does not care.
TEST(RecordStream, writes_to_the_next_store_what_was_asked_for_before) {
  Stream it;
  std::optional<Result<void>> outcome;
  it.write({record("a", "1")}, outcome);
  HeldStore next;
  it.stream.use_store(next, Epoch(7));
  it.run();
  EXPECT_TRUE(it.store.batches.empty());
  ASSERT_EQ(next.batches.size(), 1U);
  EXPECT_EQ(next.batches[0].epoch, Epoch(7));
  next.settle();
  it.run();
  EXPECT_TRUE(outcome.value());
}

TEST(RecordStream, refuses_a_snapshot_where_nothing_is_durable) {
  Stream it;
  std::optional<Result<void>> policy;
  std::optional<Result<void>> snapshot;
  it.write({record("a", "1")}, policy);
  it.write({{.kind = RecordKind::snapshot, .key = "w", .value = "1"}}, snapshot);
  VolatileStore none;
  it.stream.use_store(none, Epoch(7));
  it.run();
  EXPECT_TRUE(policy.value());
  EXPECT_EQ(snapshot.value().error().code, ErrorCode::invalid_state);
}

TEST(RecordStream, removes_while_the_store_does_not_work) {
  Stream it;
  it.renewed = fail(ErrorCode::unavailable, "the disk is full");
  it.stream.post(record("a", "1"));
  it.run();
  it.store.settle(fail(ErrorCode::unavailable, "the disk is full"));
  it.run();
  ASSERT_TRUE(it.problem);
  std::optional<Result<void>> refused;
  it.write({record("b", "1")}, refused);
  it.run();
  EXPECT_EQ(refused->error().code, ErrorCode::unavailable);
  std::optional<Result<void>> removed;
  it.remove({{.kind = RecordKind::audit, .key = "c", .value = std::nullopt}}, removed);
  it.run();
  EXPECT_EQ(it.last(), (std::vector<std::string>{"c=none"}));
  EXPECT_TRUE(it.store.batches.back().makes_room);
  it.store.settle();
  it.run();
  EXPECT_TRUE(*removed);
  EXPECT_TRUE(it.problem) << "that mends nothing";
}

TEST(RecordStream, ends_with_what_can_be_made_durable_and_refuses_all_else) {
  Stream it;
  it.store.durable = false;
  it.stream.post(record("a", "1"));
  it.stream.close();
  std::optional<Result<void>> refused;
  it.write({record("a", "1")}, refused);
  EXPECT_EQ(refused.value().error().code, ErrorCode::unavailable);
  EXPECT_FALSE(it.stream.call([](RecordStream&) {}));
  EXPECT_TRUE(it.store.batches.empty()) << "a store in memory keeps nothing";
}

// At the end of the node what has been asked for is written; only where that fails is it refused.
TEST(RecordStream, ends_with_an_answer_for_everybody) {
  Stream it;
  std::optional<Result<void>> outcome;
  it.write({record("a", "1")}, outcome);
  it.run();
  std::optional<Result<void>> late;
  it.write({record("b", "1")}, late);
  it.stream.stop();
  it.store.settle(fail(ErrorCode::unavailable, "the disk is full"));
  it.stream.close();
  EXPECT_EQ(outcome.value().error().code, ErrorCode::unavailable);
  EXPECT_EQ(late.value().error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace pawl
