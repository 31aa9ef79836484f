// Steps that await steps: whether those wait or not, the awaiting ones go on once, and in bounded stack.
#include "orchestrator/steps.h"

#include <coroutine>
#include <optional>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

namespace pawl {
namespace {

Steps<int> ready(int value) { co_return value; }

Steps<int> sum_of(int count) {
  int sum = 0;
  for (int i = 0; i < count; ++i) sum += *co_await ready(1);
  co_return sum;
}

struct OnAnotherThread {
  [[nodiscard]] static bool await_ready() { return false; }
  static void await_suspend(std::coroutine_handle<> awaiting) {
    std::thread([awaiting] { awaiting.resume(); }).join();
  }
  static void await_resume() {}
};

Steps<int> ready_elsewhere(int value) {
  co_await OnAnotherThread();
  co_return value;
}

Steps<std::thread::id> thread_after(bool waits) {
  if (waits) {
    (void)co_await ready_elsewhere(1);
  } else {
    (void)co_await ready(1);
  }
  co_return std::this_thread::get_id();
}

template <class T>
std::optional<T> answer_of(Steps<T> steps) {
  std::optional<T> answer;
  std::move(steps).start(Completion::of<T>([&](Result<T> result) { answer = *std::move(result); }));
  return answer;
}

TEST(Steps, may_await_any_number_of_others_that_do_not_wait) {
  constexpr int kMany = 1'000'000;  // more than there is stack for
  EXPECT_EQ(answer_of(sum_of(kMany)), kMany);
}

TEST(Steps, go_on_where_those_they_await_have_ended) {
  EXPECT_EQ(answer_of(thread_after(false)), std::this_thread::get_id());
  const std::optional<std::thread::id> elsewhere = answer_of(thread_after(true));
  ASSERT_TRUE(elsewhere);
  EXPECT_NE(*elsewhere, std::this_thread::get_id());
}

Steps<int> throws() {
  throw std::runtime_error("broken");
  co_return 1;
}

TEST(Steps, answer_what_they_throw_as_internal) {
  std::optional<Error> error;
  throws().start(Completion::of<int>([&](Result<int> result) { error = result.error(); }));
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, ErrorCode::internal);
}

}  // namespace
}  // namespace pawl
