// What expressions mean: JSON through proxies, tasks, the sandbox, and the determinism of it all.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "expression/fake_scope_test.h"

namespace pawl::expression {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Evaluating : public ExpressionTest {
 protected:
  Evaluating() {
    scope.input_value = json(R"({"list":[10,null,30],"object":{"z":1,"a":null,"m":[{"deep":true}]},"text":"héllo",
                                 "yes":true,"none":null,"float":1.0,"big":18446744073709551615,"id":9007199254740993})");
    scope.tasks["a"] = {.state = TaskState::completed, .result = json(R"({"b":5,"rows":[1,2]})"), .error = {}};
    scope.tasks["a-b"] = {.state = TaskState::completed, .result = 7, .error = {}};
    scope.tasks["bad"] = {.state = TaskState::failed, .result = {}, .error = json(R"({"code":"boom"})")};
    scope.tasks["slow"] = {.state = TaskState::running, .result = {}, .error = {}};
  }
};

TEST_F(Evaluating, values_pass_through_unchanged) {
  EXPECT_EQ(value_of("input"), to_json_text(scope.input_value));
  EXPECT_EQ(value_of("{x = input.object, y = input.list}"),
            R"({"x":{"z":1,"a":null,"m":[{"deep":true}]},"y":[10,null,30]})");
  for (const char* name : {"list", "object", "text", "yes", "none", "float", "big", "id"})
    EXPECT_EQ(value_of(std::string("input.") + name), to_json_text(scope.input_value.at(name)));
}

TEST_F(Evaluating, numbers_above_two_to_the_63rd_are_shown_and_compared_exactly) {
  EXPECT_EQ(value_of("tostring(input.big) .. '/' .. input.big .. 1 .. ('%s'):format(input.big)"),
            R"("18446744073709551615/18446744073709551615118446744073709551615")");
  EXPECT_EQ(value_of("type(input.big)"), R"("number")");
  EXPECT_EQ(value_of("{input.big == input.big, input.big == 1}"), "[true,false]");
  EXPECT_EQ(value_of("{input.big > 5, 5 < input.big, input.big < 5, 5 >= input.big, input.big >= input.big}"),
            "[true,true,false,false,true]");
  EXPECT_EQ(value_of("{input.big > 1.5, input.big < 1e30, 1e30 <= input.big, input.big > 2.0^63, input.big < 2.0^64}"),
            "[true,true,false,true,true]");
  EXPECT_EQ(value_of("{input.big < 0/0, input.big >= 0/0, 0/0 <= input.big, input.big > -1e30}"),
            "[false,false,false,true]");
  EXPECT_THAT(error_of("input.big > 'x'"), HasSubstr("compare a number with a string"));
  EXPECT_THAT(error_of("nil <= input.big"), HasSubstr("compare a number with a nil"));
  EXPECT_THAT(error_of("input.big + 1"), HasSubstr("arithmetic on a large number value"));
  EXPECT_THAT(error_of("input.big .. {}"), HasSubstr("concatenate a table"));
  scope.input_value = std::uint64_t{5};
  EXPECT_EQ(value_of("input + 1"), "6");
}

TEST_F(Evaluating, arrays_are_indexed_from_one) {
  EXPECT_EQ(value_of("{input.list[1], input.list[3], input.list[3.0], #input.list}"), "[10,30,30,3]");
  EXPECT_EQ(value_of("array{input.list[0], input.list[2], input.list[4], input.list.x, input.list[1.5], 1}"),
            "[null,null,null,null,null,1]");
  EXPECT_EQ(value_of("array{input.object[1], #input.object}"), "[null,0]");
}

TEST_F(Evaluating, null_is_nil) {
  EXPECT_EQ(value_of("input.none == nil and input.none == null and input.nothing == nil"), "true");
  EXPECT_EQ(value_of("null"), "null");
  EXPECT_EQ(error_of("input.none.x"), "attempt to index a nil value (field 'none')");
}

TEST_F(Evaluating, proxies_work_with_the_table_functions) {
  EXPECT_EQ(value_of("type(input)"), R"("table")");
  EXPECT_EQ(value_of("type(tasks.a)"), R"("table")");
  EXPECT_EQ(value_of("table.concat(tasks.a.result.rows, ',')"), R"("1,2")");
  EXPECT_EQ(value_of("{table.unpack(tasks.a.result.rows)}"), "[1,2]");
  EXPECT_EQ(
      value_of("(function() local s = 0 for i, v in ipairs(tasks.a.result.rows) do s = s + i * v end return s end)()"),
      "5");
  EXPECT_EQ(value_of("('$z'):gsub('\\\\$(z)', input.object)"), R"("1")");
}

