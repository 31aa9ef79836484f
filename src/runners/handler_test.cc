// Whatever a handler returns or throws, its outcome can be stored, and says what was wrong with it.
#include "runners/handler.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "base/json_parse.h"
#include "base/time.h"

namespace pawl {
namespace {

constexpr std::size_t kMostBytes = 1000;

AttemptOutcome of(TaskResult result) { return outcome_of(std::move(result), kMostBytes); }

AttemptOutcome of(TaskError error) { return of(TaskResult(std::unexpected(std::move(error)))); }

TEST(Outcome, of_a_value_is_its_text) {
  const AttemptOutcome outcome = of(TaskResult(Json("é")));
  EXPECT_EQ(outcome.error, nullptr);
  EXPECT_EQ(outcome.result.view(), "\"é\"");
}

TEST(Outcome, of_a_value_that_is_not_json_is_a_failure_that_names_the_place) {
  AttemptOutcome outcome = of(TaskResult(boost::json::object{{"rows", boost::json::array{1, "f\xFCr"}}}));
  ASSERT_NE(outcome.error, nullptr);
  EXPECT_EQ(outcome.error->code, "invalid_argument");
  EXPECT_EQ(outcome.error->message, "the result: $.rows[1]: the string is not valid UTF-8");
  EXPECT_FALSE(outcome.error->retryable);
  EXPECT_EQ(of(TaskResult(Json(std::nan("")))).error->code, "invalid_argument");
}

TEST(Outcome, of_a_value_that_is_too_deep_or_too_large_is_a_failure) {
  Json deep = nullptr;
  for (int i = 0; i < 500'000; ++i) {
    boost::json::array around;
    around.push_back(std::move(deep));
    deep = std::move(around);
  }
  const AttemptOutcome outcome = of(TaskResult(std::move(deep)));
  ASSERT_NE(outcome.error, nullptr);
  EXPECT_EQ(outcome.error->code, "limit_exceeded");
  EXPECT_EQ(of(TaskResult(Json(std::string(kMostBytes, 'x')))).error->code, "limit_exceeded");
}

TEST(Outcome, of_an_error_keeps_what_the_handler_said) {
  TaskError error("io", "f\xFCr", boost::json::object{{"k\xFF", "\xFE"}, {"n", std::nan("")}});
  error.retry_after = Duration::max();
  const AttemptOutcome outcome = of(std::move(error));
  EXPECT_EQ(outcome.error->code, "io");
  EXPECT_EQ(outcome.error->message, "f\xEF\xBF\xBDr");
  EXPECT_EQ(to_json_text(outcome.error->details), "{\"k\xEF\xBF\xBD\":\"\xEF\xBF\xBD\",\"n\":null}");
  EXPECT_EQ(outcome.error->retry_after, kMaxDuration);
  EXPECT_TRUE(outcome.error->retryable);
}

TEST(Outcome, of_an_error_with_a_code_that_is_none_says_so) {
  const AttemptOutcome outcome = of(TaskError("f\xFCr", "it said"));
  EXPECT_EQ(outcome.error->code, "invalid_argument");
  EXPECT_EQ(outcome.error->message, "an error whose code \"f\\xfcr\" is not UTF-8 of at most 256 bytes: it said");
  EXPECT_FALSE(outcome.error->retryable);
}

TEST(Outcome, of_an_error_goes_without_details_that_are_too_large) {
  const AttemptOutcome outcome = of(TaskError("io", "it said", Json(std::string(kMostBytes, 'x'))));
  EXPECT_TRUE(outcome.error->details.is_null());
  EXPECT_EQ(outcome.error->message, "it said (without its details of 1002 bytes; the limit is 1000)");
}

TEST(Handlers, have_names_that_a_definition_can_contain) {
  class NoRunner final : public Runner {
    void start(std::span<Assignment>) override {}
    void stop(const AttemptAddress&, Duration) override {}
  } runner;
  HandlerRegistry handlers(runner);
  const HandlerFunction nothing = [](TaskContext&) -> TaskResult { return nullptr; };
  for (const std::string& bad :
       {std::string("f\xFCr"), std::string("a\nb"), std::string("a\0b", 3), std::string(257, 'x')}) {
    EXPECT_EQ(handlers.add(bad, "f", nothing, {}).error().field, "module");
    EXPECT_EQ(handlers.add("m", bad, nothing, {}).error().field, "function");
  }
  EXPECT_TRUE(handlers.add("mäßig", "f", nothing, {}));
}

}  // namespace
}  // namespace pawl
