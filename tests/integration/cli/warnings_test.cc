// What is allowed and hardly meant is told on standard error, and refused with --strict.
#include <gmock/gmock.h>

#include "tests/support/cli_test.h"

namespace pawl::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kDoubtful =
    "name: x\ninput: {who: world}\ntasks:\n  a: {run: cat, stdin: '${{ input.wo }}'}\n";
constexpr std::string_view kSound =
    "name: x\ninput: {who: world}\ntasks:\n  a: {run: cat, stdin: '${{ input.who }}'}\n";
constexpr std::string_view kForeign =
    "name: x\ntasks:\n  a: {module: billing, function: charge}\n  b: {module: mail, function: send}\n";

class CliWarnings : public CliTest {};

TEST_F(CliWarnings, validate_tells_where_and_what_was_meant) {
  const std::string file = flow(kDoubtful);
  const ProcessResult result = pawl({"validate", file});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, StartsWith(file + ": ok: x"));
  EXPECT_THAT(result.err,
              AllOf(StartsWith("pawl: " + file + ":4:24: warning: tasks.a.stdin: input has no member \"wo\""),
                    HasSubstr("did you mean \"who\"?")));
}

TEST_F(CliWarnings, strict_refuses) {
  const std::string file = flow(kDoubtful);
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"validate", file, "--strict"}, {"run", file, "--strict"}}) {
    const ProcessResult result = pawl(arguments);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, AllOf(HasSubstr(":4:24: warning: "), HasSubstr(file + ": refused: --strict")));
  }
  const ProcessResult sound = pawl({"validate", flow(kSound), "--strict"});
  EXPECT_EQ(sound.exit_code, 0);
  EXPECT_EQ(sound.err, "");
}

TEST_F(CliWarnings, run_tells_and_runs) {
  const ProcessResult result = pawl({"run", flow(kDoubtful), "--output", "json"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(report_of(result).at("state"), "completed");
  EXPECT_THAT(result.err, HasSubstr("warning: tasks.a.stdin"));
}

TEST_F(CliWarnings, a_key_of_the_input_that_is_not_known) {
  const std::string file = flow(kSound);
  const std::vector<std::string> run = {"run", file, "--output", "json", "--input", R"({"wo": "Pawl"})"};
  const ProcessResult told = pawl(run);
  EXPECT_EQ(told.exit_code, 0);
  EXPECT_EQ(told.err,
            "pawl: --input: warning: input.wo: the definition's input has no member \"wo\" (did you mean \"who\"?)\n");
  std::vector<std::string> strict = run;
  strict.emplace_back("--strict");
  const ProcessResult refused = pawl(strict);
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_EQ(refused.out, "");
  EXPECT_EQ(pawl({"run", file, "--input", R"({"who": "Pawl"})", "--strict"}).exit_code, 0);
}

TEST_F(CliWarnings, validate_takes_handlers_as_known_that_a_program_has) {
  const std::string file = flow(kForeign);
  EXPECT_EQ(pawl({"validate", file}).exit_code, 2);
  EXPECT_EQ(pawl({"validate", "--handlers", "billing.*", file, "--handlers", "mail.send"}).exit_code, 0);
  EXPECT_EQ(pawl({"validate", "--allow-unknown", file}).exit_code, 0);
  expect_refused({"validate", file, "--handlers", "billing.*"},
                 file + ":4:15: tasks.b.module: unknown module \"mail\", and no --handlers matches mail.send");
}

TEST_F(CliWarnings, built_in_modules_are_checked_whatever_is_declared) {
  const std::string file = flow("name: x\ntasks:\n  a: {module: exec, function: shel}\n");
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"validate", file, "--allow-unknown"}, {"validate", file, "--handlers", "*"}}) {
    const ProcessResult result = pawl(arguments);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.err, HasSubstr("module \"exec\" has no function \"shel\""));
  }
}

}  // namespace
}  // namespace pawl::testing