TEST_F(Evaluating, pairs_follows_the_order_of_the_document) {
  EXPECT_EQ(
      value_of(
          "(function() local t = {} for k, v in pairs(input.object) do t[#t + 1] = k .. type(v) end return t end)()"),
      R"(["znumber","anil","mtable"])");
  EXPECT_EQ(value_of("(function() local n = 0 for k in pairs(input.list) do n = n + k end return n end)()"), "6");
}

TEST_F(Evaluating, pairs_over_a_table_has_one_order) {
  EXPECT_EQ(value_of(R"((function() local t, s = {b=1, a=2, [10]=3, [2]=4, [true]=5, [1.5]=6, [false]=7}, ''
                         for k, v in pairs(t) do s = s .. tostring(k) .. '=' .. v .. ' ' end return s end)())"),
            R"("false=7 true=5 1.5=6 2=4 10=3 a=2 b=1 ")");
  EXPECT_THAT(error_of("pairs({[{}] = 1})"), HasSubstr("this one is a table"));
  EXPECT_THAT(error_of("pairs(5)"), HasSubstr("table expected"));
}

TEST_F(Evaluating, proxies_are_equal_if_their_json_is) {
  scope.input_value =
      json(R"({"a":{"x":[1,{"y":2}],"z":null},"b":{"z":null,"x":[1,{"y":2}]},"c":{"x":[1,{"y":3}],"z":null}})");
  EXPECT_EQ(
      value_of("{input.a == input.b, input.a == input.c, input.a ~= input.b, input.a == input.a.x, input.a == {}}"),
      "[true,false,false,false,false]");
}

TEST_F(Evaluating, inputs_are_read_only) {
  for (const char* change :
       {"input.x = 1", "input.list[1] = 2", "table.insert(input.list, 1)", "table.sort(input.list)", "tasks.a = 1",
        "workflow.id = 1", "tasks.a.result = 2", "string.x = 1", "string.rep = 1", "math.pi = 3", "x = 1",
        "tostring = 1", "table.insert(string, 1)", "table.remove(math)"})
    EXPECT_NE(error_of(std::string("(function() ") + change + " end)()"), "") << change;
  EXPECT_EQ(value_of("input.list"), "[10,null,30]");
}

TEST_F(Evaluating, tables_become_arrays_or_objects) {
  EXPECT_EQ(value_of("{}"), "{}");
  EXPECT_EQ(value_of("array{}"), "[]");
  EXPECT_EQ(value_of("{1, 'two', {3}}"), R"([1,"two",[3]])");
  EXPECT_EQ(value_of("{b = 1, a = {c = 2}}"), R"({"a":{"c":2},"b":1})");
  EXPECT_EQ(value_of("array{1, nil, 3, nil}"), "[1,null,3]");
  EXPECT_THAT(error_of("{1, nil, 3}"), HasSubstr("array{...}"));
  EXPECT_THAT(error_of("{1, x = 2}"), HasSubstr("array"));
  EXPECT_THAT(error_of("array{1, x = 2}"), HasSubstr("not 1..n"));
  EXPECT_THAT(error_of("{[0] = 1}"), HasSubstr("not 1..n"));
  EXPECT_THAT(error_of("(function() local t = {} t.t = t return t end)()"), HasSubstr("circle"));
}

TEST_F(Evaluating, what_is_no_json_is_refused) {
  EXPECT_THAT(error_of("type"), HasSubstr("a function is not a JSON value"));
  EXPECT_THAT(error_of("0/0"), HasSubstr("not finite"));
  EXPECT_THAT(error_of("{math.huge}"), HasSubstr("not finite"));
  EXPECT_THAT(error_of("'\\xff'"), HasSubstr("UTF-8"));
  EXPECT_THAT(error_of("tasks.a"), HasSubstr("take its result"));
  EXPECT_THAT(error_of("workflow"), HasSubstr("id or name"));
}

TEST_F(Evaluating, tasks_have_result_error_and_state) {
  EXPECT_EQ(value_of("tasks.a.result.b + tasks['a-b'].result"), "12");
  EXPECT_EQ(value_of("{tasks.bad.error.code, tasks.bad.state, tasks.slow.state}"), R"(["boom","failed","running"])");
  EXPECT_EQ(value_of("tasks.bad.result"), "null");
  EXPECT_EQ(error_of("tasks.slow.result"), R"(task "slow" has not ended (it is running); add it to the dependencies)");
  EXPECT_EQ(error_of("tasks.a.output"), R"(a task has result, error and state, not "output")");
  EXPECT_EQ(error_of("tasks.nope.result"), R"(unknown task "nope")");
  EXPECT_EQ(error_of("tasks.fetch-data.result"),
            R"(unknown task "fetch"; write tasks["fetch-data"] for a task id with a hyphen)");
  EXPECT_EQ(error_of("tasks[1]"), "tasks are named by strings; pairs(tasks) goes through all that this one depends on");
}

