// The check finds each way in which rows can fail to fit together, and nothing in rows that do.
#include "persistence/data_check.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "persistence/keys.h"
#include "persistence/store_harness_test.h"

namespace pawl {
namespace {

using ::testing::IsEmpty;

class DataCheck : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(harness.put(definition_record(two_tasks()->hash(), to_canonical_json(*two_tasks()))));
    ASSERT_TRUE(harness.commit(Turn().create("alive").create("saved").create("over")));
    ASSERT_TRUE(harness.commit(Turn().go_on("alive", 1, 3).go_on("saved", 1, 3, "state")));
    ASSERT_TRUE(harness.commit(Turn().go_on("alive", 4, 3).go_on("saved", 4, 3)));
    ASSERT_TRUE(harness.commit(Turn().end("over", 1)));
    ASSERT_TRUE(harness.put(snapshot_record(
        {.id = "s", .workflow = "alive", .created_at = at(1), .label = "", .state = state_of("alive", 1, "")})));
    ASSERT_THAT(problems(), IsEmpty());
  }

  // Each as "workflow | where | what".
  std::vector<std::string> problems() {
    std::vector<std::string> found;
    for (const DataProblem& problem : check_rows(harness.rows()).problems)
      found.push_back(problem.workflow + " | " + problem.where + " | " + problem.what);
    return found;
  }
  void change(const std::function<void(RowBatch&)>& how) {
    const std::unique_ptr<RowBatch> batch = harness.rows().new_batch();
    how(*batch);
    ASSERT_TRUE(harness.rows().write(*batch, Sync::no));
  }
  void remove(Space space, const std::string& key) {
    change([&](RowBatch& batch) { batch.remove(space, key); });
  }
  void put(Space space, const std::string& key, const std::string& value) {
    change([&](RowBatch& batch) { batch.put(space, key, value); });
  }
  std::string get(Space space, const std::string& key) { return **harness.rows().get(space, key); }
  void expect(const std::string& problem) { EXPECT_THAT(problems(), ::testing::Contains(problem)); }

  StoreHarness harness{RowKind::memory};
};

TEST_F(DataCheck, counts_what_is_there) {
  const DataReport report = check_rows(harness.rows());
  EXPECT_EQ(report.definitions, 1U);
  EXPECT_EQ(report.live, 2U);
  EXPECT_EQ(report.ended, 1U);
  EXPECT_EQ(report.runs, 8U);
  EXPECT_EQ(report.events, 16U);
  EXPECT_EQ(report.checkpoints, 1U);
  EXPECT_EQ(report.snapshots, 1U);
  EXPECT_EQ(report.problem_count, 0U);
}

TEST_F(DataCheck, finds_missing_history) {
  remove(Space::history, keys::history("alive", 1));
  expect("alive | history, event 4 | those from 1 on are missing");
  remove(Space::history, keys::history("alive", 0));
  expect("alive | history, event 4 | those from 0 on are missing");
  remove(Space::history, keys::history("alive", 4));
  expect("alive | history | there is none");
}

TEST_F(DataCheck, needs_no_history_in_front_of_a_checkpoint) {
  remove(Space::history, keys::history("saved", 1));
  EXPECT_THAT(problems(), IsEmpty());
  remove(Space::history, keys::history("saved", 0));
  EXPECT_THAT(problems(), IsEmpty());
  remove(Space::checkpoints, "saved");
  expect("saved | history, event 4 | those from 0 on are missing");
}

TEST_F(DataCheck, finds_runs_that_overlap) {
  put(Space::history, keys::history("alive", 2), get(Space::history, keys::history("alive", 1)));
  expect("alive | history, event 2 | the run before reaches beyond it");
}

TEST_F(DataCheck, finds_a_checkpoint_in_the_middle_of_a_run) {
  put(Space::checkpoints, "alive", keys::big_endian(2) + state_of("alive", 2, ""));
  expect("alive | history, event 1 | it reaches beyond the checkpoint");
}

