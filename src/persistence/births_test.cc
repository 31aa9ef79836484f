// That what a turn creates is one row, which nobody can tell from a row each.
#include "persistence/births.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "persistence/damaged_rows_test.h"
#include "persistence/data_check.h"
#include "persistence/keys.h"
#include "persistence/store_harness_test.h"

namespace pawl {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

class BirthsTest : public ::testing::Test {
 protected:
  using Limits = BirthLimits;

  void open(const Limits& limits) { open(limits, rows_.share()); }
  void open(const Limits& limits, std::unique_ptr<Rows> rows) {
    store_ = *RowStore::open(std::move(rows), {.own_threads = false}, limits);
    epoch_ = store_->acquire().value().epoch;
    ASSERT_TRUE(store_->put_definition(two_tasks()->hash(), to_canonical_json(*two_tasks())));
  }
  void commit(const Turn& turn) {
    store_->commit({.epoch = epoch_, .sequence = ++sequence_, .workflows = turn.commits()}, told_);
    store_->help();
    ASSERT_TRUE(told_.of(sequence_));
  }
  // What some turn of no importance does.
  void pass() { commit(Turn().go_on("other", ++events_)); }
  // Keys of the space of live workflows: ids, and "list" for each list.
  std::vector<std::string> rows_of_live() {
    std::vector<std::string> found;
    EXPECT_TRUE(rows_.faulty().scan(Space::live, {}, Order::ascending, [&](std::string_view key, std::string_view) {
      found.emplace_back(keys::births_of(key) ? "list" : key);
      return true;
    }));
    return found;
  }
  std::vector<std::string> live() {
    const std::vector<std::string> ids = ids_of_live();
    std::vector<std::string> listed;
    EXPECT_TRUE(store_->scan_live_summaries([&](std::string_view id, const Result<WorkflowSummary>& summary) {
      listed.push_back(summary ? std::string(id) : "?");
      return true;
    }));
    EXPECT_EQ(ids, listed);
    return ids;
  }
  std::vector<std::string> ids_of_live() {
    std::vector<std::string> ids;
    EXPECT_TRUE(store_->scan_live([](std::string_view) { return true; },
                                  [&](const Result<StoredWorkflow>& workflow) {
                                    ids.push_back(workflow ? workflow->id : "?");
                                    return true;
                                  }));
    return ids;
  }
  void damage_list(std::uint64_t number) {
    const std::unique_ptr<RowBatch> batch = rows_.faulty().new_batch();
    batch->put(Space::live, keys::births(number), "\xff garbage");
    ASSERT_TRUE(rows_.faulty().write(*batch, Sync::no));
  }
  std::vector<std::string> problems() {
    std::vector<std::string> all;
    for (const DataProblem& problem : check_rows(rows_.faulty()).problems)
      all.push_back(problem.workflow + " | " + problem.where + " | " + problem.what);
    return all;
  }
  Store& store() { return *store_; }
  TemporaryRows& rows() { return rows_; }

