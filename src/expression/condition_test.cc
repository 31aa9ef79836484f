// What a condition may be, and what is said of one that is anything else.
#include <optional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "expression/fake_scope_test.h"

namespace pawl::expression {
namespace {

class Condition : public ExpressionTest {
 protected:
  Condition() {
    scope.input_value = boost::json::object();
    scope.tasks["a"] = {.state = TaskState::completed, .result = json("1"), .error = {}};
  }
};

TEST_F(Condition, is_true_false_or_nil) {
  for (const char* expression : {"true", "1 < 2", "not nil", "tasks.a.state == 'completed'"})
    EXPECT_TRUE(evaluator.test(expression, scope).value()) << expression;
  for (const char* expression : {"false", "nil", "null", "2 < 1", "input.missing"})
    EXPECT_FALSE(evaluator.test(expression, scope).value()) << expression;
}

TEST_F(Condition, that_is_anything_else_says_what_to_write) {
  scope.input_value = json(R"({"deploy": "no", "empty": "", "count": 0, "large": 18446744073709551615, "list": [1]})");
  const auto refusal = [&](std::string_view expression) {
    const Result<bool> holds = evaluator.test(expression, scope);
    EXPECT_FALSE(holds.has_value()) << expression;
    if (holds) return std::string();
    EXPECT_EQ(holds.error().code, ErrorCode::invalid_argument) << expression;
    return holds.error().message;
  };
  EXPECT_EQ(refusal("input.deploy"),
            R"(a condition is true, false or nil, and "input.deploy" is the text "no"; write input.deploy == "yes")");
  EXPECT_EQ(refusal("input.empty"),
            R"(a condition is true, false or nil, and "input.empty" is the text ""; write input.empty ~= "")");
  EXPECT_EQ(refusal("input.count"),
            R"(a condition is true, false or nil, and "input.count" is the number 0; write input.count > 0)");
  EXPECT_EQ(refusal("input.large"),
            R"(a condition is true, false or nil, and "input.large" is a number; write input.large > 0)");
  EXPECT_EQ(
      refusal("input['list']"),
      R"(a condition is true, false or nil, and "input['list']" is a list or an object; write input['list'] ~= nil)");
  EXPECT_EQ(refusal("input.deploy or false"),
            R"(a condition is true, false or nil, and "input.deploy or false" is the text )"
            R"("no"; write (input.deploy or false) == "yes")");
  EXPECT_EQ(refusal("tasks.a"),
            R"(a condition is true, false or nil, and "tasks.a" is a task; write tasks.a.state == "completed")");
  const std::pair<std::string, std::string> texts[] = {
      {"true", R"(input.deploy == "true")"},     {"false", R"(input.deploy == "true")"},
      {"prod", R"(input.deploy == "prod")"},     {"yes\n", R"(trim(input.deploy) == "yes")"},
      {"a\"b\\", R"(input.deploy == "a\"b\\")"}, {"a\nb\n", R"(trim(input.deploy) ~= "")"},
      {"a: b", R"(input.deploy ~= "")"},         {std::string(100, 'x'), R"(input.deploy ~= "")"}};
  for (const auto& [text, advice] : texts) {
    scope.input_value = boost::json::object{{"deploy", text}};
    EXPECT_TRUE(refusal("input.deploy").ends_with("; write " + advice)) << refusal("input.deploy");
    EXPECT_EQ(evaluator.test(advice, scope).value(), text != "false") << advice;
  }
  EXPECT_EQ(refusal("pairs"), R"(a condition is true, false or nil, and "pairs" is a function; write pairs ~= nil)");
}

TEST(Kind, of_an_expression_is_known_where_its_text_shows_it) {
  for (const char* text : {"'yes'", "(\"yes\")", "input.a .. 'x'", "'x' .. #input.a", "[[long]]"})
    EXPECT_EQ(find_kind(text), ValueKind::text) << text;
  for (const char* number : {"1", "((1.5))", "#input.list", "input.a + 1", "-1", "attempt", "attempt - 1"})
    EXPECT_EQ(find_kind(number), ValueKind::number) << number;
  for (const char* text : {"string.match(input.a, 'x')", "(input.a:match('(x)'))"})
    EXPECT_EQ(find_kind(text), ValueKind::text) << text;
  EXPECT_EQ(find_kind("string.find(input.a, 'x')"), ValueKind::number);
  EXPECT_EQ(as_condition("string.match(input.a, 'x')", ValueKind::text), "string.match(input.a, 'x') ~= nil");
  EXPECT_EQ(as_condition("(input.a:match('(x)'))", ValueKind::text), "(input.a:match('(x)')) ~= nil");
  EXPECT_EQ(as_condition("string.find(input.a, 'x')", ValueKind::number), "string.find(input.a, 'x') ~= nil");
  EXPECT_EQ(find_kind("string.match(input.a, 'x') == 'y'"), std::nullopt);
  EXPECT_EQ(find_kind("(string.match(input.a, 'x'))(1)"), std::nullopt);
  EXPECT_EQ(find_kind("{1}"), ValueKind::structure);
  for (const char* other : {"input.a", "not 'x'", "#input.list > 0", "input.a == 'x'", "input.a and 1", "f(1 + 1)",
                            "true", "input['x']", "(function() return 1 + 1 end)()", "nil", ""})
    EXPECT_EQ(find_kind(other), std::nullopt) << other;
}

}  // namespace
}  // namespace pawl::expression
