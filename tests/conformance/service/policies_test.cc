// What Policy's operations do, and what they refuse.
#include "tests/conformance/service/fixture.h"

namespace pawl::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class ServicePolicies : public ServiceTest {};
INSTANTIATE_TEST_SUITE_P(Services, ServicePolicies, ::testing::ValuesIn(service_kinds()), name_of);

TEST_P(ServicePolicies, are_defined_updated_and_deleted) {
  const request::DefinePolicy define{.name = "slow", .config = TimeoutPolicy{}};
  EXPECT_EQ(ask(define).value(), "slow");
  EXPECT_EQ(refusal(define), ErrorCode::already_exists);
  EXPECT_FALSE(ask(request::DefinePolicy{.config = RetryPolicy{}}).value().empty());
  EXPECT_THAT(*ask(request::ListPolicies{}), SizeIs(2));
  EXPECT_EQ(refusal(request::UpdatePolicy{.id = "slow", .config = RetryPolicy{}}), ErrorCode::invalid_argument);
  ASSERT_TRUE(ask(request::UpdatePolicy{
      .id = "slow", .config = TimeoutPolicy{.default_timeout = std::chrono::seconds(1), .per_task_timeouts = {}}}));
  EXPECT_EQ(ask(request::GetPolicy{.id = "slow"}).value().versions.size(), 2U);
  EXPECT_TRUE(ask(request::EvaluatePolicy{.id = "slow", .question = {}}).value().timeout);
  EXPECT_TRUE(ask(request::GetPolicyStats{.id = "slow"}));
  ASSERT_TRUE(ask(request::DeletePolicy{.id = "slow"}));
  EXPECT_EQ(refusal(request::DeletePolicy{.id = "slow"}), ErrorCode::not_found);
}

TEST_P(ServicePolicies, that_are_in_use_stay) {
  ASSERT_TRUE(ask(request::DefinePolicy{.name = "slow", .config = TimeoutPolicy{}}));
  WorkflowSpec spec = workflow({task("a")});
  spec.timeout_policy = "slow";
  const std::string id = *ask(request::CreateWorkflow{.definition = spec, .options = {}});
  EXPECT_EQ(refusal(request::DeletePolicy{.id = "slow"}), ErrorCode::invalid_state);
  ASSERT_TRUE(ask(request::CancelWorkflow{.id = id}));
  ASSERT_TRUE(ask(request::WaitWorkflow{.id = id}));
  ASSERT_TRUE(ask(request::DeletePolicy{.id = "slow"}));
  EXPECT_EQ(refusal(request::CreateWorkflow{.definition = spec, .options = {}}), ErrorCode::not_found);
}

TEST_P(ServicePolicies, have_circuit_breakers) {
  ASSERT_TRUE(ask(request::DefinePolicy{.name = "b", .config = CircuitBreakerPolicy{}}));
  const auto state = [&] { return ask(request::CheckCircuitBreaker{.id = "b"}).value().state; };
  EXPECT_EQ(state(), BreakerState::closed);
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(ask(request::ForceOpenCircuitBreaker{.id = "b"})) << "may be repeated";
    EXPECT_EQ(state(), BreakerState::open);
  }
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(ask(request::ResetCircuitBreaker{.id = "b"})) << "may be repeated";
    EXPECT_EQ(state(), BreakerState::closed);
  }
  EXPECT_FALSE(ask(request::ForceOpenCircuitBreaker{.id = "none"}));
}

TEST_P(ServicePolicies, that_are_unknown_are_not_found) {
  EXPECT_EQ(refusal(request::GetPolicy{.id = "none"}), ErrorCode::not_found);
  EXPECT_EQ(refusal(request::UpdatePolicy{.id = "none", .config = {}}), ErrorCode::not_found);
  EXPECT_EQ(refusal(request::EvaluatePolicy{.id = "none", .question = {}}), ErrorCode::not_found);
  EXPECT_EQ(refusal(request::GetPolicyStats{.id = "none"}), ErrorCode::not_found);
  EXPECT_EQ(refusal(request::CheckCircuitBreaker{.id = "none"}), ErrorCode::not_found);
  EXPECT_EQ(refusal(request::ResetCircuitBreaker{.id = "none"}), ErrorCode::not_found);
}

TEST_P(ServicePolicies, have_dead_letters) {
  const std::string id = run({failing("a")});
  const DeadLetterId letter{.workflow = id, .task = "a"};
  EXPECT_THAT(*ask(request::ListDeadLetters{}), SizeIs(1));
  EXPECT_THAT(*ask(request::ListDeadLetters{.filter = {.code = "other"}}), IsEmpty());
  EXPECT_THAT(ask(request::GetDeadLetter{.id = letter}).value().errors, SizeIs(1));
  ASSERT_TRUE(ask(request::RedriveDeadLetter{.id = letter}));
  ASSERT_TRUE(ask(request::WaitWorkflow{.id = id}));
  EXPECT_EQ(ask(request::GetDeadLetter{.id = letter}).value().attempts, 2U);
  EXPECT_EQ(ask(request::RedriveDeadLetters{}).value(), 1U);
  ASSERT_TRUE(ask(request::WaitWorkflow{.id = id}));
  EXPECT_EQ(refusal(request::DiscardDeadLetter{.id = letter}), ErrorCode::invalid_argument) << "without a reason";
  ASSERT_TRUE(ask(request::DiscardDeadLetter{.id = letter, .reason = "enough"}));
  EXPECT_EQ(refusal(request::DiscardDeadLetter{.id = letter, .reason = "enough"}), ErrorCode::not_found);
  EXPECT_THAT(*ask(request::ListDeadLetters{}), IsEmpty());
  EXPECT_EQ(refusal(request::GetDeadLetter{.id = letter}), ErrorCode::not_found);
  EXPECT_EQ(refusal(request::RedriveDeadLetter{.id = {.workflow = "none", .task = "a"}}), ErrorCode::not_found);
}

}  // namespace
}  // namespace pawl::testing
