// One bad row is `corruption` for whoever reads that very thing; lists leave it out and have all others, and the check
// of the data reports it.
#include "persistence/damaged_rows_test.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/records/breaker.h"
#include "persistence/data_check.h"
#include "persistence/keys.h"
#include "persistence/store_harness_test.h"
#include "persistence/stored_rows.h"

namespace pawl {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class BadRows : public ::testing::TestWithParam<RowKind> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(harness.put(definition_record(two_tasks()->hash(), to_canonical_json(*two_tasks()))));
    ASSERT_TRUE(harness.commit(Turn().create("alive").create_and_end("one", {.created_at = at(1)})));
    ASSERT_TRUE(harness.commit(Turn().create_and_end("two", {.created_at = at(2)})));
    ASSERT_TRUE(harness.commit(Turn().go_on("alive", 1, 3)));
    ASSERT_THAT(problems(), IsEmpty());
  }

  Store& store() { return harness.store(); }
  void put(Space space, const std::string& key, const std::string& value) {
    const std::unique_ptr<RowBatch> batch = harness.rows().new_batch();
    batch->put(space, key, value);
    ASSERT_TRUE(harness.rows().write(*batch, Sync::no));
  }
  std::string get(Space space, const std::string& key) { return **harness.rows().get(space, key); }
  // Each as "workflow | where | what".
  std::vector<std::string> problems() {
    std::vector<std::string> found;
    for (const DataProblem& problem : check_rows(harness.rows()).problems)
      found.push_back(problem.workflow + " | " + problem.where + " | " + problem.what);
    return found;
  }
  std::vector<std::string> expired() { return *store().find_expired(WorkflowState::completed, at(1000), 10); }

  StoreHarness harness{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Stores, BadRows, ::testing::Values(RowKind::memory, RowKind::rocksdb),
                         [](const auto& each) { return each.param == RowKind::memory ? "memory" : "rocksdb"; });

TEST_P(BadRows, short_keys_of_indexes_are_left_out) {
  const std::string completed(1, static_cast<char>(WorkflowState::completed));
  // The last one is as long as a time, so that no id is left.
  for (const std::string& rest : {std::string(), std::string("\xff"), std::string("\x80\x01"), keys::sortable(at(5))}) {
    put(Space::by_state, completed + rest, keys::sortable(at(0)));
    put(Space::by_name, keys::prefix("w") + rest, completed);
  }
  EXPECT_THAT(harness.list(), ElementsAre("two", "one"));
  EXPECT_THAT(harness.list({.state = WorkflowState::completed}), ElementsAre("two", "one"));
  EXPECT_THAT(harness.list({.name = "w"}), ElementsAre("two", "one"));
  EXPECT_THAT(harness.list({.before = at(2)}), ElementsAre("one"));
  EXPECT_THAT(expired(), ElementsAre("one", "two"));
  EXPECT_THAT(problems(), Contains(" | by_state | a key names no workflow"));
  EXPECT_THAT(problems(), Contains(" | by_name | a row names no workflow"));
}

TEST_P(BadRows, ids_that_no_workflow_can_have_are_left_out) {
  const std::string id("o\0ne", 4);
  put(Space::live, id, get(Space::live, "alive"));
  put(Space::ended, id, get(Space::ended, "one"));
  put(Space::by_state, keys::by_state(WorkflowState::completed, at(1), id), keys::sortable(at(1)));
  put(Space::snapshots, snapshot_key(id, "s"),
      encode(StoredSnapshot{.id = "s", .workflow = id, .created_at = at(1), .label = "", .state = ""}));
  EXPECT_THAT(harness.list(), ElementsAre("two", "one"));
  EXPECT_EQ(harness.live().size(), 1U);
  EXPECT_THAT(*stored_snapshots(store(), "o"), IsEmpty());
  ASSERT_TRUE(store().scan_live_summaries([](std::string_view each, const auto&) {
    EXPECT_EQ(each, "alive");
    return true;
  }));
  EXPECT_THAT(problems(), Contains(id + " | live, ended | no workflow can have this id"));
}

TEST_P(BadRows, index_rows_that_do_not_fit_their_workflow_are_left_out) {
  const std::string completed(1, static_cast<char>(WorkflowState::completed));
  for (const std::string id : {"one", "alive", "nobody"}) {
    put(Space::by_state, keys::by_state(WorkflowState::completed, at(7), id), keys::sortable(at(0)));
    put(Space::by_name, keys::by_name("w", at(7), id), completed);
  }
  put(Space::by_name, keys::by_name("other", at(1), "one"), completed);
  EXPECT_THAT(harness.list(), ElementsAre("two", "one"));
  EXPECT_THAT(harness.list({.name = "w"}), ElementsAre("two", "one"));
  EXPECT_THAT(harness.list({.name = "other"}), IsEmpty());
  EXPECT_THAT(expired(), ElementsAre("one", "two"));
  EXPECT_THAT(problems(), Contains("one | by_state | it says something else than the workflow"));
  EXPECT_THAT(problems(), Contains("alive | by_state | there is no such ended workflow"));
}

