// What is looked for among more workflows than a shard looks at in one turn is found.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pawl/engine.h"

#include "operations/walk.h"
#include "tests/support/graphs.h"

namespace pawl::testing {
namespace {

TEST(Lists, find_the_oldest_of_more_workflows_than_a_turn_looks_at) {
  Engine engine({.shards = 1});
  Orchestrator& orchestrator = engine.orchestrator();
  ASSERT_TRUE(engine.policy().define_policy("patient", RetryPolicy{.max_attempts = 9}));
  WorkflowSpec spec = workflow({task("a")}, "oldest");
  spec.tasks[0].retry_policy_name = "patient";
  const std::string oldest = *orchestrator.create_workflow(define(spec), {});
  const DefinitionPtr other = define({task("a")});
  const std::size_t many = operations::kWorkflowsATurn + 100;
  for (std::size_t i = 0; i < many; ++i) ASSERT_TRUE(orchestrator.create_workflow(other, {}));

  const auto found = orchestrator.list_workflows({.name = "oldest"});
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ(found->front().id, oldest);
  const auto all = orchestrator.list_workflows({.limit = 2 * many});
  ASSERT_TRUE(all);
  EXPECT_EQ(all->size(), many + 1);
  const auto refused = engine.policy().delete_policy("patient");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, ::testing::HasSubstr(oldest));
}

}  // namespace
}  // namespace pawl::testing
