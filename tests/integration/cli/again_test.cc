// The verbs that make an ended workflow go on, or undo it: retry, rerun, compensate, fork, cancel --compensate, and
// what `pawl saga` tells of it.
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/durable_cli_test.h"

namespace pawl::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Its last step fails until there is a file "go"; the hotel cannot be undone while there is a file "full".
constexpr const char* kTrip =
    "name: trip\ntasks:\n"
    "  flight: {run: 'echo flight >> done', compensation: {run: 'echo no-flight >> done'}}\n"
    "  hotel: {run: 'echo hotel >> done', dependencies: [flight],"
    " compensation: {run: 'echo no-hotel >> done; test ! -e full'}}\n"
    "  car: {run: 'echo car >> done; test -e go', dependencies: [hotel]}\n";
// The same without undoing by itself.
const std::string kOneWay = std::string("saga: false\n") + kTrip;

class CliAgain : public DurableCliTest {
 protected:
  // Runs it to its end; what was done begins anew.
  void run_trip(const std::string& id, const std::string& definition, int exit_code) const {
    EXPECT_EQ(on_data({"run", flow(definition), "--id", id}).exit_code, exit_code);
    forget_done();
  }
  void complete_trip(const std::string& id) const {
    let_go();
    run_trip(id, kTrip, 0);
  }
  void forget_done() const { std::filesystem::remove(folder_.path() / "done"); }

  // The workflow as the verb prints it when it has ended.
  Json ended(std::vector<std::string> arguments, int exit_code) const {
    arguments.insert(arguments.end(), {"--output", "json"});
    const ProcessResult result = on_data(std::move(arguments));
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    return report_of(result);
  }
};

TEST_F(CliAgain, retry_runs_what_did_not_complete) {
  run_trip("one", kOneWay, 1);
  let_go();
  const ProcessResult retried = on_data({"retry", "one"});
  EXPECT_EQ(retried.exit_code, 0) << retried.err;
  EXPECT_THAT(retried.out, AllOf(HasSubstr(" car started (attempt 2)\n"), HasSubstr("3 of 3 tasks completed (one)")));
  EXPECT_EQ(done(), "car");
  expect_error({"retry", "one"}, 1, "cannot retry workflow one: it has completed; rerun it from a task");
}

TEST_F(CliAgain, retry_does_again_what_was_undone) {
  run_trip("one", kTrip, 1);
  let_go();
  const Json report = ended({"retry", "one"}, 0);
  EXPECT_EQ(report.at("state"), "completed");
  EXPECT_EQ(report.at("compensation"), "none");
  EXPECT_EQ(done(), "flight hotel car");
}

TEST_F(CliAgain, rerun_runs_a_task_and_all_that_depends_on_it) {
  complete_trip("one");
  const Json report = ended({"rerun", "one", "--from", "hotel"}, 0);
  EXPECT_EQ(done(), "hotel car");
  EXPECT_EQ(report.at("tasks").at("flight").at("attempt"), 1);
  EXPECT_EQ(report.at("tasks").at("hotel").at("attempt"), 2);
  EXPECT_THAT(on_data({"history", "one"}).out, HasSubstr("reopened: it runs again from a task"));
}

TEST_F(CliAgain, what_there_is_not_is_refused) {
  complete_trip("monday");
  for (const std::vector<std::string>& verb :
       {std::vector<std::string>{"retry"}, {"rerun", "--from", "car"}, {"compensate"}, {"fork", "--at", "2"}}) {
    std::vector<std::string> arguments = verb;
    arguments.insert(arguments.begin() + 1, "mondey");
    expect_error(arguments, 2, "there is no workflow \"mondey\" (did you mean \"monday\"?)");
  }
  expect_error({"rerun", "monday", "--from", "bus"}, 2, "workflow \"monday\" has no task \"bus\"");
  expect_error({"rerun", "monday"}, 2, "rerun: --from is missing; see pawl rerun --help");
  expect_error({"compensate", "monday", "bus"}, 2, "workflow \"monday\" has no task \"bus\"");
  expect_error({"compensate", "monday", "car"}, 2, "task \"car\" has no compensation; register one");
  expect_refused({"retry", "monday", "--data-dir", "none"}, "there is no data directory none");
  EXPECT_EQ(done(), "");
}

TEST_F(CliAgain, one_that_has_not_ended_is_to_be_resumed) {
  interrupt_three("one", SIGTERM);
  const std::string resume = "; pawl resume one --data-dir " + data() + " continues it";
  expect_error({"retry", "one"}, 1, "cannot retry workflow one: it is running; wait for its end" + resume);
  expect_error({"rerun", "one", "--from", "first"}, 1,
               "cannot rerun workflow one: it is running; wait for its end" + resume);
  expect_error({"compensate", "one"}, 1, "cannot compensate the workflow: workflow one is running" + resume);
}