TEST_P(BadRows, a_summary_that_makes_no_sense_is_left_out) {
  put(Space::ended, "one", "\xff");
  EXPECT_THAT(harness.list(), ElementsAre("two"));
  EXPECT_THAT(harness.list({.name = "w"}), ElementsAre("two"));
  EXPECT_THAT(expired(), ElementsAre("two"));
  EXPECT_EQ(store().read_summary("one").error().code, ErrorCode::corruption);
  EXPECT_EQ(harness.remove("one").error().code, ErrorCode::corruption);
  EXPECT_THAT(problems(), Contains("one | ended | the stored summary of \"one\" is invalid"));
}

TEST_P(BadRows, a_summary_in_the_wrong_place_makes_no_sense) {
  const std::string ended = get(Space::ended, "one");
  put(Space::ended, "one", get(Space::live, "alive"));
  put(Space::live, "alive", ended);
  EXPECT_THAT(harness.list(), ElementsAre("two"));
  EXPECT_EQ(store().read_summary("one").error().code, ErrorCode::corruption);
  EXPECT_EQ(store().read_summary("alive").error().code, ErrorCode::corruption);
  EXPECT_THAT(problems(), Contains("alive | live | its state is completed"));
}

TEST_P(BadRows, a_history_with_a_key_that_names_no_event_cannot_be_read) {
  // Between the first run and the second.
  put(Space::history, keys::history("alive", 0) + "x", get(Space::history, keys::history("alive", 1)));
  EXPECT_EQ(store().read_workflow("alive").error().code, ErrorCode::corruption);
  EXPECT_EQ(store().read_history("alive", 0, 100).error().code, ErrorCode::corruption);
  std::vector<std::string> damaged;
  ASSERT_TRUE(store().scan_live([](std::string_view) { return true; },
                                [&](const Result<StoredWorkflow>& workflow) {
                                  if (workflow && workflow->damage) damaged.push_back(workflow->id);
                                  return true;
                                }));
  EXPECT_THAT(damaged, ElementsAre("alive"));
  EXPECT_TRUE(store().read_workflow("one"));
  EXPECT_THAT(problems(), Contains("alive | history | a key names no event"));
}

// Such a key is not that of the run that holds an event.
TEST_P(BadRows, a_key_that_names_no_event_does_not_hide_the_run_in_front_of_it) {
  put(Space::history, keys::history("alive", 1) + "x", "");
  ASSERT_TRUE(harness.commit(Turn().go_on("alive", 4, 1, "state", 2)));
  EXPECT_TRUE(*harness.rows().get(Space::history, keys::history("alive", 1)));
  EXPECT_FALSE(*harness.rows().get(Space::history, keys::history("alive", 0)));
}

TEST_P(BadRows, dead_letters_that_make_no_sense_are_left_out) {
  ASSERT_TRUE(harness.commit(Turn().letters("alive", 4, {.added = {"a", "b"}})));
  const std::string sound = get(Space::dead_letters, keys::dead_letter({.workflow = "alive", .task = "a"}));
  put(Space::dead_letters, "alive", sound);
  put(Space::dead_letters, keys::prefix("alive") + "a", sound);
  put(Space::dead_letters, keys::dead_letter({.workflow = "alive", .task = "aa"}), "\xff");
  // Neither of the task nor of what undoes it: whoever asks for what follows would have it for ever.
  put(Space::dead_letters, keys::prefix("alive") + keys::prefix("ab") + '\x02', sound);
  for (const std::string workflow : {"", "alive"}) {
    std::vector<std::string> found;
    ASSERT_TRUE(store().scan_dead_letters(nullptr, workflow, [&](const DeadLetter& letter) {
      found.push_back(letter.id.task);
      return true;
    }));
    EXPECT_THAT(found, ElementsAre("a", "b"));
  }
  EXPECT_THAT(problems(), Contains("alive | dead_letters | one cannot be decoded"));
}

TEST_P(BadRows, policies_that_make_no_sense_are_left_out) {
  const StoredPolicy sound{.id = "sound", .kind = PolicyKind::retry, .versions = {{.config = "{}"}}};
  ASSERT_TRUE(harness.put(policy_record(sound)));
  put(Space::policies, "garbage", "\xff");
  put(Space::policies, "without versions", "");
  const auto policies = stored_policies(store());
  ASSERT_TRUE(policies) << describe(policies.error());
  ASSERT_EQ(policies->size(), 1U);
  EXPECT_EQ(policies->front().id, "sound");
  EXPECT_THAT(problems(), Contains(" | policies | policy \"garbage\" cannot be decoded"));
}

