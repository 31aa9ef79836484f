// What Compensations' operations do, and what they refuse.
#include "tests/conformance/service/fixture.h"

namespace pawl::testing {
namespace {

using ::testing::SizeIs;

class ServiceCompensations : public ServiceTest {};
INSTANTIATE_TEST_SUITE_P(Services, ServiceCompensations, ::testing::ValuesIn(service_kinds()), name_of);

TEST_P(ServiceCompensations, undo_what_a_workflow_has_done) {
  const std::string id = run({task("a"), undoable("b", {"a"})});
  EXPECT_EQ(refusal(request::ExecuteCompensation{.workflow = id, .task = "a"}), ErrorCode::invalid_argument);
  EXPECT_EQ(refusal(request::CompensateWorkflow{.workflow = id, .tasks = {"c"}}), ErrorCode::not_found);
  const Compensation undo{.module = "test", .function = "noop"};
  for (int i = 0; i < 2; ++i)
    ASSERT_TRUE(ask(request::RegisterCompensation{.workflow = id, .task = "a", .action = undo})) << "may be repeated";
  EXPECT_EQ(refusal(request::RegisterCompensation{.workflow = id, .task = "c", .action = undo}), ErrorCode::not_found);
  ASSERT_TRUE(ask(request::ExecuteCompensation{.workflow = id, .task = "b"}));
  EXPECT_EQ(ask(request::WaitWorkflow{.id = id}).value().status.tasks_compensated, 1U);
  ASSERT_TRUE(ask(request::CompensateWorkflow{.workflow = id}));
  EXPECT_EQ(ask(request::WaitWorkflow{.id = id}).value().status.tasks_compensated, 2U);
  EXPECT_THAT(*ask(request::GetLog{.workflow = id}), SizeIs(4));
}

TEST_P(ServiceCompensations, have_sagas) {
  EXPECT_EQ(refusal(request::StartSaga{.name = "s", .steps = {task("a"), task("b", {"a"})}}),
            ErrorCode::invalid_argument);
  const std::string id = *ask(request::CreateSaga{.name = "s", .steps = {undoable("a")}});
  ASSERT_TRUE(ask(request::AddStep{.saga = id, .step = undoable("b")}));
  EXPECT_EQ(refusal(request::AddStep{.saga = id, .step = undoable("c", {"a"})}), ErrorCode::invalid_argument);
  EXPECT_EQ(ask(request::GetSaga{.saga = id}).value().state, SagaState::pending);
  ASSERT_TRUE(ask(request::ExecuteSaga{.saga = id}));
  EXPECT_EQ(refusal(request::ExecuteSaga{.saga = id}), ErrorCode::invalid_state);
  ASSERT_TRUE(ask(request::WaitWorkflow{.id = id}));
  EXPECT_EQ(ask(request::GetSaga{.saga = id}).value().steps_completed, 2U);
  ASSERT_TRUE(ask(request::RollBack{.saga = id}));
  ASSERT_TRUE(ask(request::WaitWorkflow{.id = id}));
  EXPECT_EQ(ask(request::GetSaga{.saga = id}).value().steps_compensated, 2U);
  EXPECT_TRUE(ask(request::StartSaga{.name = "s", .steps = {undoable("a")}, .options = {.id = "other"}}));
  EXPECT_THAT(*ask(request::ListSagas{}), SizeIs(2));
  EXPECT_THAT(*ask(request::ListSagas{.limit = 1}), SizeIs(1));
}

TEST_P(ServiceCompensations, of_unknown_workflows_are_not_found) {
  EXPECT_EQ(refusal(request::CompensateWorkflow{.workflow = "none"}), ErrorCode::not_found);
  EXPECT_EQ(refusal(request::AddStep{.saga = "none", .step = task("a")}), ErrorCode::not_found);
  EXPECT_EQ(refusal(request::RollBack{.saga = "none"}), ErrorCode::not_found);
  EXPECT_EQ(refusal(request::GetSaga{.saga = "none"}), ErrorCode::not_found);
  EXPECT_EQ(refusal(request::GetLog{.workflow = "none"}), ErrorCode::not_found);
}

}  // namespace
}  // namespace pawl::testing
