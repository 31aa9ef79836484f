// What can be told of the kinds of values: comparisons that never hold, conditions that are none, members that texts do
// not have.
#include <gmock/gmock.h>

#include "pawl/definition.h"

#include "definition/warnings_testing.h"

namespace pawl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(CheckInput, names_values_of_another_kind_than_the_default) {
  const auto definition = read_definition(
      "name: x\ninput: {n: 3, deploy: false, v: '1.10', any: null, list: []}\ntasks: {a: {run: 'true'}}\n");
  ASSERT_TRUE(definition);
  const auto warned = [&](const Json& input) {
    const std::vector<Warning> warnings = check_input(**definition, input);
    return warnings.size() == 1 ? describe_warning(warnings[0], "") : std::to_string(warnings.size());
  };
  EXPECT_EQ(warned({{"n", "7"}}), "warning: input.n: it is a text, and by default a number: write 7, without quotes");
  EXPECT_EQ(warned({{"deploy", "true"}}),
            "warning: input.deploy: it is a text, and by default true or false: write true, without quotes");
  EXPECT_EQ(warned({{"n", "seven"}}), "warning: input.n: it is a text, and by default a number");
  EXPECT_EQ(warned({{"deploy", 1}}), "warning: input.deploy: it is a number, and by default true or false");
  EXPECT_EQ(warned({{"v", 2}}), "warning: input.v: it is a number, and by default a text: write \"2\"");
  EXPECT_EQ(warned({{"list", "a"}}), "warning: input.list: it is a text, and by default a list or an object");
  EXPECT_EQ(warned({{"n", 1.5}, {"deploy", true}, {"v", "2"}, {"any", "x"}, {"list", {1}}}), "0");
  EXPECT_EQ(warned({{"n", nullptr}, {"v", nullptr}}), "0");
}

TEST(Warnings, comparisons_of_kinds_that_never_equal) {
  const auto warned = [](const std::string& when) {
    const auto warnings = warnings_of(
        "name: x\ninput: {n: 3, flag: false, v: '1', any: null, list: [1]}\ntasks:\n  a: {run: make}\n"
        "  b: {run: 'true', dependencies: [a], when: '" +
        when + "'}\n");
    return warnings.empty() ? std::string() : warnings.front().substr(warnings.front().find("when: ") + 6);
  };
  EXPECT_EQ(warned(R"(input.n == "3")"),
            R"(this is never true: input.n is a number by default, and the text "3" is not; write input.n == 3)");
  EXPECT_EQ(warned(R"(input.n ~= "3")"),
            R"(this is always true: input.n is a number by default, and the text "3" is not; write input.n ~= 3)");
  EXPECT_EQ(
      warned(R"("yes" == input.flag)"),
      R"(this is never true: input.flag is true or false by default, and the text "yes" is not; write input.flag == true)");
  EXPECT_THAT(warned(R"(input.flag == "true")"), HasSubstr("; write input.flag == true"));
  EXPECT_EQ(warned(R"(input.v == 1)"),
            R"(this is never true: input.v is a text by default, and the number 1 is not; write input.v == "1")");
  EXPECT_EQ(warned(R"(input.n == true)"), "this is never true: input.n is a number by default, and true is not");
  EXPECT_EQ(warned(R"(input.list == {1})"),
            "this is never true: a list or an object that an expression makes equals no other; compare what is in it");
  EXPECT_EQ(warned(R"(tasks.a.result.exit_code == "0")"),
            R"(this is never true: tasks.a.result.exit_code is a number, and the text "0" is not; write )"
            R"(tasks.a.result.exit_code == 0)");
  for (const char* right :
       {R"(input.n == 4)", R"(input.flag == true)", R"(input.v == "2")", R"(input.any == 1)", R"(input.any == "1")",
        R"(tasks.a.result.exit_code ~= 0)", R"(input.n == nil)", R"(tasks.a.result == 4)", R"(input.list[1] == "1")"})
    EXPECT_EQ(warned(right), "") << right;
}

TEST(Warnings, what_a_command_printed_compared_without_its_line_break) {
  const auto warned = [](const std::string& when) {
    const auto warnings = warnings_of_b("when: '" + when + "'");
    return warnings.empty() ? std::string() : warnings.front().substr(warnings.front().find("when: ") + 6);
  };
  EXPECT_EQ(warned(R"(tasks.a.result.stdout == "yes")"),
            R"(what a command prints ends with a line break as a rule, and "yes" does not; write )"
            R"(trim(tasks.a.result.stdout) == "yes")");
  EXPECT_THAT(warned(R"(tasks.a.result.stderr ~= "no")"), HasSubstr(R"(write trim(tasks.a.result.stderr) ~= "no")"));
  EXPECT_EQ(warned(R"(tasks.a.result.stdout == "3")"),
            "a command that prints 3 has that as its result, because it is JSON; write tasks.a.result == 3");
  EXPECT_THAT(warned("tasks.a.result.stdout"), HasSubstr(R"(write trim(tasks.a.result.stdout) == "yes")"));
  for (const char* right : {R"(tasks.a.result.stdout == "yes\n")", R"(tasks.a.result.stdout ~= "")",
                            R"(trim(tasks.a.result.stdout) == "yes")", R"(tasks.a.result == 3)"})
    EXPECT_EQ(warned(right), "") << right;
}