TEST_P(BadRows, records_beside_policies_that_make_no_sense_are_left_out) {
  const BreakerReport open{.state = BreakerState::open, .open_until = at(9)};
  ASSERT_TRUE(harness.put(breaker_record("sound", open)));
  ASSERT_TRUE(harness.put({.kind = RecordKind::audit, .key = "1", .value = "\xff"}));
  ASSERT_THAT(problems(), IsEmpty()) << "whoever writes a record of this kind may write what it likes";
  put(Space::policies, keys::records(RecordKind::breaker) + "garbage", "\xff");
  put(Space::policies, keys::records(RecordKind::breaker), encode(open));
  put(Space::policies, std::string("\0\x7f of a later version", 21), "");
  const auto breakers = stored_breakers(store());
  ASSERT_TRUE(breakers) << describe(breakers.error());
  ASSERT_EQ(breakers->size(), 1U);
  EXPECT_EQ(breakers->at("sound").state, BreakerState::open);
  EXPECT_THAT(*stored_policies(store()), IsEmpty());
  EXPECT_THAT(problems(), Contains(" | policies | the state of circuit breaker \"garbage\" cannot be decoded"));
  EXPECT_EQ(problems().size(), 3U) << "that, and two keys of no record";
}

TEST_P(BadRows, snapshots_that_make_no_sense_are_left_out) {
  const StoredSnapshot sound{
      .id = "s", .workflow = "alive", .created_at = at(1), .label = "", .state = state_of("alive", 1, "")};
  ASSERT_TRUE(harness.put(snapshot_record(sound)));
  put(Space::snapshots, snapshot_key("alive", "garbage"), "\xff");
  // One that names another would be restored into, and deleted from, that one.
  put(Space::snapshots, snapshot_key("alive", "other"), encode(sound));
  put(Space::snapshots, snapshot_key("one", "s"), encode(sound));
  const auto snapshots = stored_snapshots(store(), "alive");
  ASSERT_TRUE(snapshots) << describe(snapshots.error());
  ASSERT_EQ(snapshots->size(), 1U);
  EXPECT_EQ(snapshots->front().id, "s");
  EXPECT_THAT(*stored_snapshots(store(), "one"), IsEmpty());
  EXPECT_EQ(stored_snapshot(store(), "alive", "garbage").error().code, ErrorCode::corruption);
  EXPECT_EQ(stored_snapshot(store(), "alive", "other").error().code, ErrorCode::corruption);
  EXPECT_THAT(problems(), Contains(" | snapshots | one cannot be decoded"));
}

TEST_P(BadRows, a_checkpoint_that_is_too_short_is_that_workflows_damage) {
  put(Space::checkpoints, "alive", "short");
  EXPECT_EQ(store().read_workflow("alive").error().code, ErrorCode::corruption);
  EXPECT_TRUE(store().read_workflow("one"));
  EXPECT_THAT(problems(), Contains("alive | checkpoints | it cannot be decoded"));
}

// Histories are searched for the workflows that a damaged part of the list may have had.
class DamagedBlock : public ::testing::Test {
 protected:
  void put(Space space, const std::string& key) { batch_->put(space, key, ""); }
  // Where the live ones from `from` up to `to` are in the damaged block; no more than ten.
  std::vector<std::string> live(const std::string& from, const std::string& to) {
    EXPECT_TRUE(memory_->write(*batch_, Sync::no));
    const auto store = *RowStore::open(std::make_unique<DamagedRows>(std::move(memory_), Space::live, from, to),
                                       {.own_threads = false});
    std::vector<std::string> ids;
    EXPECT_TRUE(store->scan_live([](std::string_view) { return true; },
                                 [&](const Result<StoredWorkflow>& workflow) {
                                   ids.push_back(workflow ? workflow->id : "?");
                                   return ids.size() < 10;
                                 }));
    return ids;
  }

 private:
  std::unique_ptr<MemoryRows> memory_ = std::make_unique<MemoryRows>();
  std::unique_ptr<RowBatch> batch_ = memory_->new_batch();
};

TEST_F(DamagedBlock, is_passed_if_a_history_has_no_id) {
  for (const std::string id : {"a", "b"}) put(Space::live, id);
  for (const std::string id : {"", "a", "b"}) put(Space::history, keys::history(id, 0));
  EXPECT_THAT(live("", "b"), ElementsAre("a", "b"));
}

// It is not sought among the histories, where one in front of it comes next, and so on for ever.
TEST_F(DamagedBlock, is_passed_if_an_id_has_a_zero_byte) {
  for (const std::string& id : {std::string("a"), keys::history("b", 0), std::string("c")}) put(Space::live, id);
  for (const std::string id : {"a", "b", "c"}) put(Space::history, keys::history(id, 0));
  put(Space::history, keys::history("b", 1));
  put(Space::ended, "b");
  EXPECT_THAT(live("c", "d"), ElementsAre("a", "c"));
}

}  // namespace
}  // namespace pawl
