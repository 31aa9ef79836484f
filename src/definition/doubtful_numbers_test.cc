// Durations without a unit that may be seconds are warned of wherever they stand in a definition.
#include <gmock/gmock.h>

#include "pawl/definition.h"

namespace pawl {
namespace {

std::vector<std::string> doubts_of(const std::string& text) {
  std::vector<Warning> warnings;
  EXPECT_TRUE(read_definition(text, {}, {.warnings = &warnings})) << text;
  std::vector<std::string> texts;
  for (const Warning& warning : warnings) texts.push_back(describe_warning(warning, ""));
  return texts;
}

std::vector<std::string> doubts_of_task(const std::string& members) {
  return doubts_of("name: x\ntasks: {a: {" + members + "}}\n");
}

TEST(DoubtfulNumbers, durations_that_may_be_seconds) {
  using ::testing::ElementsAre;
  using ::testing::HasSubstr;
  using ::testing::IsEmpty;
  EXPECT_THAT(doubts_of("name: x\ntimeout: 3600\ntasks: {a: {run: ls}}\n"),
              ElementsAre("line 2:10: warning: timeout: 3600 without a unit is milliseconds: write 3600ms, or 3600s if "
                          "it is meant as seconds"));
  for (const std::string member :
       {"timeout: 3600", "timeout: '3600'", "schedule_to_start: 3600", "schedule_to_close: 3600",
        "retry_policy: {base_delay: 3600, max_delay: 1d}", "retry_policy: {base_delay: 1s, max_delay: 3600}",
        "compensation: {run: ls, timeout: 3600}",
        "compensation: {run: ls, retry_policy: {base_delay: 3600, max_delay: 1d}}"})
    EXPECT_THAT(doubts_of_task("run: ls, " + member), ElementsAre(HasSubstr("3600 without a unit"))) << member;
  EXPECT_THAT(doubts_of_task("sleep: 1500"), ElementsAre(HasSubstr("tasks.a.sleep: 1500 without a unit")));
  for (const std::string clear : {"timeout: 3600s", "timeout: 3600ms", "timeout: 3600000", "env: {timeout: 3600}",
                                  "stdin: '3600'", "retry_policy: {max_attempts: 1000}"})
    EXPECT_THAT(doubts_of_task("run: ls, " + clear), IsEmpty()) << clear;
}

// What was stored was written by Pawl, in milliseconds.
TEST(DoubtfulNumbers, a_stored_definition_has_milliseconds) {
  std::vector<Warning> warnings;
  EXPECT_TRUE(
      read_definition("name: x\ntasks: {a: {run: ls, timeout: 3600}}\n", {}, {.warnings = &warnings, .stored = true}));
  EXPECT_TRUE(warnings.empty());
}

}  // namespace
}  // namespace pawl