TEST(Warnings, a_condition_that_is_no_condition) {
  EXPECT_THAT(warnings_of_b("when: input.who"),
              ElementsAre("f.yaml:5:45: warning: tasks.b.when: a condition is true, false or nil, and input.who by "
                          "default is a text; write input.who == \"world\""));
  EXPECT_THAT(warnings_of_b("when: input.db.port"), ElementsAre(HasSubstr("is a number; write input.db.port > 0")));
  EXPECT_THAT(warnings_of_b("when: input.db"), ElementsAre(HasSubstr("is a list or an object; write input.db ~= nil")));
  EXPECT_THAT(warnings_of_b("when: \"'yes'\""), ElementsAre(HasSubstr("and this is a text; write 'yes' == \"yes\"")));
  EXPECT_THAT(warnings_of_b("when: '1'"), ElementsAre(HasSubstr("and this is a number")));
  EXPECT_THAT(warnings_of_b("when: '#input.who'"), ElementsAre(HasSubstr("write (#input.who) > 0")));
  EXPECT_THAT(warnings_of_b("when: tasks.a.state"), ElementsAre(HasSubstr("tasks.a.state is a text")));
  EXPECT_THAT(warnings_of_b("when: tasks.a.result.exit_code"),
              ElementsAre(HasSubstr("write tasks.a.result.exit_code > 0")));
  EXPECT_THAT(warnings_of_b("when: tasks.a.result.stdout"), SizeIs(1));
  EXPECT_THAT(warnings_of_b("when: workflow.name"), SizeIs(1));
  for (const char* when :
       {"input.who == 'x'", "tasks.a.result", "tasks.a.result.ok", "not (input.db.port > 1)", "true"})
    EXPECT_THAT(warnings_of_b(std::string("when: \"") + when + "\""), IsEmpty()) << when;
  EXPECT_THAT(warnings_of("name: x\ninput: {go: false, maybe: null}\n"
                          "tasks: {a: {run: 'true', when: input.go}, b: {run: 'true', when: input.maybe}}\n"),
              IsEmpty());
}

TEST(Warnings, a_text_whose_truth_is_asked_for) {
  EXPECT_THAT(warnings_of_b("when: input.who and true"),
              ElementsAre(HasSubstr("input.who by default is a text, and to `and`, `or` and `not` every text and every "
                                    "number is true, even \"\", \"no\" and 0; write input.who == \"world\"")));
  EXPECT_THAT(warnings_of_b("when: not input.db.port"), ElementsAre(HasSubstr("write input.db.port > 0")));
  EXPECT_THAT(warnings_of_b("stdin: '${{ input.who and 1 or 2 }}'"), SizeIs(1));
  EXPECT_THAT(warnings_of_b("stdin: \"${{ 'x' == input.who and 1 or input.who }}\""), IsEmpty());
}

TEST(Warnings, functions_that_values_do_not_have) {
  const auto warned = [](const std::string& expression) {
    const auto warnings = warnings_of(
        "name: x\ninput: {who: world, list: [1], db: {host: h}}\ntasks:\n  a: {run: make}\n"
        "output: {o: '${{ " +
        expression + " }}', p: '${{ tasks.a.state }}'}\n");
    return warnings.empty() ? std::string() : warnings.front().substr(warnings.front().find("output.o: ") + 10);
  };
  EXPECT_EQ(warned("input.who.startswith(\"w\")"),
            "input.who is a value, without functions of its own; write `string.sub(input.who, 1, #part) == part`");
  EXPECT_THAT(warned("tasks.a.result.upper()"), HasSubstr("write `string.upper(tasks.a.result)`"));
  EXPECT_THAT(warned("input.who.strip()"), HasSubstr("write `trim(input.who)`"));
  EXPECT_THAT(warned("input.who.other()"), HasSubstr("those of texts are called by `string.NAME(input.who)`"));
  EXPECT_EQ(warned("input.who.length"), "input.who is a text, and has no member \"length\"; write `#input.who`");
  EXPECT_THAT(warned("input.list.length"), HasSubstr("write `#input.list`"));
  EXPECT_THAT(warned("tasks.a.result.stdout.length"), HasSubstr("write `#tasks.a.result.stdout`"));
  for (const char* right : {"input.who:upper()", "string.upper(input.who)", "tasks.a.result.length", "input.db.length"})
    EXPECT_EQ(warned(right), "") << right;
}

TEST(Warnings, patterns_of_lua) {
  const auto warned = [](const std::string& when) { return warnings_of_b("when: '" + when + "'"); };
  EXPECT_THAT(warned(R"(string.match(input.who, "^%a+$") ~= nil)"),
              ElementsAre(HasSubstr("patterns are those of RE2, not of Lua: write [A-Za-z] for %a")));
  EXPECT_THAT(warned(R"(input.who:find("%d") ~= nil)"), ElementsAre(HasSubstr("write [0-9] for %d")));
  EXPECT_THAT(warned(R"(string.find(input.who, "%d", 1, true) ~= nil)"), IsEmpty()) << "it is no pattern";
  EXPECT_THAT(warned(R"(string.match(input.who, "^[a-z]+$") ~= nil)"), IsEmpty());
  EXPECT_THAT(warned(R"(string.format("%d", 1) == "1")"), IsEmpty());
}

TEST(Warnings, an_output_that_reads_like_an_expression) {
  const auto warned = [](const std::string& output) {
    return warnings_of("name: x\ninput: {who: w}\ntasks:\n  a: {run: [echo, input.who]}\noutput: " + output + "\n");
  };
  EXPECT_THAT(warned("tasks.a.result"),
              ElementsAre("f.yaml:5:9: warning: output: this is the text tasks.a.result; its value is written "
                          "`\"${{ tasks.a.result }}\"`"));
  EXPECT_THAT(warned("{x: [tasks.a.result.stdout]}"), SizeIs(1));
  EXPECT_THAT(warned("input.who"), SizeIs(1));
  for (const char* const text : {"'${{ tasks.a.result }}'", "see tasks.a.result", "tasks.md is a file", "input"})
    EXPECT_THAT(warned(text), IsEmpty()) << text;
}

}  // namespace
}  // namespace pawl