TEST_F(DataCheck, finds_what_cannot_be_decoded) {
  put(Space::history, keys::history("alive", 4), "\xff garbage");
  expect("alive | history, event 4 | it cannot be decoded");
  put(Space::history, std::string("alive\0short", 11), "");
  expect("alive | history | a key names no event");
  put(Space::history, "saved", "");
  expect("saved | history | a key names no event");
  put(Space::checkpoints, "alive", "short");
  expect("alive | checkpoints | it cannot be decoded");
  put(Space::live, "alive", "\xff garbage");
  expect("alive | live | the stored summary of \"alive\" is invalid");
  put(Space::snapshots, snapshot_key("alive", "s"), "\xff");
  expect(" | snapshots | one cannot be decoded");
  put(Space::meta, "owner/0000", "1");
  expect(" | meta | \"owner/0000\" is not a number");
  put(Space::by_state, "x", "");
  expect(" | by_state | a key names no workflow");
  put(Space::by_name, "x", "");
  expect(" | by_name | a row names no workflow");
}

// Older versions stored whatever bytes a handler gave them.
TEST_F(DataCheck, finds_stored_texts_that_are_not_json) {
  const std::string latin1 = "\"f\xFCr\"";
  stored::State state;
  ASSERT_TRUE(state.ParseFromString(state_of("saved", 4, "")));
  state.mutable_facts()->set_input(latin1);
  state.set_output(latin1);
  state.set_error(latin1);
  stored::TaskOutcome& outcome = *state.add_outcomes();
  outcome.set_task(1);
  outcome.set_json("[1,");
  put(Space::checkpoints, "saved", keys::big_endian(4) + state.SerializeAsString());
  expect("saved | checkpoints | the input is not valid JSON");
  expect("saved | checkpoints | the output is not valid JSON");
  expect("saved | checkpoints | the error is not valid JSON");
  expect("saved | checkpoints | the outcome of task number 1 is not valid JSON");

  ASSERT_TRUE(harness.put(snapshot_record(
      {.id = "bad", .workflow = "saved", .created_at = at(1), .label = "f\xFCr", .state = state.SerializeAsString()})));
  expect("saved | snapshots, bad | its label is not valid UTF-8");
  expect("saved | snapshots, bad | the outcome of task number 1 is not valid JSON");

  stored::Run run;
  run.add_events()->mutable_task_completed()->set_json(latin1);
  run.add_events()->mutable_task_failed()->set_json(latin1);
  run.add_events()->mutable_task_retry_scheduled()->set_error(latin1);
  run.add_events()->mutable_workflow_stopping()->set_error(latin1);
  run.add_events()->mutable_workflow_compensating()->set_error(latin1);
  run.add_events()->mutable_workflow_completed()->set_json(latin1);
  run.add_events()->mutable_workflow_failed()->set_json(latin1);
  run.add_events()->mutable_workflow_cancelled()->set_json(latin1);
  run.add_events()->mutable_dead_letter_discarded()->set_reason("f\xFCr");
  run.add_events()->mutable_workflow_restored()->set_state(state.SerializeAsString());
  put(Space::history, keys::history("alive", 7), run.SerializeAsString());
  for (const char* const what : {"7 | the result", "8 | the error", "9 | the error", "10 | the error", "11 | the error",
                                 "12 | the output", "13 | the error", "14 | the error", "16 | the output"})
    expect("alive | history, event " + std::string(what) + " is not valid JSON");
  expect("alive | history, event 15 | the reason is not valid UTF-8");

  stored::DeadLetter letter;
  letter.set_error(latin1);
  put(Space::dead_letters, keys::dead_letter({.workflow = "alive", .task = "a"}), letter.SerializeAsString());
  expect("alive | dead_letters | the error of task \"a\" is not valid JSON");
  stored::Policy policy;
  policy.add_versions()->set_config("{");
  policy.mutable_versions(0)->set_number(1);
  put(Space::policies, "p", policy.SerializeAsString());
  expect(" | policies, \"p\" | version 1 is not valid JSON");
  put(Space::definitions, std::string(32, 'd'), "{");
  EXPECT_THAT(problems(), ::testing::Contains(::testing::HasSubstr("| it is not valid JSON")));
}