TEST_F(CliAgain, a_retry_that_was_ended_by_a_signal_is_resumed) {
  const std::string file = flow(
      "name: w\ntasks:\n  a: {run: 'echo a >> done; test -e again || exit 1; while [ ! -e go ]; do echo waiting; "
      "sleep 0.01; done'}\n");
  EXPECT_EQ(on_data({"run", file, "--id", "one"}).exit_code, 1);
  folder_.write("again", "");
  RunningProgram program({PAWL_BINARY, "retry", "one", "--data-dir", data()}, {.cwd = folder_.path(), .terminal = {}});
  ASSERT_TRUE(program.wait_for("| waiting"));
  program.signal(SIGTERM);
  const ProcessResult stopped = program.end();
  EXPECT_EQ(stopped.exit_code, 4);
  EXPECT_THAT(stopped.err, HasSubstr("nothing is lost: pawl resume one --data-dir"));
  let_go();
  EXPECT_EQ(on_data({"resume", "one"}).exit_code, 0);
  EXPECT_EQ(done(), "a a a");
}

TEST_F(CliAgain, other_workflows_of_the_directory_stay_as_they_are) {
  interrupt_three("open", SIGTERM);
  complete_trip("one");
  EXPECT_EQ(on_data({"rerun", "one", "--from", "car"}).exit_code, 0);
  EXPECT_EQ(state_of("open"), "running");
}

class CliCompensate : public CliAgain {};

TEST_F(CliCompensate, undoes_the_latest_first) {
  complete_trip("one");
  const Json report = ended({"compensate", "one"}, 0);
  EXPECT_EQ(done(), "no-hotel no-flight");
  EXPECT_EQ(report.at("state"), "completed");
  EXPECT_EQ(report.at("compensation"), "completed");
  EXPECT_EQ(report.at("tasks_compensated"), 2);
  EXPECT_EQ(report.at("tasks").at("hotel").at("state"), "compensated");
  EXPECT_EQ(report.at("compensations").at("hotel").at("state"), "completed");
  expect_error({"compensate", "one"}, 1,
               "cannot compensate workflow one: no task with a compensation has completed, or all have been undone");
}

TEST_F(CliCompensate, undoes_those_that_are_named) {
  complete_trip("one");
  EXPECT_EQ(ended({"compensate", "one", "flight"}, 0).at("tasks_compensated"), 1);
  EXPECT_EQ(done(), "no-flight");
  expect_error({"compensate", "one", "flight"}, 1,
               "cannot compensate task \"flight\": it has already been compensated");
}

TEST_F(CliCompensate, leaves_the_workflow_what_it_was) {
  run_trip("one", kOneWay, 1);
  const Json report = ended({"compensate", "one"}, 0);
  EXPECT_EQ(report.at("state"), "failed");
  EXPECT_EQ(report.at("compensation"), "completed");
  EXPECT_EQ(done(), "no-hotel no-flight");
}

TEST_F(CliCompensate, that_fails_is_a_dead_letter_and_stops_no_other) {
  complete_trip("one");
  folder_.write("full", "");
  const ProcessResult result = on_data({"compensate", "one"});
  EXPECT_EQ(result.exit_code, 1) << "though the workflow has completed";
  EXPECT_THAT(result.out, HasSubstr("the compensation of hotel failed after 1 attempt"));
  EXPECT_EQ(done(), "no-hotel no-flight");
  EXPECT_THAT(on_data({"dead-letter", "list"}).out, HasSubstr("one       hotel (compensation)  trip"));
  EXPECT_EQ(report_of(on_data({"dead-letter", "get", "one", "hotel", "--compensation", "--output", "json"}))
                .at("compensation"),
            true);
  std::filesystem::remove(folder_.path() / "full");
  EXPECT_EQ(on_data({"dead-letter", "redrive", "one", "hotel", "--compensation"}).exit_code, 0);
  EXPECT_EQ(done(), "no-hotel no-flight no-hotel");
  EXPECT_EQ(on_data({"dead-letter", "redrive", "one", "hotel", "--compensation"}).exit_code, 0) << "again";
  EXPECT_EQ(done(), "no-hotel no-flight no-hotel");
}

