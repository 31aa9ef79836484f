// What Persistence's operations do, and what they refuse.
#include "tests/conformance/service/fixture.h"

namespace pawl::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class ServicePersistence : public ServiceTest {};
INSTANTIATE_TEST_SUITE_P(Services, ServicePersistence, ::testing::ValuesIn(service_kinds()), name_of);

TEST_P(ServicePersistence, is_enabled_and_disabled) {
  EXPECT_EQ(ask(request::IsPersistent{}).value(), is_persistent());
  EXPECT_EQ(ask(request::CheckStore{}).has_value(), true);
  const request::Enable enable{.options = {.data_dir = folder_.path() / "other"}};
  if (is_persistent()) {
    EXPECT_EQ(refusal(enable), ErrorCode::invalid_state);
    ASSERT_TRUE(ask(request::Disable{}));
  }
  EXPECT_EQ(refusal(request::Disable{}), ErrorCode::invalid_state);
  EXPECT_EQ(refusal(request::Enable{}), ErrorCode::invalid_argument);
  const std::string id = create();
  ASSERT_TRUE(ask(enable));
  EXPECT_TRUE(ask(request::IsPersistent{}).value());
  EXPECT_EQ(ask(request::LoadWorkflow{.id = id}).value().status.id, id);
  ASSERT_TRUE(ask(request::Disable{}));
  EXPECT_EQ(state_of(id), WorkflowState::pending);
}

TEST_P(ServicePersistence, stores_loads_lists_and_deletes) {
  const std::string id = run();
  if (!is_persistent()) {
    EXPECT_EQ(refusal(request::SaveWorkflow{.id = id}), ErrorCode::invalid_state);
    EXPECT_EQ(refusal(request::LoadWorkflow{.id = id}), ErrorCode::not_found);
    EXPECT_EQ(refusal(request::DeleteStoredWorkflow{.id = id}), ErrorCode::not_found);
    EXPECT_THAT(*ask(request::ListStoredWorkflows{}), IsEmpty());
    return;
  }
  const std::string live = create();
  ASSERT_TRUE(ask(request::SaveWorkflow{.id = live}));
  ASSERT_TRUE(ask(request::SaveWorkflow{.id = live})) << "it may be repeated";
  EXPECT_EQ(ask(request::LoadWorkflow{.id = id}).value().status.state, WorkflowState::completed);
  EXPECT_THAT(*ask(request::ListStoredWorkflows{}), SizeIs(2));
  EXPECT_EQ(refusal(request::DeleteStoredWorkflow{.id = live}), ErrorCode::invalid_state);
  ASSERT_TRUE(ask(request::DeleteStoredWorkflow{.id = id}));
  EXPECT_EQ(refusal(request::DeleteStoredWorkflow{.id = id}), ErrorCode::not_found);
  EXPECT_EQ(refusal(request::ListStoredWorkflows{.options = {.state = static_cast<WorkflowState>(99)}}),
            ErrorCode::invalid_argument);
}

TEST_P(ServicePersistence, takes_and_restores_snapshots) {
  const std::string id = create({task("a"), task("b", {"a"})});
  const Result<std::string> snapshot = ask(request::CreateSnapshot{.workflow = id, .label = "before"});
  EXPECT_EQ(refusal(request::CreateSnapshot{.workflow = "none"}), ErrorCode::not_found);
  EXPECT_EQ(refusal(request::RestoreSnapshot{.snapshot = "none"}), ErrorCode::not_found);
  EXPECT_EQ(refusal(request::DeleteSnapshot{.snapshot = "none"}), ErrorCode::not_found);
  EXPECT_EQ(refusal(request::ListSnapshots{}), ErrorCode::invalid_argument);
  if (!is_persistent()) {
    ASSERT_FALSE(snapshot);
    EXPECT_EQ(snapshot.error().code, ErrorCode::invalid_state);
    return;
  }
  ASSERT_TRUE(snapshot) << describe(snapshot.error());
  EXPECT_EQ(ask(request::ListSnapshots{.workflow = id}).value().front().label, "before");
  ASSERT_TRUE(ask(request::ExecuteWorkflow{.id = id}));
  ASSERT_TRUE(ask(request::WaitWorkflow{.id = id}));
  const Result<void> restored = ask(request::RestoreSnapshot{.snapshot = *snapshot});
  ASSERT_TRUE(restored) << describe(restored.error());
  EXPECT_EQ(state_of(id), WorkflowState::pending);
  ASSERT_TRUE(ask(request::DeleteSnapshot{.snapshot = *snapshot}));
  EXPECT_THAT(*ask(request::ListSnapshots{.workflow = id}), IsEmpty());
}

TEST_P(ServicePersistence, makes_backups) {
  EXPECT_EQ(refusal(request::Backup{}), ErrorCode::invalid_argument);
  const request::Backup backup{.folder = folder_.path() / "copy"};
  if (!is_persistent()) {
    EXPECT_EQ(refusal(backup), ErrorCode::invalid_state);
    return;
  }
  const Result<void> done = ask(backup);
  ASSERT_TRUE(done) << describe(done.error());
  EXPECT_EQ(refusal(backup), ErrorCode::already_exists);
}

}  // namespace
}  // namespace pawl::testing