 private:
  TemporaryRows rows_;
  Acknowledgements told_;
  std::unique_ptr<RowStore> store_;
  Epoch epoch_{};
  std::uint64_t sequence_ = 0;
  std::uint64_t events_ = 0;
};

TEST_F(BirthsTest, are_one_row_that_goes_when_all_of_them_have_ended) {
  open({.fewest = 2, .turns = 10, .listed = 100});
  commit(Turn().create("a").create("b").create("c", at(5)));
  EXPECT_THAT(rows_of_live(), ElementsAre("list"));
  EXPECT_THAT(live(), ElementsAre("a", "b", "c"));
  EXPECT_EQ(*store().contains("c"), true);
  EXPECT_EQ(store().read_summary("c").value().summary.status.created_at, at(5));
  EXPECT_FALSE(store().read_workflow("c").value().ended);
  EXPECT_THAT(problems(), IsEmpty());
  commit(Turn().end("a", 1).end("c", 1));
  EXPECT_THAT(rows_of_live(), ElementsAre("list"));
  EXPECT_THAT(live(), ElementsAre("b"));
  EXPECT_TRUE(store().read_summary("c").value().ended);
  EXPECT_THAT(problems(), IsEmpty());
  commit(Turn().end("b", 1));
  EXPECT_THAT(rows_of_live(), IsEmpty());
  EXPECT_THAT(live(), IsEmpty());
}

TEST_F(BirthsTest, have_rows_of_their_own_when_they_are_few) {
  open({.fewest = 3, .turns = 10, .listed = 100});
  commit(Turn().create("a").create("b"));
  EXPECT_THAT(rows_of_live(), ElementsAre("a", "b"));
  commit(Turn().end("a", 1).end("b", 1));
  EXPECT_THAT(rows_of_live(), IsEmpty());
}

TEST_F(BirthsTest, get_rows_of_their_own_after_some_turns) {
  open({.fewest = 2, .turns = 3, .listed = 100});
  commit(Turn().create("other"));
  commit(Turn().create("a").create("b").create("c"));
  commit(Turn().end("b", 1));
  pass();
  EXPECT_THAT(rows_of_live(), ElementsAre("list", "other"));
  pass();
  EXPECT_THAT(rows_of_live(), ElementsAre("a", "c", "other"));
  EXPECT_THAT(live(), ElementsAre("a", "c", "other"));
  commit(Turn().end("a", 1));
  EXPECT_THAT(live(), ElementsAre("c", "other"));
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(BirthsTest, get_rows_of_their_own_when_there_are_many) {
  open({.fewest = 2, .turns = 100, .listed = 5});
  commit(Turn().create("a").create("b"));
  commit(Turn().create("c").create("d"));
  EXPECT_THAT(rows_of_live(), ElementsAre("list", "list"));
  commit(Turn().create("e").create("f"));
  EXPECT_THAT(rows_of_live(), ElementsAre("list", "list", "a", "b"));
  EXPECT_THAT(live(), ElementsAre("a", "b", "c", "d", "e", "f"));
}

TEST_F(BirthsTest, are_known_to_the_next_process) {
  const Limits limits{.fewest = 2, .turns = 100, .listed = 100};
  open(limits);
  commit(Turn().create("a").create("b").create("c"));
  commit(Turn().create("d").create("e"));
  commit(Turn().end("b", 1).end("e", 1));
  {  // one that only looks
    const auto reader = *RowStore::open(rows().share(), {.own_threads = false}, limits);
    EXPECT_EQ(*reader->contains("a"), true);
    EXPECT_FALSE(reader->read_workflow("d").value().ended);
    EXPECT_THAT(rows_of_live(), ElementsAre("list", "list"));
  }
  open(limits);
  EXPECT_THAT(rows_of_live(), ElementsAre("a", "c", "d"));
  EXPECT_THAT(live(), ElementsAre("a", "c", "d"));
  commit(Turn().end("a", 1).end("c", 1).end("d", 1));
  EXPECT_THAT(rows_of_live(), IsEmpty());
}

// Its list stays, for another one that lives.
TEST_F(BirthsTest, do_not_come_back_when_they_are_removed) {
  const Limits limits{.fewest = 2, .turns = 100, .listed = 100};
  open(limits);
  commit(Turn().create("a").create("b"));
  commit(Turn().end("a", 1));
  ASSERT_TRUE(store().remove_workflow("a"));
  EXPECT_EQ(*store().contains("a"), false);
  EXPECT_THAT(live(), ElementsAre("b"));
  EXPECT_THAT(problems(), IsEmpty());
  open(limits);
  EXPECT_THAT(live(), ElementsAre("b"));
  EXPECT_EQ(store().read_workflow("a").error().code, ErrorCode::not_found);
}

TEST_F(BirthsTest, of_an_id_that_is_used_once_more_are_those_of_the_later_workflow) {
  const Limits limits{.fewest = 2, .turns = 100, .listed = 100};
  open(limits);
  commit(Turn().create("a").create("b"));
  commit(Turn().end("a", 1));
  commit(Turn().replace("a", {}, at(20)).create("c"));
  EXPECT_EQ(store().read_summary("a").value().summary.status.created_at, at(20));
  EXPECT_THAT(live(), ElementsAre("a", "b", "c"));
  open(limits);
  EXPECT_EQ(store().read_summary("a").value().summary.status.created_at, at(20));
  EXPECT_THAT(rows_of_live(), ElementsAre("a", "b", "c"));
}

TEST_F(BirthsTest, live_again_after_a_restoral) {
  open({.fewest = 2, .turns = 100, .listed = 100});
  commit(Turn().create("a").create("b"));
  commit(Turn().end("a", 1));
  commit(Turn().revive("a", 2));
  EXPECT_THAT(live(), ElementsAre("a", "b"));
  commit(Turn().end("a", 3));
  EXPECT_THAT(live(), ElementsAre("b"));
  EXPECT_THAT(rows_of_live(), ElementsAre("list"));
}

// What a failed commit has kept is what the rows say.
TEST_F(BirthsTest, are_read_anew_after_a_failure) {
  const Limits limits{.fewest = 1, .turns = 100, .listed = 100};
  open(limits);
  commit(Turn().create("a"));
  rows().faulty().fail_after(0, FaultyRows::Kept::nothing);
  Acknowledgements told;
  Turn lost;
  lost.create("b");
  store().commit({.epoch = Epoch(1), .sequence = 9, .workflows = lost.commits()}, told);
  store().help();
  ASSERT_FALSE(told.of(9));
  EXPECT_THAT(live(), ElementsAre("a"));
  EXPECT_EQ(*store().contains("b"), false);
}

TEST_F(BirthsTest, in_a_damaged_list_are_found_by_their_histories) {
  const Limits limits{.fewest = 1, .turns = 100, .listed = 100};
  open(limits);
  commit(Turn().create("a").create("b").create("d"));
  commit(Turn().create("c"));
  commit(Turn().end("b", 1));
  damage_list(0);
  EXPECT_THAT(problems(), Not(IsEmpty()));
  open(limits);
  EXPECT_THAT(ids_of_live(), ElementsAre("a", "c", "d"));
  EXPECT_TRUE(store().contains("a").value());
  EXPECT_FALSE(store().contains("e").value());
  EXPECT_FALSE(store().read_workflow("a").value().ended);
  EXPECT_TRUE(store().read_workflow("b").value().ended);
  // Another list goes nevertheless.
  EXPECT_THAT(rows_of_live(), UnorderedElementsAre("list", "c"));
}

TEST_F(BirthsTest, in_a_damaged_list_are_found_behind_a_damaged_history) {
  const Limits limits{.fewest = 1, .turns = 100, .listed = 100};
  open(limits);
  commit(Turn().create("a").create("c").create("d"));
  commit(Turn().create("b"));
  commit(Turn().end("b", 1));
  damage_list(0);
  open(limits, std::make_unique<DamagedRows>(rows().share(), Space::history, "b", "c"));
  EXPECT_THAT(ids_of_live(), ElementsAre("a", "c", "d"));
}

TEST_F(BirthsTest, of_which_one_cannot_be_read_keep_no_other_from_being_taken_up) {
  const Limits limits{.fewest = 1, .turns = 100, .listed = 100};
  open(limits);
  commit(Turn().create("a").create("b"));
  commit(Turn().create("c"));
  for (int openings = 0; openings < 3; ++openings) {
    open(limits, std::make_unique<DamagedRows>(rows().share(), Space::ended, "b", "b0"));
    std::vector<std::string> damaged;
    std::vector<std::string> sound;
    EXPECT_TRUE(store().scan_live([](std::string_view) { return true; },
                                  [&](const Result<StoredWorkflow>& workflow) {
                                    (workflow->damage ? damaged : sound).push_back(workflow->id);
                                    return true;
                                  }));
    EXPECT_THAT(sound, ElementsAre("a", "c"));
    EXPECT_THAT(damaged, ElementsAre("b"));
    EXPECT_THAT(rows_of_live(), UnorderedElementsAre("list", "a", "c"));
  }
}

TEST(StoredBirths, are_refused_if_they_name_no_workflow) {
  EXPECT_EQ(decode_births("\xff").error().code, ErrorCode::corruption);
  EXPECT_EQ(decode_births(encode_births({{.id = "", .summary = ""}})).error().code, ErrorCode::corruption);
  const auto births = decode_births(encode_births({{.id = "a", .summary = "s"}, {.id = "b", .summary = ""}}));
  ASSERT_TRUE(births);
  EXPECT_EQ(births->size(), 2U);
  EXPECT_EQ(births->front().summary, "s");
}

}  // namespace
}  // namespace pawl