TEST_F(CliCompensate, cancel_can_undo_first) {
  const std::string file = flow(
      "name: w\ntasks:\n  a: {run: 'echo a >> done', compensation: {run: 'echo no-a >> done'}}\n"
      "  b: {run: 'echo waiting; while [ ! -e go ]; do sleep 0.01; done', dependencies: [a]}\n");
  for (const std::string id : {"one", "two"}) {
    RunningProgram program({PAWL_BINARY, "run", file, "--data-dir", data(), "--id", id},
                           {.cwd = folder_.path(), .terminal = {}});
    ASSERT_TRUE(program.wait_for("| waiting"));
    program.signal(SIGTERM);
    program.end();
  }
  EXPECT_EQ(on_data({"cancel", "two"}).out, "two: cancelled\n");
  EXPECT_EQ(done(), "a a") << "undone only if that is asked for";
  const Json report = ended({"cancel", "one", "--compensate", "--reason", "enough"}, 0);
  EXPECT_EQ(report.at("state"), "cancelled");
  EXPECT_EQ(report.at("error").at("message"), "enough");
  EXPECT_EQ(report.at("tasks").at("a").at("state"), "compensated");
  EXPECT_EQ(report.at("tasks").at("b").at("state"), "cancelled");
  EXPECT_EQ(done(), "a a no-a");
  expect_error({"cancel", "one", "--compensate"}, 1, "cannot cancel the workflow: workflow one is cancelled");
}

TEST_F(CliCompensate, that_is_interrupted_is_gone_on_with) {
  const std::string file = flow(
      "name: w\ntasks:\n  a:\n    run: echo a >> done\n"
      "    compensation: {run: 'echo waiting; while [ ! -e go ]; do sleep 0.01; done; echo no-a >> done'}\n");
  EXPECT_EQ(on_data({"run", file, "--id", "one"}).exit_code, 0);
  RunningProgram program({PAWL_BINARY, "compensate", "one", "--data-dir", data()},
                         {.cwd = folder_.path(), .terminal = {}});
  ASSERT_TRUE(program.wait_for("| waiting"));
  program.signal(SIGINT);
  const ProcessResult stopped = program.end();
  EXPECT_EQ(stopped.exit_code, 4) << "what is being undone is not cancelled";
  EXPECT_THAT(stopped.err, HasSubstr("ended by SIGINT; nothing is lost: pawl resume one --data-dir"));
  EXPECT_THAT(on_data({"list"}).out, HasSubstr("running (compensating)"));
  EXPECT_THAT(on_data({"show", "one"}).out,
              AllOf(HasSubstr("  workflow: it is compensating, with 1 to go"), HasSubstr("  the compensation of a: ")));
  let_go();
  EXPECT_EQ(on_data({"resume", "one"}).exit_code, 0);
  EXPECT_EQ(done(), "a no-a");
}

class CliFork : public CliAgain {};

TEST_F(CliFork, goes_on_from_an_event_or_before_a_task) {
  complete_trip("one");
  const ProcessResult human = on_data({"fork", "one", "--at-task", "hotel", "--new-id", "two"});
  EXPECT_EQ(human.exit_code, 0) << human.err;
  EXPECT_THAT(human.out, HasSubstr("3 of 3 tasks completed (two)"));
  EXPECT_EQ(done(), "hotel car");
  EXPECT_EQ(ended({"show", "one"}, 0).at("tasks").at("hotel").at("attempt"), 1) << "the old one stays as it is";
  forget_done();
  const Json fork = ended({"fork", "one", "--at", "1"}, 0);
  EXPECT_EQ(done(), "flight hotel car") << "from before its start";
  EXPECT_NE(fork.at("id"), "one");
  EXPECT_EQ(state_of(std::string(fork.at("id").as_string())), "completed");
}

TEST_F(CliFork, takes_a_task_whose_id_is_a_number_for_a_task) {
  const std::string file =
      flow("name: x\ntasks:\n  '1': {run: 'echo 1 >> done'}\n  '2': {run: 'echo 2 >> done', dependencies: ['1']}\n");
  EXPECT_EQ(on_data({"run", file, "--id", "one"}).exit_code, 0);
  forget_done();
  EXPECT_EQ(on_data({"fork", "one", "--at-task", "2"}).exit_code, 0);
  EXPECT_EQ(done(), "2");
  forget_done();
  EXPECT_EQ(on_data({"fork", "one", "--at", "2"}).exit_code, 0) << "before the first task started";
  EXPECT_EQ(done(), "1 2");
}

