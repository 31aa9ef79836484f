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
    found.push_back(text + (access.compared_with ? "=" + *access.compared_with : ""));
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
  EXPECT_THAT(accesses("tasks.a.state ~= 'failed'"), ElementsAre("tasks.a.state"));
  EXPECT_THAT(accesses("tasks.a.state == 'fai' .. 'led'"), ElementsAre("tasks.a.state"));
}

TEST(Accesses, are_not_looked_for_where_there_are_names_of_its_own) {
  EXPECT_THAT(accesses("(function() local input = {} return input.x end)()"), ElementsAre());
}

}  // namespace
}  // namespace pawl::expression
