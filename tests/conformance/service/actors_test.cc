// Who asked for what happened is part of it.
#include <mutex>
#include <string>
#include <vector>

#include "tests/conformance/service/fixture.h"

namespace pawl::testing {
namespace {

class Actors : public ServiceTest {
 protected:
  // "workflow_created by user:ada"
  static std::string told(const WorkflowEvent& event) {
    return std::string(event.type) + (event.by.empty() ? "" : " by " + event.by);
  }
  std::vector<std::string> history_of(const std::string& id) {
    std::vector<std::string> all;
    for (const HistoryEvent& event : ask(request::GetHistory{.id = id, .options = {}}).value())
      all.push_back(told(event.event));
    return all;
  }
};

TEST_P(Actors, stand_in_the_history_of_what_they_caused) {
  if (!is_persistent()) GTEST_SKIP() << "no history is kept";
  const std::string id = create();
  const Actor bob{.kind = "user", .name = "bob"};
  const auto as_bob = [&](auto request) { return call(service(), bob, std::move(request)); };
  ASSERT_TRUE(as_bob(request::ExecuteWorkflow{.id = id}));
  ASSERT_TRUE(ask(request::WaitWorkflow{.id = id}));
  EXPECT_EQ(history_of(id), (std::vector<std::string>{"workflow_created by user:ada", "workflow_started by user:bob",
                                                      "task_started", "task_completed", "workflow_completed"}));
}

TEST_P(Actors, are_told_to_subscribers) {
  std::mutex mutex;
  std::vector<std::string> all;
  const auto subscription = engine_->monitor().subscribe([&](const WorkflowEvent& event) {
    const std::lock_guard lock(mutex);
    all.push_back(told(event));
  });
  const std::string id = create();
  ASSERT_TRUE(ask(request::CancelWorkflow{.id = id, .options = {}}));
  ASSERT_TRUE(ask(request::WaitWorkflow{.id = id}));
  ASSERT_TRUE(engine_->monitor().unsubscribe(*subscription));
  ASSERT_GE(all.size(), 2U);
  EXPECT_EQ(all.front(), "workflow_created by user:ada");
  EXPECT_EQ(all.back(), "workflow_cancelled by user:ada");
}

TEST_P(Actors, must_be_somebody) {
  for (const Actor& nobody : {Actor{.kind = "user", .name = ""}, Actor{.kind = "a:b", .name = "c"}}) {
    const auto refused = call(service(), nobody, request::ListPolicies{});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
    EXPECT_TRUE(refused.error().field.starts_with("actor.")) << refused.error().field;
  }
}

INSTANTIATE_TEST_SUITE_P(Services, Actors, ::testing::ValuesIn(service_kinds()), name_of);

}  // namespace
}  // namespace pawl::testing