TEST_F(Evaluating, the_names_of_the_scope_are_known) {
  EXPECT_EQ(value_of("{workflow.id, workflow.name, attempt}"), R"(["wf-1","nightly",3])");
  EXPECT_EQ(value_of("item == nil and index == nil"), "true");
  scope.item_value = json(R"({"n":1})");
  scope.index_value = 4;
  EXPECT_EQ(value_of("{item.n, index}"), "[1,4]");
  EXPECT_EQ(error_of("workflow.version"), R"(workflow has id and name, not "version")");
  EXPECT_EQ(error_of("nothing"), R"(unknown variable "nothing")");
}

TEST_F(Evaluating, nothing_dangerous_is_there) {
  for (const char* name :
       {"os",    "io",        "load",           "loadstring",   "dofile", "loadfile", "require",  "package",
        "pcall", "xpcall",    "setmetatable",   "getmetatable", "rawset", "rawget",   "rawequal", "rawlen",
        "debug", "coroutine", "collectgarbage", "print",        "warn",   "_G",       "_VERSION", "assert"})
    EXPECT_EQ(error_of(name), "unknown variable \"" + std::string(name) + "\"");
  for (const char* member : {"string.dump", "string.pack", "string.unpack", "math.random", "math.randomseed",
                             "table.move", "utf8.charpattern", "('').__index", "('').dump", "string.format.x"})
    EXPECT_THAT(value_of(member), ::testing::AnyOf("null", HasSubstr("attempt to index"))) << member;
}

TEST_F(Evaluating, nothing_leaks_into_the_next_evaluation) {
  for (const char* attempt : {"array(string)", "array(math)", "array(_ENV)", "array(table)"})
    EXPECT_THAT(error_of(attempt), HasSubstr("library")) << attempt;
  EXPECT_NE(error_of("(function() leaked = 1 return leaked end)()"), "");
  EXPECT_NE(error_of("(function() _ENV.leaked = 1 end)()"), "");
  EXPECT_EQ(error_of("leaked"), R"(unknown variable "leaked")");
  EXPECT_EQ(value_of("(function() local string = {upper = 1} return ('x'):upper() end)()"), R"("X")");
  EXPECT_EQ(value_of("array(array{1})"), "[1]");
}

TEST_F(Evaluating, addresses_are_not_shown) {
  for (const char* expression : {"tostring({})",
                                 "tostring(type)",
                                 "tostring(input)",
                                 "tostring(tasks)",
                                 "('%s'):format({})",
                                 "('%s'):format(input)",
                                 "('%q'):format({})",
                                 "('%5s'):format(type)",
                                 "('%p'):format('x')",
                                 "('%-20p'):format({})",
                                 "('%%%p'):format({})",
                                 "('%020p'):format('x')",
                                 "tasks.a[{}]",
                                 "workflow[{}]",
                                 "error({})",
                                 "input .. 'x'",
                                 "{} .. 'x'",
                                 "#tasks",
                                 "{} < {}",
                                 "tasks[{}]",
                                 "('x'):rep({})",
                                 "math.floor({})",
                                 "table.concat({{}})",
                                 "_ENV[{}]",
                                 "ipairs()",
                                 "error(type)"})
    EXPECT_THAT(value_of(expression), Not(HasSubstr("0x"))) << expression;
  EXPECT_EQ(value_of("('100%%p %s'):format(1)"), R"("100%p 1")");
}

TEST_F(Evaluating, errors_read_well) {
  EXPECT_EQ(error_of("input.text.x.y"), "attempt to index a nil value (field 'x')");
  EXPECT_EQ(error_of("error('no rows')"), "no rows");
  EXPECT_EQ(error_of("\n\nerror('no rows')"), "no rows");
  EXPECT_EQ(error_of("error(5)"), "5");
  EXPECT_EQ(error_of("error({})"), "it raised an error that is not a string");
  EXPECT_EQ(error_of("error()"), "it raised an error that is not a string");
  EXPECT_EQ(error_of("error('a\\nb\\xff\\xc3\\xa9')"), "a b?\xc3\xa9");
  EXPECT_LT(error_of("error(('x'):rep(100000))").size(), 400U);
  EXPECT_THAT(error_of("input.list + 1"), HasSubstr("attempt to perform arithmetic on a table value"));
}

