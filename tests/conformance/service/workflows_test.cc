// What the orchestrator's operations do, and what they refuse.
#include "tests/conformance/service/fixture.h"

namespace pawl::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ServiceWorkflows : public ServiceTest {};
INSTANTIATE_TEST_SUITE_P(Services, ServiceWorkflows, ::testing::ValuesIn(service_kinds()), name_of);

TEST_P(ServiceWorkflows, are_created_executed_and_end) {
  const std::string id = create({task("a"), task("b", {"a"})}, "w");
  EXPECT_EQ(id, "w");
  EXPECT_EQ(state_of(id), WorkflowState::pending);
  ASSERT_TRUE(ask(request::ExecuteWorkflow{.id = id}));
  const Result<WorkflowReport> report = ask(request::WaitWorkflow{.id = id});
  ASSERT_TRUE(report) << describe(report.error());
  EXPECT_EQ(report->status.state, WorkflowState::completed);
  EXPECT_EQ(ask(request::GetWorkflow{.id = id}).value().status.tasks_completed, 2U);
  EXPECT_EQ(refusal(request::ExecuteWorkflow{.id = id}), ErrorCode::invalid_state);
}

TEST_P(ServiceWorkflows, are_started_in_one_step) {
  const std::string id = run();
  EXPECT_EQ(state_of(id), WorkflowState::completed);
  EXPECT_EQ(refusal(request::StartWorkflow{}), ErrorCode::invalid_argument) << "the definition is null";
  EXPECT_EQ(refusal(request::StartWorkflow{.definition = workflow({}), .options = {}}), ErrorCode::invalid_argument);
  EXPECT_EQ(refusal(request::StartWorkflow{.definition = workflow({task("a")}), .options = {.id = id}}),
            ErrorCode::already_exists);
  request::StartWorkflow attach{.definition = workflow({task("a")}), .options = {.id = id}};
  attach.options.if_exists = IfExists::attach;
  EXPECT_EQ(ask(attach).value(), id);
  EXPECT_EQ(ask(attach).value(), id);
}

TEST_P(ServiceWorkflows, are_paused_and_resumed) {
  const std::string id = create();
  EXPECT_EQ(refusal(request::PauseWorkflow{.id = id}), ErrorCode::invalid_state);
  TaskSpec sleep = task("a", {}, "sleep");
  sleep.args = args("1h");
  const std::string running = *ask(request::StartWorkflow{.definition = workflow({sleep}), .options = {}});
  ASSERT_TRUE(ask(request::PauseWorkflow{.id = running}));
  EXPECT_EQ(state_of(running), WorkflowState::paused);
  ASSERT_TRUE(ask(request::ResumeWorkflow{.id = running}));
  EXPECT_EQ(state_of(running), WorkflowState::running);
  EXPECT_EQ(ask(request::ExplainWorkflow{.id = id}).value().front().code, "not_started");
}

TEST_P(ServiceWorkflows, are_cancelled_and_failed) {
  const std::string cancelled = create();
  request::CancelWorkflow cancel{.id = cancelled, .options = {.reason = "enough"}};
  cancel.options.grace = Duration(-1);
  EXPECT_EQ(refusal(cancel), ErrorCode::invalid_argument);
  cancel.options.grace = Duration(0);
  ASSERT_TRUE(ask(cancel));
  EXPECT_EQ(ask(request::WaitWorkflow{.id = cancelled}).value().status.state, WorkflowState::cancelled);
  EXPECT_EQ(refusal(cancel), ErrorCode::invalid_state);
  TaskSpec sleep = task("a", {}, "sleep");
  sleep.args = args("1h");
  const std::string failed = *ask(request::StartWorkflow{.definition = workflow({sleep}), .options = {}});
  ASSERT_TRUE(ask(request::FailWorkflow{.id = failed, .reason = "no more"}));
  EXPECT_EQ(ask(request::WaitWorkflow{.id = failed}).value().status.state, WorkflowState::failed);
  EXPECT_EQ(refusal(request::FailWorkflow{.id = failed}), ErrorCode::invalid_state);
}

