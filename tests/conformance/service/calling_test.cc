// How a service is called: from where, by whom, with and without waiting.
#include <future>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

#include "tests/conformance/service/fixture.h"

namespace pawl::testing {
namespace {

using ::testing::HasSubstr;

class ServiceCalls : public ServiceTest {
 protected:
  // Calls and waits for the callback, on a thread that is not one of the service's.
  template <class R>
  Result<typename R::Answer> ask_with_callback(R request) {
    std::promise<Result<typename R::Answer>> answer;
    call(service(), actor_, std::move(request),
         [&](Result<typename R::Answer> result) { answer.set_value(std::move(result)); });
    return answer.get_future().get();
  }
};
INSTANTIATE_TEST_SUITE_P(Services, ServiceCalls, ::testing::ValuesIn(service_kinds()), name_of);

TEST_P(ServiceCalls, answer_to_a_callback) {
  const std::string id = *ask_with_callback(request::StartWorkflow{.definition = workflow({task("a")}), .options = {}});
  EXPECT_EQ(ask_with_callback(request::WaitWorkflow{.id = id}).value().status.state, WorkflowState::completed);
  EXPECT_EQ(ask_with_callback(request::GetWorkflow{.id = id}).value().status.id, id);
  EXPECT_EQ(ask_with_callback(request::ListWorkflows{}).value().size(), 1U);
  EXPECT_EQ(ask_with_callback(request::GetWorkflow{.id = "none"}).error().code, ErrorCode::not_found);
  EXPECT_EQ(ask_with_callback(request::GetPolicy{.id = "none"}).error().code, ErrorCode::not_found);
}

// A chain of calls, each made by the answer to the one before, also on the service's own threads.
TEST_P(ServiceCalls, may_be_made_by_the_answer_to_another) {
  std::promise<Result<WorkflowReport>> end;
  call(service(), actor_, request::CreateWorkflow{.definition = workflow({task("a")}), .options = {}},
       [&](Result<std::string> id) {
         call(service(), actor_, request::ExecuteWorkflow{.id = *id}, [&, id = *id](Result<void> executed) {
           EXPECT_TRUE(executed);
           call(service(), actor_, request::WaitWorkflow{.id = id}, [&, id](const Result<WorkflowReport>&) {
             call(service(), actor_, request::GetWorkflow{.id = id},
                  [&](Result<WorkflowReport> report) { end.set_value(std::move(report)); });
           });
         });
       });
  EXPECT_EQ(end.get_future().get().value().status.state, WorkflowState::completed);
}

// Who waits on a thread that others wait for would wait for ever: it is refused, unless there is nothing to wait for.
TEST_P(ServiceCalls, that_wait_are_refused_on_the_services_own_threads) {
  const std::string id = run();
  std::promise<void> done;
  call(service(), actor_, request::GetWorkflow{.id = id}, [&](const Result<WorkflowReport>&) {
    EXPECT_EQ(refusal(request::GetWorkflow{.id = id}), ErrorCode::invalid_state);
    EXPECT_EQ(refusal(request::ListWorkflows{}), ErrorCode::invalid_state);
    EXPECT_EQ(refusal(request::WaitWorkflow{.id = id}), ErrorCode::invalid_state);
    EXPECT_EQ(refusal(request::StartWorkflow{.definition = workflow({task("a")}), .options = {}}),
              ErrorCode::invalid_state);
    EXPECT_EQ(refusal(request::Disable{}), ErrorCode::invalid_state);
    EXPECT_EQ(refusal(request::RegisterExecutor{.name = "more", .max_workflows = 1}), ErrorCode::invalid_state);
    EXPECT_TRUE(ask(request::ListPolicies{}));
    EXPECT_TRUE(ask(request::Metrics{}));
    EXPECT_FALSE(engine_->stop());
    done.set_value();
  });
  done.get_future().get();
  EXPECT_EQ(state_of(id), WorkflowState::completed);
}

TEST_P(ServiceCalls, survive_a_callback_that_throws) {
  std::promise<void> called;
  call(service(), actor_, request::GetWorkflow{.id = "none"}, [&](const Result<WorkflowReport>&) {
    called.set_value();
    throw std::runtime_error("put in by the test");
  });
  called.get_future().get();
  EXPECT_EQ(state_of(run()), WorkflowState::completed);
}

TEST_P(ServiceCalls, end_when_the_engine_stops) {
  TaskSpec sleep = task("a", {}, "sleep");
  sleep.args = args("1h");
  const std::string id = *ask(request::StartWorkflow{.definition = workflow({sleep}), .options = {}});
  std::promise<Result<WorkflowReport>> end;
  call(service(), actor_, request::WaitWorkflow{.id = id},
       [&](Result<WorkflowReport> report) { end.set_value(std::move(report)); });
  std::thread waiting([&] { EXPECT_EQ(refusal(request::WaitWorkflow{.id = id}), ErrorCode::unavailable); });
  EXPECT_TRUE(engine_->stop(Duration(0)));
  EXPECT_EQ(end.get_future().get().error().code, ErrorCode::unavailable);
  waiting.join();
  EXPECT_EQ(ask_with_callback(request::GetWorkflow{.id = id}).error().code, ErrorCode::unavailable);
  EXPECT_EQ(refusal(request::Metrics{}), ErrorCode::unavailable);
  EXPECT_FALSE(engine_->orchestrator().metrics().healthy);
  EXPECT_FALSE(engine_->persistence().is_persistent());
}

TEST_P(ServiceCalls, end_a_wait_that_is_told_to_stop) {
  const std::string id = create();
  std::stop_source stop;
  std::promise<Result<WorkflowReport>> end;
  call(service(), actor_, request::WaitWorkflow{.id = id, .stop = stop.get_token()},
       [&](Result<WorkflowReport> report) { end.set_value(std::move(report)); });
  EXPECT_EQ(engine_->orchestrator().wait_workflow(id, Duration(1)).error().code, ErrorCode::timeout);
  stop.request_stop();
  EXPECT_EQ(end.get_future().get().error().code, ErrorCode::cancelled);
  EXPECT_EQ(engine_->orchestrator().wait_workflow(id, Duration(1000000), stop.get_token()).error().code,
            ErrorCode::cancelled);
}

TEST_P(ServiceCalls, are_answered_in_a_forked_child) {
  const pid_t child = ::fork();
  if (child == 0) {
    bool refused = ask(request::Metrics{}).error().code == ErrorCode::unavailable;
    bool called = false;
    call(service(), actor_, request::GetWorkflow{.id = "w"}, [&](const Result<WorkflowReport>& report) {
      called = !report && report.error().code == ErrorCode::unavailable;
    });
    ::_exit(refused && called ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(EngineActor, has_a_kind_and_a_name_that_can_be_stored) {
  EXPECT_EQ(Engine::open({.actor = {.kind = ""}}).error().field, "actor");
  EXPECT_EQ(Engine::open({.actor = {.name = "a\nb"}}).error().field, "actor");
  EXPECT_TRUE(Engine::open({.actor = {.kind = "service", .name = "billing"}}));
}

struct Unheard {
  using Answer = int;
  static constexpr std::string_view kOperation = "unheard";
};

TEST_P(ServiceCalls, of_operations_that_there_are_not_are_refused) {
  const Result<int> answer = ask(Unheard{});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(answer.error().message, HasSubstr("unheard"));
}

}  // namespace
}  // namespace pawl::testing