TEST_F(Evaluating, what_is_not_one_expression_is_refused_with_its_column) {
  for (const char* expression : {"", " ", "1; x", "1, 2", "1) + (2", "--comment", "1 --[[", "1 end", "return 1",
                                 "x = 1", ";", "\x1bLua", "1\n2", "1 or", "#"}) {
    const Result<Json> value = evaluator.evaluate(expression, scope);
    ASSERT_FALSE(value.has_value()) << expression;
    EXPECT_EQ(value.error().code, ErrorCode::invalid_argument) << expression;
    EXPECT_GT(value.error().column, 0U) << expression;
  }
  EXPECT_EQ(value_of("1 -- one"), "1");
  EXPECT_EQ(value_of("1 --[[ one ]] + 1"), "2");
  EXPECT_EQ(value_of("1\n+\n1\n"), "2");
}

TEST_F(Evaluating, arithmetic_on_texts_says_what_to_write) {
  constexpr std::string_view kBegin = "attempt to perform arithmetic on the text ";
  const auto wrong = [&](std::string_view rest) { return fmt::format("{}{}", kBegin, rest); };
  constexpr std::string_view kNumber = "\"7\"; tonumber(x) makes a number of a text";
  EXPECT_EQ(error_of("'a' + 'b'"), wrong("\"a\"; texts are joined with `..`"));
  EXPECT_EQ(error_of("'a' + 1"), wrong("\"a\"; texts are joined with `..`"));
  EXPECT_EQ(error_of("'7' + 'b'"), wrong("\"b\"; texts are joined with `..`"));
  for (const char* expression :
       {"'7' + 1", "1 - '7'", "'7' * 2", "'7' / '2'", "-'7'", "'7' // 2", "'7' % 2", "2 ^ '7'"})
    EXPECT_EQ(error_of(expression), wrong(kNumber)) << expression;
  EXPECT_EQ(error_of("'x' * 3"), wrong("\"x\", which is not a number"));
  EXPECT_EQ(error_of("'7' + nil"), "attempt to perform arithmetic on a nil value");
  EXPECT_EQ(value_of("tonumber('7') + 1"), "8");
  EXPECT_EQ(error_of("1 < '2'"), "attempt to compare number with string; tonumber(x) makes a number of a text");
}

TEST_F(Evaluating, members_of_a_command_that_printed_json_say_what_the_result_is) {
  const auto of_result = [&](std::string_view result, std::string_view expression) {
    scope.tasks["a"] = {.state = TaskState::completed, .result = json(result), .error = {}};
    return error_of(expression);
  };
  EXPECT_EQ(of_result("42", "tasks.a.result.stdout"),
            "what \"a\" printed is JSON: write tasks.a.result, which is the number 42 and has no stdout");
  EXPECT_EQ(of_result("\"prod\"", "tasks.a.result.stdout == 'x'"),
            "what \"a\" printed is JSON: write tasks.a.result, which is the text \"prod\" and has no stdout");
  EXPECT_EQ(of_result("true", "tasks.a.result.exit_code == 0"),
            "what \"a\" printed is JSON: write tasks.a.result, which is the value true and has no exit_code");
  scope.tasks["b-c"] = {.state = TaskState::completed, .result = json("1"), .error = {}};
  EXPECT_THAT(error_of("tasks['b-c'].result.stderr"), HasSubstr("write tasks[\"b-c\"].result"));
  EXPECT_EQ(value_of("('x').other"), "null");
}

TEST_F(Evaluating, trims_texts) {
  EXPECT_EQ(value_of("trim(' \\t a b\\r\\n')"), R"("a b")");
  EXPECT_EQ(value_of("trim(' \\n') .. trim('') .. trim(12)"), R"("12")");
  EXPECT_THAT(error_of("trim(nil)"), HasSubstr("bad argument #1 to 'trim'"));
}

TEST_F(Evaluating, sorting_is_stable_and_survives_a_bad_comparison) {
  EXPECT_EQ(value_of("(function() local t = {3, 1, 2, 1} table.sort(t) return t end)()"), "[1,1,2,3]");
  EXPECT_EQ(value_of("(function() local t = {'b1', 'a1', 'b2', 'a2', 'c'} table.sort(t, function(x, y) return x:sub(1, "
                     "1) > y:sub(1, 1) end) return t end)()"),
            R"(["c","b1","b2","a1","a2"])");
  EXPECT_EQ(value_of("(function() local t = {3, 1, 2} table.sort(t, function() return true end) return #t end)()"),
            "3");
  EXPECT_EQ(value_of("(function() local t = {} table.sort(t) return #t end)()"), "0");
  EXPECT_THAT(error_of("(function() local t = {1, 'x'} table.sort(t) end)()"), HasSubstr("attempt to compare"));
}

TEST_F(Evaluating, appending_costs_the_same_however_long_the_table_is) {
  EXPECT_EQ(value_of("(function() local t = {} for i = 1, 3000 do table.insert(t, i) end for i = 1, 1000 do "
                     "table.remove(t) end return #t end)()"),
            "2000");
}

}  // namespace
}  // namespace pawl::expression