TEST_P(ServiceWorkflows, are_retried_and_run_again) {
  const std::string failed = run({failing("a")});
  EXPECT_EQ(state_of(failed), WorkflowState::failed);
  ASSERT_TRUE(ask(request::RetryWorkflow{.id = failed}));
  EXPECT_EQ(ask(request::WaitWorkflow{.id = failed}).value().tasks.front().attempt, 2U);
  const std::string done = run({task("a"), task("b", {"a"})});
  EXPECT_EQ(refusal(request::RetryWorkflow{.id = done}), ErrorCode::invalid_state);
  EXPECT_EQ(refusal(request::RerunWorkflow{.id = done, .from = "c"}), ErrorCode::not_found);
  ASSERT_TRUE(ask(request::RerunWorkflow{.id = done, .from = "b"}));
  EXPECT_EQ(ask(request::WaitWorkflow{.id = done}).value().tasks.back().attempt, 2U);
}

TEST_P(ServiceWorkflows, change_their_tasks_while_they_are_pending) {
  const std::string id = create({task("a"), task("b")});
  ASSERT_TRUE(ask(request::AddTask{.id = id, .task = task("c", {"a"})}));
  EXPECT_EQ(refusal(request::AddTask{.id = id, .task = task("c")}), ErrorCode::invalid_argument);
  ASSERT_TRUE(ask(request::RemoveTask{.id = id, .task = "b"}));
  EXPECT_EQ(refusal(request::RemoveTask{.id = id, .task = "b"}), ErrorCode::not_found);
  EXPECT_EQ(refusal(request::SkipTask{.id = id, .task = "b"}), ErrorCode::not_found);
  EXPECT_EQ(ask(request::GetWorkflow{.id = id}).value().status.tasks_total, 2U);
  const std::string done = run();
  EXPECT_EQ(refusal(request::AddTask{.id = done, .task = task("c")}), ErrorCode::invalid_state);
  EXPECT_EQ(refusal(request::RemoveTask{.id = done, .task = "a"}), ErrorCode::invalid_argument);
  EXPECT_EQ(refusal(request::SkipTask{.id = done, .task = "a"}), ErrorCode::invalid_state);
}

TEST_P(ServiceWorkflows, skip_a_task) {
  TaskSpec sleep = task("a", {}, "sleep");
  sleep.args = args("1h");
  const std::string id = *ask(request::StartWorkflow{.definition = workflow({sleep, task("b", {"a"})}), .options = {}});
  ASSERT_TRUE(ask(request::SkipTask{.id = id, .task = "b"}));
  EXPECT_EQ(ask(request::GetWorkflow{.id = id}).value().tasks[1].state, TaskState::skipped);
}

TEST_P(ServiceWorkflows, are_listed_the_newest_first) {
  const std::string first = create({task("a")}, "first");
  const std::string second = create({task("a")}, "second");
  const std::string ended = run();
  Result<std::vector<WorkflowStatus>> listed = ask(request::ListWorkflows{});
  ASSERT_TRUE(listed);
  EXPECT_THAT(*listed, SizeIs(3));
  listed = ask(request::ListWorkflows{.options = {.state = WorkflowState::completed}});
  ASSERT_THAT(*listed, SizeIs(1));
  EXPECT_EQ(listed->front().id, ended);
  EXPECT_THAT(*ask(request::ListWorkflows{.options = {.limit = 2}}), SizeIs(2));
  EXPECT_EQ(refusal(request::ListWorkflows{.options = {.state = static_cast<WorkflowState>(99)}}),
            ErrorCode::invalid_argument);
  EXPECT_THAT(*ask(request::ListQuarantined{}), IsEmpty());
}

TEST_P(ServiceWorkflows, are_deleted_when_they_have_ended) {
  const std::string pending = create();
  EXPECT_EQ(refusal(request::DeleteWorkflow{.id = pending}), ErrorCode::invalid_state);
  const std::string id = run();
  ASSERT_TRUE(ask(request::DeleteWorkflow{.id = id}));
  EXPECT_EQ(refusal(request::DeleteWorkflow{.id = id}), ErrorCode::not_found);
  EXPECT_EQ(refusal(request::GetWorkflow{.id = id}), ErrorCode::not_found);
}

