// A call is answered once, whatever the service does with it.
#include "pawl/service.h"

#include <future>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace pawl {
namespace {

struct Add {
  using Answer = int;
  static constexpr std::string_view kOperation = "add";
  int a = 0;
  int b = 0;
};

// Answers as the test says.
class ServiceOfATest final : public Service {
 public:
  using Act = std::function<void(Request request, Completion completion)>;
  explicit ServiceOfATest(Act act) : act_(std::move(act)) {}
  void call(const Actor& actor, Request request, Completion completion) override {
    EXPECT_EQ(to_string(actor), "user:ada");
    act_(std::move(request), std::move(completion));
  }

 private:
  const Act act_;
};

const Actor kAda{.kind = "user", .name = "ada"};

TEST(Service, takes_a_typed_request_and_gives_a_typed_answer) {
  ServiceOfATest service([](Request request, Completion completion) {
    EXPECT_EQ(request.operation(), "add");
    ASSERT_NE(request.get<Add>(), nullptr);
    const Add add = request.take<Add>();
    EXPECT_EQ(request.get<Add>(), nullptr) << "it was taken";
    completion.answer(Result<int>(add.a + add.b));
  });
  EXPECT_EQ(call(service, kAda, Add{.a = 1, .b = 2}).value(), 3);
  int answer = 0;
  call(service, kAda, Add{.a = 2, .b = 2}, [&](Result<int> sum) { answer = *sum; });
  EXPECT_EQ(answer, 4);
}

TEST(Service, that_drops_a_call_has_answered_it) {
  ServiceOfATest service([](Request, Completion) {});
  EXPECT_EQ(call(service, kAda, Add{}).error().code, ErrorCode::internal);
  ErrorCode told = ErrorCode::not_found;
  call(service, kAda, Add{}, [&](const Result<int>& sum) { told = sum.error().code; });
  EXPECT_EQ(told, ErrorCode::internal);
}

TEST(Service, has_the_steps_of_a_call_done_by_the_thread_that_waits) {
  std::thread answering;
  const std::thread::id here = std::this_thread::get_id();
  std::vector<int> order;
  ServiceOfATest service([&](Request, Completion completion) {
    StepRunner* const steps = completion.waiting();
    ASSERT_NE(steps, nullptr);
    answering = std::thread([&, steps, completion = std::move(completion)]() mutable {
      for (int i = 0; i < 3; ++i)
        steps->run([&, i] {
          EXPECT_EQ(std::this_thread::get_id(), here);
          order.push_back(i);
        });
      steps->run([completion = std::move(completion)]() mutable { completion.answer(Result<int>(7)); });
    });
  });
  EXPECT_EQ(call(service, kAda, Add{}).value(), 7);
  answering.join();
  EXPECT_EQ(order, (std::vector{0, 1, 2}));
}

TEST(Service, does_not_hear_what_a_callback_throws) {
  ServiceOfATest service([](Request, Completion completion) { completion.answer(Result<int>(1)); });
  call(service, kAda, Add{}, [](const Result<int>&) { throw 7; });
}

}  // namespace
}  // namespace pawl
