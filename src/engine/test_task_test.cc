#include "pawl/test_task.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pawl/values.h"

namespace pawl {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

TEST(TestTasks, tell_a_handler_what_an_engine_would) {
  const Timestamp deadline{90s};
  TestTask task({.workflow_id = "order-7",
                 .task_id = "charge",
                 .attempt = 3,
                 .run = 2,
                 .args = args("acct", 12.5),
                 .input = {{"currency", "EUR"}},
                 .results = {{"quote", {{"price", 12}}}, {"address", nullptr}},
                 .deadline = deadline});
  TaskContext& context = task.context();
  EXPECT_EQ(context.workflow_id(), "order-7");
  EXPECT_EQ(context.task_id(), "charge");
  EXPECT_EQ(context.attempt(), 3U);
  EXPECT_EQ(context.idempotency_key(), "order-7/charge#2");
  EXPECT_EQ(context.arg<std::string>(0).value(), "acct");
  EXPECT_EQ(context.arg<double>(1).value(), 12.5);
  EXPECT_EQ(context.input().at("currency").as_string(), "EUR");
  EXPECT_EQ(context.result_of("quote").value().at("price").as_int64(), 12);
  EXPECT_TRUE(context.result_of("address").value().is_null());
  EXPECT_EQ(context.result_of("other").error().code, ErrorCode::not_found);
  EXPECT_EQ(context.results().value().size(), 2U);
  EXPECT_EQ(context.deadline(), deadline);
  EXPECT_EQ(context.undone_task(), "");
}

TEST(TestTasks, need_nothing_that_the_handler_does_not_ask_for) {
  TestTask task;
  EXPECT_EQ(task.context().idempotency_key(), "test-workflow/test-task");
  EXPECT_EQ(task.context().arg<int>(0, 7).value(), 7);
  EXPECT_FALSE(task.context().deadline());
}

TEST(TestTasks, keep_what_the_handler_says) {
  TestTask task;
  task.context().log("first\nsecond");
  task.context().log("third");
  task.context().report_progress(0.5, "half");
  EXPECT_THAT(task.lines(), ElementsAre("first", "second", "third"));
  ASSERT_EQ(task.progress().size(), 1U);
  EXPECT_EQ(task.progress()[0].fraction, 0.5);
  EXPECT_EQ(task.progress()[0].message, "half");
}

TEST(TestTasks, can_be_asked_to_stop) {
  TestTask task;
  EXPECT_FALSE(task.context().stop_requested());
  task.request_stop();
  EXPECT_TRUE(task.context().stop_requested());
}

TEST(TestTasks, call_a_compensation_with_what_it_undoes) {
  TestTask task({.task_id = "book",
                 .undone = TestTaskOptions::Undone{
                     .args = args("room"), .result = {{"booking", 9}}, .failure = {{"code", "no_card"}}}});
  TaskContext& context = task.context();
  EXPECT_EQ(context.idempotency_key(), "test-workflow/book/compensation");
  EXPECT_EQ(context.undone_task(), "book");
  EXPECT_EQ(context.undone_args(), Json(args("room")));
  EXPECT_EQ(context.undone_result().at("booking").as_int64(), 9);
  EXPECT_EQ(context.failure().at("code").as_string(), "no_card");
}

TEST(TestTasks, refuse_what_no_engine_would_call_a_handler_with) {
  const auto refusal_of = [](TestTaskOptions options) -> std::string {
    try {
      const TestTask task(std::move(options));
    } catch (const NoValue& refused) {
      return refused.what();
    }
    return "";
  };
  EXPECT_EQ(refusal_of({.args = "text"}), "invalid_argument: args: expected an array");
  EXPECT_EQ(refusal_of({.input = 7}), "invalid_argument: input: expected an object");
  EXPECT_THAT(refusal_of({.task_id = ""}), ::testing::HasSubstr("id"));
  EXPECT_THAT(refusal_of({.workflow_id = "a\nb"}), ::testing::HasSubstr("id"));
  EXPECT_THAT(refusal_of({.args = boost::json::array{"\xff"}}), ::testing::HasSubstr("args[0]"));
}

}  // namespace
}  // namespace pawl
