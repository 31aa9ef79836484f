// What an expression reads is found as far as it stands there literally, and nothing else is.
#include <gmock/gmock.h>

#include "expression/expression.h"

namespace pawl::expression {
namespace {

using ::testing::ElementsAre;

// "a.b.c", and "a.b=text" where it is compared.
std::vector<std::string> accesses(std::string_view expression) {
  std::vector<std::string> found;
  for (const Access& access : find_accesses(expression)) {
    std::string text;
    for (const std::string& part : access.path) text += (text.empty() ? "" : ".") + part;
    found.push_back(text + (access.compared_with
                                ? (access.compared_with->is_equal ? "=" : "~=") + access.compared_with->literal
                                : ""));
  }
  return found;
}

TEST(Accesses, are_chains_of_members) {
  EXPECT_THAT(accesses("tasks.a.result.rows + input['who']"), ElementsAre("tasks.a.result.rows", "input.who"));
  EXPECT_THAT(accesses("tasks[\"a-b\"].state"), ElementsAre("tasks.a-b.state"));
  EXPECT_THAT(accesses("input.list[1].name"), ElementsAre("input.list")) << "what follows a number is not known";
  EXPECT_THAT(accesses("input[input.key]"), ElementsAre("input.key"));
  EXPECT_THAT(accesses("'input.x' -- input.y"), ElementsAre());
  EXPECT_THAT(accesses("input"), ElementsAre());
}

TEST(Accesses, know_what_they_are_compared_with) {
  EXPECT_THAT(accesses("tasks.a.state == 'failed' or \"skipped\" == tasks.b.state"),
              ElementsAre("tasks.a.state=failed", "tasks.b.state=skipped"));
  EXPECT_THAT(accesses("tasks.a.state ~= 'failed'"), ElementsAre("tasks.a.state~=failed"));
  EXPECT_THAT(accesses("tasks.a.state == 'fai' .. 'led'"), ElementsAre("tasks.a.state"));
  EXPECT_THAT(accesses("input.n == 3 or -1 == input.m or input.d == true or input.l ~= {1} or input.n == -2"),
              ElementsAre("input.n=3", "input.m", "input.d=true", "input.l~={", "input.n=-2"));
  EXPECT_THAT(accesses("input.t == 'a\\n'"), ElementsAre("input.t=a\n"));
  for (const char* expression : {"input.n == 3 + 1", "#input.n == 3", "1 + input.n == 3", "3 == input.n * 2",
                                 "2 + 1 == input.n", "'x' .. input.n == 'y'"})
    EXPECT_THAT(accesses(expression), ElementsAre("input.n")) << expression;
}

TEST(Accesses, are_not_looked_for_where_there_are_names_of_its_own) {
  EXPECT_THAT(accesses("(function() local input = {} return input.x end)()"), ElementsAre());
}

}  // namespace
}  // namespace pawl::expression