TEST_F(CliFork, needs_a_place_that_there_is) {
  complete_trip("one");
  const std::string help = "; see pawl fork --help";
  expect_error({"fork", "one"}, 2, "fork: the point to fork from is missing: --at or --at-task" + help);
  expect_error({"fork", "one", "--at", "2", "--at-task", "car"}, 2,
               "fork: --at and --at-task exclude each other; leave one out" + help);
  expect_error({"fork", "one", "--at", "x"}, 2,
               "fork: --at: \"x\" is not an integer from 0 to 9223372036854775807" + help);
  expect_error({"fork", "one", "--at-task", ""}, 2, "fork: --at-task: is empty" + help);
  expect_error({"fork", "one", "--at", "0"}, 2,
               "--at: before event 0, the creation, there is nothing to continue from");
  expect_error({"fork", "one", "--at", "99"}, 2, "workflow \"one\" has had 9 events, the last one is number 8");
  expect_error({"fork", "one", "--at", "9"}, 1,
               "workflow \"one\" had ended by then; fork it at an earlier event, or rerun it from a task");
  expect_error({"fork", "one", "--at-task", "bus"}, 2, "no attempt of a task \"bus\" was made in workflow \"one\"");
  expect_error({"fork", "one", "--at", "2", "--new-id", "one"}, 2, "workflow \"one\" already exists");
  expect_error({"fork", "one", "--at", "2", "--new-id", ""}, 2, "--new-id: must not be empty");
  EXPECT_EQ(done(), "");
}

class CliSaga : public CliAgain {};

TEST_F(CliSaga, tells_what_was_done_and_undone) {
  run_trip("one", kTrip, 1);
  EXPECT_EQ(on_data({"run", flow("name: plain\ntasks: {a: {run: 'true'}}\n"), "--id", "plain"}).exit_code, 0);
  EXPECT_EQ(to_json_text(report_of(on_data({"saga", "list", "--output", "json"}))),
            R"([{"id":"one","name":"trip","state":"failed","compensation":"completed","steps":3,"steps_completed":0,)"
            R"("steps_compensated":2}])")
      << "only what can be undone";
  EXPECT_EQ(report_of(on_data({"saga", "show", "one", "--output", "json"})).at("steps_compensated"), 2);
  EXPECT_THAT(on_data({"saga", "show", "one"}).out,
              StartsWith("ID   NAME  STATE   STEPS  COMPLETED  UNDONE  COMPENSATION\n"
                         "one  trip  failed  3      0          2       completed\n"));
  const Json log = report_of(on_data({"saga", "log", "one", "--output", "json"}));
  std::vector<std::string> told;
  for (const Json& entry : log.as_array())
    told.push_back((entry.at("compensation").as_bool() ? "no-" : "") + std::string(entry.at("task").as_string()) + " " +
                   std::string(entry.at("state").as_string()));
  EXPECT_THAT(told, ElementsAre("flight compensated", "hotel compensated", "car failed", "no-hotel completed",
                                "no-flight completed"));
  EXPECT_EQ(log.at(2).at("error").at("code"), "exit_code");
  EXPECT_EQ(log.at(3).at("action"), "exec.shell");
  EXPECT_EQ(log.at(3).at("attempts"), 1);
}

TEST_F(CliSaga, is_registered_afterwards) {
  complete_trip("one");
  EXPECT_EQ(on_data({"saga", "register", "one", "car", R"({"run": "echo no-car >> done"})"}).out,
            "car of one: undone by exec.shell\n");
  EXPECT_EQ(on_data({"compensate", "one", "car"}).exit_code, 0);
  EXPECT_EQ(done(), "no-car");
  expect_error({"saga", "register", "one", "bus", R"({"run": "true"})"}, 2, "workflow \"one\" has no task \"bus\"");
  expect_error({"saga", "register", "one", "car", R"({"runs": "true"})"}, 2,
               "COMPENSATION: runs: is not a known field (did you mean \"run\"?)");
  expect_error({"saga", "register", "one", "car", "[]"}, 2, "COMPENSATION: must be a JSON object");
  expect_error({"saga", "register", "one", "car", R"({"module": "car", "function": "cancel"})"}, 2,
               "tasks.car.compensation.module: unknown module \"car\"");
}

TEST_F(CliSaga, is_told_as_far_as_there_are_any) {
  EXPECT_EQ(on_data({"run", flow("name: plain\ntasks: {a: {run: 'true'}}\n"), "--id", "plain"}).exit_code, 0);
  EXPECT_EQ(on_data({"saga", "list"}).err, "pawl: there are no sagas in " + data() + "\n");
  EXPECT_EQ(on_data({"saga", "list", "--output", "json"}).out, "[]\n");
  for (const std::string verb : {"show", "log"})
    expect_error({"saga", verb, "plan"}, 2, "there is no workflow \"plan\" (did you mean \"plain\"?)");
  expect_refused({"saga"}, "saga: a verb is missing: list, show, log, register; see pawl saga --help");
}

}  // namespace
}  // namespace pawl::testing
