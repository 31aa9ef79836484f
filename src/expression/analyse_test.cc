// What is said of an expression before it runs: whether it is one, its names, the tasks it refers to.
#include <gmock/gmock.h>

#include "expression/expression.h"

namespace pawl::expression {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> tasks_in(std::string_view expression) {
  std::vector<std::string> tasks;
  const Result<std::vector<TaskReference>> references = analyse(expression);
  if (!references) return {"!" + references.error().message};
  for (const TaskReference& reference : *references) tasks.push_back(reference.task);
  return tasks;
}

// "column: message", without the expression itself.
std::string complaint(std::string_view expression) {
  const Result<std::vector<TaskReference>> references = analyse(expression);
  if (references) return {};
  const std::string& message = references.error().message;
  return std::to_string(references.error().column) + ": " + message.substr(0, message.rfind(" in \""));
}

TEST(Analyse, finds_the_tasks_that_are_named) {
  EXPECT_THAT(tasks_in("tasks.x.result + tasks[\"a-b\"].result"), ElementsAre("x", "a-b"));
  EXPECT_THAT(tasks_in("tasks['a.b'].result, 1"), ElementsAre(HasSubstr("one value")));
  EXPECT_THAT(tasks_in("tasks['a.b'].result"), ElementsAre("a.b"));
  EXPECT_THAT(tasks_in("tasks[ [[long]] ].result and tasks . y"), ElementsAre("long", "y"));
  EXPECT_EQ(analyse("1 + tasks.x.result").value().front().offset, 10U);
}

TEST(Analyse, other_things_called_tasks_are_no_references) {
  EXPECT_THAT(tasks_in("input.tasks.x"), ElementsAre());
  EXPECT_THAT(tasks_in("'tasks.x' --tasks.y"), ElementsAre());
  EXPECT_THAT(tasks_in("{tasks = 1}"), ElementsAre());
  EXPECT_THAT(tasks_in("tasks[input.which].result"), ElementsAre());
  EXPECT_THAT(tasks_in("tasks['a' .. input.b]"), ElementsAre());
}

TEST(Analyse, refuses_what_is_not_one_expression) {
  for (const char* expression : {"", "  ", "1; x", "1, 2", "1) + (2", "--comment", "1 --[[", ";", "1 end", "return 1",
                                 "x = 1", "\x1bLua", "1\n2", "local x", "1) --", "(1", "1 --\n, 2", "...,..."}) {
    const Result<std::vector<TaskReference>> references = analyse(expression);
    ASSERT_FALSE(references.has_value()) << expression;
    EXPECT_EQ(references.error().code, ErrorCode::invalid_argument);
    EXPECT_GT(references.error().column, 0U);
  }
  EXPECT_FALSE(analyse(std::string_view("1\0", 2)).has_value());
  for (const char* expression :
       {"1 --x", "1 --[[x]]", "1\n--x\n", "((1))", "{1; 2}", "(1)", "-1", "not input", "#input"})
    EXPECT_TRUE(analyse(expression).has_value()) << expression;
  EXPECT_EQ(analyse(std::string(70'000, '1')).error().code, ErrorCode::limit_exceeded);
}

TEST(Analyse, names_of_foreach_are_unknown_and_taken_where_they_are_stored) {
  for (const char* name : {"item", "index"}) {
    EXPECT_EQ(complaint(name), "1: unknown variable \"" + std::string(name) +
                                   "\"; it belongs to `foreach`, which this version of Pawl does not have");
    EXPECT_TRUE(analyse(name, Place::task, Origin::stored).has_value());
  }
  EXPECT_EQ(complaint("input.item + tasks.index.result"), "");
}

TEST(Analyse, refuses_numbers_that_lua_would_change_and_takes_them_where_they_are_stored) {
  for (const char* number : {"9223372036854775808", "18446744073709551615", "123456789012345678901", "1e400", "1e-400",
                             "0x1FFFFFFFFFFFFFFFF", ".1e-400"}) {
    EXPECT_THAT(complaint(std::string("input.a == ") + number), ::testing::StartsWith("12: the ")) << number;
    EXPECT_TRUE(analyse(number, Place::task, Origin::stored).has_value()) << number;
  }
  for (const char* number : {"9223372036854775807", "0xFFFFFFFFFFFFFFFF", "0x1p-2", "1e308", "4.9e-324", "5.", ".5",
                             "0.0", "0e400", "'9223372036854775808'"})
    EXPECT_EQ(complaint(number), "") << number;
}

TEST(Analyse, says_where_it_does_not_parse) {
  EXPECT_EQ(complaint("1 + * 2"), "5: unexpected symbol near '*'");
  EXPECT_EQ(complaint("1 + 'abc"), "9: unfinished string near <eof>");
  EXPECT_EQ(complaint("input.x =="), "11: unexpected symbol near <eof>");
  EXPECT_EQ(complaint("1; x"), "4: <eof> expected near 'x'");
  EXPECT_EQ(complaint("1, 2"), "2: an expression is one value, not a list and not a statement");
  EXPECT_EQ(complaint("input.count = 3"), "13: <eof> expected near '='; write `==` instead of `=`");
  EXPECT_EQ(complaint(""), "1: there is no expression");
}

TEST(Analyse, a_hyphen_in_a_task_id_is_explained) {
  EXPECT_EQ(complaint("tasks.fetch-data.result"),
            R"(13: unknown variable "data"; write tasks["fetch-data"] for a task id with a hyphen)");
  EXPECT_THAT(complaint("1 + tasks.a-b-c.result"), HasSubstr(R"(write tasks["a-b-c"])"));
  EXPECT_THAT(complaint("tasks.step-1.result"), HasSubstr(R"(write tasks["step-1"])"));
  EXPECT_THAT(complaint("tasks.on-end.result"), HasSubstr(R"(write tasks["on-end"])"));
  EXPECT_THAT(complaint("tasks.a.result-b"), ::testing::Not(HasSubstr("hyphen")));
}

TEST(Analyse, unknown_names_are_refused_with_the_nearest_one) {
  EXPECT_EQ(complaint("1 + inptu.x"), R"(5: unknown variable "inptu" (did you mean "input"?))");
  EXPECT_EQ(complaint("task.a.result"), "1: unknown variable \"task\" (write `tasks.a.result`)");
  EXPECT_EQ(complaint("io.read()"), R"(1: unknown variable "io")");
  EXPECT_THAT(complaint("{x, y = 1}"), HasSubstr("\"x\""));
  EXPECT_THAT(complaint("'a' ..b"), HasSubstr("\"b\""));
  EXPECT_THAT(complaint("(function() x = 1 end)()"), HasSubstr("\"x\""));
  EXPECT_THAT(complaint("(function() function f() end end)()"), HasSubstr("\"f\""));
  EXPECT_THAT(complaint("input[key]"), HasSubstr("\"key\""));
}

TEST(Analyse, local_names_and_keys_are_known) {
  for (const char* expression :
       {"{x = 1, y = {z = 2}; w = 3}", "input.anything.goes", "input.list:foo()",
        "(function(a, b, ...) return a, b, ... end)(1)", "(function() local a, b = 1, 2 return a + b end)()",
        "(function() for i = 1, 2 do return i end end)()",
        "(function() for k, v in pairs(input) do return k, v end end)()",
        "(function() local function f(n) return n and f(n - 1) end return f(1) end)()",
        "(function() ::top:: goto top end)()", "(function() local x <const>, y <const> = 1, 2 return x + y end)()",
        "(function() local t = {} function t:m() return self end function t.n() end return t:m() end)()",
        "array{attempt, null}", "math.pi + #table.concat({}) + utf8.len('')"})
    EXPECT_EQ(complaint(expression), "") << expression;
}

// What follows the complaint itself.
std::string hint(std::string_view expression) {
  const std::string message = complaint(expression);
  const std::size_t at = message.find("; ");
  return at == std::string::npos ? "(none) " + message : message.substr(at + 2);
}

TEST(Analyse, words_of_lua_are_no_names_and_the_message_says_how_they_are_written) {
  EXPECT_EQ(hint("tasks.end.result"), R"(`end` is a word of Lua: write tasks["end"].result)");
  EXPECT_EQ(hint("1 + input.a.repeat.b .. 'x'"), R"(`repeat` is a word of Lua: write input.a["repeat"].b)");
  EXPECT_EQ(hint("tasks[\"end\"].result.for"), R"(`for` is a word of Lua: write tasks["end"].result["for"])");
  EXPECT_EQ(hint("{then = 1}"), R"(`then` is a word of Lua: write ["then"] = ...)");
  for (const char* word :
       {"and", "break", "do",  "else", "elseif", "end",    "false",  "for",  "function", "goto",  "if",
        "in",  "local", "nil", "not",  "or",     "repeat", "return", "then", "true",     "until", "while"}) {
    const std::string written = std::string("tasks[\"") + word + "\"].result";
    EXPECT_EQ(hint(std::string("tasks.") + word + ".result"),
              std::string("`") + word + "` is a word of Lua: write " + written);
    EXPECT_THAT(tasks_in(written), ElementsAre(word));
  }
}

TEST(Analyse, operators_of_other_languages_are_translated) {
  EXPECT_EQ(hint("input.a != 'x'"), "write `~=` instead of `!=`");
  EXPECT_EQ(hint("input.a !== 'x'"), "write `~=` instead of `!==`");
  EXPECT_EQ(hint("input.a <> 'x'"), "write `~=` instead of `<>`");
  EXPECT_EQ(hint("input.a === 'x'"), "write `==` instead of `===`");
  EXPECT_EQ(hint("input.a && input.b"), "write `and` instead of `&&`");
  EXPECT_EQ(hint("input.a || input.b"), "write `or` instead of `||`");
  EXPECT_EQ(hint("input.a AND input.b"), "write `and` instead of `AND`");
  EXPECT_EQ(hint("!input.a"), "write `not` instead of `!`");
  EXPECT_EQ(hint("input.a > 1 ? 'x' : \"y\""), "write `(input.a > 1) and ('x') or (\"y\")`");
  EXPECT_EQ(hint("input.a ?? 'x'"), "write `a == nil and b or a` instead of `a ?? b`");
  EXPECT_EQ(hint("input?.a"), "write `x and x.member` instead of `x?.member`");
  EXPECT_EQ(hint("input.a is nil"), "write `== nil` instead of `is nil`");
  EXPECT_EQ(hint("input.a is 'x'"), "write `==` instead of `is`");
  EXPECT_EQ(hint("input.a is not None"), "write `~= nil` instead of `is not None`");
  EXPECT_EQ(hint("input.a is not 'x'"), "write `~=` instead of `is not`");
  EXPECT_EQ(hint("input.a =~ 'x'"),
            "write `string.match(x, \"a\") ~= nil` instead of `x =~ \"a\"`, with a pattern of RE2: `^[a-z]+$`");
  EXPECT_EQ(hint("input.a => 1"), "write `>=` instead of `=>`");
  EXPECT_EQ(hint("input.a += 1"), "an expression gives a value and assigns none: write `x + 1` instead of `x += 1`");
  EXPECT_EQ(hint("input.a ..= 'x'"),
            "an expression gives a value and assigns none: write `x .. 1` instead of `x ..= 1`");
  EXPECT_EQ(hint("input.a++"), "an expression gives a value and assigns none: write `x + 1` instead of `x++`");
  EXPECT_EQ(hint("input.a ?: 'x'"), "write `input.a or 'x'`");
  const std::string nested =
      "a choice is written `(a) and (b) or (c)`, and one of several `(a) and (b) or ((c) and (d) or (e))`";
  EXPECT_EQ(hint("input.a ? 1 : input.b ? 2 : 3"), nested);
  EXPECT_EQ(hint("input.a ? input.b ? 1 : 2 : 3"), nested);
  EXPECT_EQ(hint("ti.xcom_pull(task_ids='a')"), "write `tasks.a.result`");
  EXPECT_EQ(hint("'x' in input.a"),
            "one of several values is written `x == 1 or x == 2`, and whether a text has a part "
            "`string.find(text, part, 1, true) ~= nil`");
  EXPECT_EQ(hint("tasks.a.result.0"),
            "an element is written tasks.a.result[N], and the first one is tasks.a.result[1]");
  EXPECT_EQ(hint("tasks['a-b'].result.x.0.y"),
            "an element is written tasks['a-b'].result.x[N], and the first one is tasks['a-b'].result.x[1]");
  EXPECT_EQ(hint("1 + tasks.1.result.x > 2"), "write tasks[\"1\"].result.x for a task id that is a number");
  EXPECT_THAT(hint("'a && b' +"), ::testing::StartsWith("(none)")) << "what stands in a text is none of it";
}

}  // namespace
}  // namespace pawl::expression
