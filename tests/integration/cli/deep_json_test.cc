// JSON that is accepted, and what is built from it: no depth of it takes the program, or another workflow, down.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/durable_cli_test.h"

namespace pawl::testing {
namespace {

using ::testing::HasSubstr;

class CliDeepJson : public DurableCliTest {
 protected:
  // A task that prints so many arrays, one inside the other, and one that is given them.
  [[nodiscard]] std::string deep(int levels) const {
    return flow(
               "name: deep\ntasks:\n  a: {run: \"cat deep.json\"}\n"
               "  c: {run: [cat], stdin: \"${{ tasks.a.result }}\", dependencies: [a]}\n") +
           (folder_.write("deep.json", std::string(static_cast<std::size_t>(levels), '[') +
                                           std::string(static_cast<std::size_t>(levels), ']')),
            std::string());
  }
};

TEST_F(CliDeepJson, goes_through_as_deep_as_it_is_accepted) {
  for (const int levels : {199, 200}) {
    const ProcessResult ran = pawl({"run", deep(levels), "--output", "json"});
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("\"state\":\"completed\""));
  }
}

TEST_F(CliDeepJson, is_refused_where_it_comes_in_deeper) {
  const ProcessResult ran = pawl({"run", deep(201)});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.err + ran.out, HasSubstr("nested deeper than 200 levels"));
}

// Every verb that reads the workflow; and resuming, which another one is part of.
TEST_F(CliDeepJson, is_read_back_by_every_verb) {
  EXPECT_EQ(on_data({"run", deep(199), "--id", "deep"}).exit_code, 0);
  interrupt_three("three", SIGKILL);
  let_go();
  const ProcessResult resumed = on_data({"resume"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(state_of("three"), "completed");
  for (const char* const verb : {"show", "history", "wait"}) {
    const ProcessResult read = on_data({verb, "deep"});
    EXPECT_EQ(read.exit_code, 0) << verb << read.err;
  }
  EXPECT_EQ(on_data({"list"}).exit_code, 0);
  EXPECT_EQ(pawl({"doctor", data()}).exit_code, 0);
  // Of the report it is too deep to be read by our own parser of what comes in; its text is whole.
  const ProcessResult shown = on_data({"show", "deep", "--output", "json"});
  EXPECT_THAT(shown.out, HasSubstr(std::string(199, '[') + std::string(199, ']')));
}

}  // namespace
}  // namespace pawl::testing