// What a replay would refuse.
TEST_F(DataCheck, finds_events_that_cannot_be_read) {
  stored::Run run;
  run.add_events()->mutable_task_skipped()->set_reason(7);
  run.add_events();
  run.add_events()->mutable_workflow_redefined()->mutable_facts()->set_input("{");
  put(Space::history, keys::history("alive", 7), run.SerializeAsString());
  expect("alive | history, event 7 | stored bytes cannot be decoded: skip reason number 7");
  EXPECT_THAT(problems(),
              ::testing::Contains(::testing::HasSubstr("event 8 | stored bytes cannot be decoded: an event of")));
  EXPECT_THAT(problems(),
              ::testing::Contains(::testing::HasSubstr("event 9 | stored bytes cannot be decoded: the input")));
}

TEST_F(DataCheck, finds_a_history_that_does_not_begin_with_the_creation) {
  stored::Run run;
  run.add_events()->mutable_workflow_queued();
  put(Space::history, keys::history("over", 0), run.SerializeAsString());
  expect("over | history, event 0 | it is not the creation");
}

TEST_F(DataCheck, finds_what_belongs_to_another_workflow) {
  put(Space::history, keys::history("alive", 0), get(Space::history, keys::history("over", 0)));
  expect("alive | history, event 0 | it is that of workflow \"over\"");
}

TEST_F(DataCheck, finds_history_without_a_workflow) {
  remove(Space::live, "alive");
  expect("alive | live, ended | there is history of it, but no workflow");
  expect("alive | snapshots, s | it is of a workflow that does not exist");
}

TEST_F(DataCheck, finds_a_missing_definition) {
  remove(Space::definitions, to_stored_hash(two_tasks()->hash()));
  expect("over | ended | definition " + two_tasks()->hash() + " is missing");
  expect("over | history, event 0 | definition " + two_tasks()->hash() + " is missing");
  expect("saved | checkpoints | definition " + two_tasks()->hash() + " is missing");
  expect("alive | snapshots, s | definition " + two_tasks()->hash() + " is missing");
}

TEST_F(DataCheck, finds_an_ended_workflow_that_is_not_indexed) {
  remove(Space::by_state, keys::by_state(WorkflowState::completed, at(0), "over"));
  expect("over | by_state | it is not found by its state");
  remove(Space::by_name, keys::by_name("w", at(0), "over"));
  expect("over | by_name | it is not found by its name");
}

TEST_F(DataCheck, finds_indexes_of_nothing) {
  put(Space::by_state, keys::by_state(WorkflowState::failed, at(0), "over"), keys::sortable(at(0)));
  expect("over | by_state | it says something else than the workflow");
  put(Space::by_name, keys::by_name("other", at(0), "over"), get(Space::by_name, keys::by_name("w", at(0), "over")));
  expect("over | by_name | it says something else than the workflow");
  put(Space::by_state, keys::by_state(WorkflowState::failed, at(0), "alive"), keys::sortable(at(0)));
  expect("alive | by_state | there is no such ended workflow");
}

TEST_F(DataCheck, finds_a_workflow_that_lives_and_has_ended) {
  put(Space::live, "over", get(Space::live, "alive"));
  expect("over | live, ended | it is listed as alive and as ended");
  put(Space::live, "alive", get(Space::ended, "over"));
  expect("alive | live | its state is completed");
}

TEST_F(DataCheck, finds_a_format_that_is_missing_or_too_new) {
  put(Space::meta, "format", keys::big_endian(kStorageFormat + 1));
  expect(" | meta | storage format 4 is newer than this version of Pawl");
  remove(Space::meta, "format");
  expect(" | meta | the storage format is not recorded");
}

TEST_F(DataCheck, reports_a_thousand_problems_and_counts_all) {
  Turn turn;
  for (int i = 0; i < 1500; ++i) turn.create("w" + std::to_string(i));
  ASSERT_TRUE(harness.commit(turn));
  change([](RowBatch& batch) { batch.remove_range(Space::live, "w", "x"); });
  const DataReport report = check_rows(harness.rows());
  EXPECT_EQ(report.problems.size(), 1000U);
  EXPECT_EQ(report.problem_count, 1500U);
}

}  // namespace
}  // namespace pawl