TEST_P(ServiceWorkflows, have_histories_and_forks_where_they_are_stored) {
  const std::string id = run({task("a"), task("b", {"a"})});
  if (!is_persistent()) {
    EXPECT_EQ(refusal(request::GetHistory{.id = id}), ErrorCode::invalid_state);
    EXPECT_EQ(refusal(request::ForkWorkflow{.id = id, .options = {.task = "b"}}), ErrorCode::invalid_state);
    return;
  }
  const Result<std::vector<HistoryEvent>> history = ask(request::GetHistory{.id = id});
  ASSERT_TRUE(history);
  EXPECT_EQ(history->front().event.type, "workflow_created");
  EXPECT_EQ(history->back().event.type, "workflow_completed");
  const Result<std::vector<HistoryEvent>> page = ask(request::GetHistory{.id = id, .options = {.from = 2, .limit = 1}});
  ASSERT_THAT(*page, SizeIs(1));
  EXPECT_EQ(page->front().number, 2U);
  EXPECT_EQ(page->front().event.task, (*history)[2].event.task);
  EXPECT_EQ(refusal(request::GetHistory{.id = "none"}), ErrorCode::not_found);

  EXPECT_EQ(refusal(request::ForkWorkflow{.id = id}), ErrorCode::invalid_argument) << "from where?";
  const Result<std::string> fork = ask(request::ForkWorkflow{.id = id, .options = {.id = "fork", .task = "b"}});
  ASSERT_TRUE(fork) << describe(fork.error());
  EXPECT_EQ(ask(request::WaitWorkflow{.id = *fork}).value().status.state, WorkflowState::completed);
  EXPECT_EQ(refusal(request::ForkWorkflow{.id = id, .options = {.id = "fork", .task = "b"}}),
            ErrorCode::already_exists);
  EXPECT_EQ(refusal(request::ForkWorkflow{.id = "none", .options = {.task = "b"}}), ErrorCode::not_found);
}

TEST_P(ServiceWorkflows, run_on_executors) {
  ASSERT_TRUE(ask(request::RegisterExecutor{.name = "more", .max_workflows = 3}));
  EXPECT_EQ(refusal(request::RegisterExecutor{.name = "more", .max_workflows = 3}), ErrorCode::already_exists);
  EXPECT_EQ(refusal(request::RegisterExecutor{.name = "", .max_workflows = 3}), ErrorCode::invalid_argument);
  EXPECT_EQ(ask(request::ListExecutors{}).value().size(), 2U);
  ASSERT_TRUE(ask(request::UnregisterExecutor{.name = "more"}));
  EXPECT_EQ(refusal(request::UnregisterExecutor{.name = "more"}), ErrorCode::not_found);
  EXPECT_TRUE(ask(request::Metrics{}).value().healthy);
}

// Every operation of one workflow refuses one that there is not, and an id that is none.
TEST_P(ServiceWorkflows, that_are_unknown_are_not_found) {
  const auto expect = [&](auto request) {
    request.id = "none";
    EXPECT_EQ(refusal(request), ErrorCode::not_found) << request.kOperation;
    request.id = "";
    EXPECT_EQ(refusal(request), ErrorCode::invalid_argument) << request.kOperation;
  };
  expect(request::ExecuteWorkflow{});
  expect(request::PauseWorkflow{});
  expect(request::ResumeWorkflow{});
  expect(request::CancelWorkflow{});
  expect(request::FailWorkflow{});
  expect(request::RetryWorkflow{});
  expect(request::RerunWorkflow{.from = "a"});
  expect(request::SkipTask{.task = "a"});
  expect(request::AddTask{.task = task("a")});
  expect(request::RemoveTask{.task = "a"});
  expect(request::GetWorkflowStatus{});
  expect(request::GetWorkflow{});
  expect(request::WaitWorkflow{});
  expect(request::ExplainWorkflow{});
  expect(request::DeleteWorkflow{});
  if (is_persistent()) expect(request::GetHistory{});
  if (is_persistent()) expect(request::SaveWorkflow{});
  expect(request::LoadWorkflow{});
}

}  // namespace
}  // namespace pawl::testing
