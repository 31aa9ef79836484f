// Output that was cut is said to be; other results are left alone, whatever they look like.
#include "cli/view/cut_output.h"

#include <gtest/gtest.h>

namespace pawl::cli {
namespace {

std::string note(std::string_view result) { return describe_cut(JsonText::copy_of(result)); }

TEST(CutOutput, is_said_of_each_stream) {
  EXPECT_EQ(note(R"({"exit_code":0,"stdout_dropped":7,"stdout":"abc","stderr":""})"),
            "stdout cut: the last 3 of 10 bytes are kept");
  EXPECT_EQ(note(R"({"exit_code":0,"stdout_dropped":7,"stdout":"abc","stderr_dropped":1,"stderr":"d"})"),
            "stdout cut: the last 3 of 10 bytes are kept; stderr cut: the last 1 of 2 bytes are kept");
}

TEST(CutOutput, is_not_said_of_what_is_whole_or_something_else) {
  for (const char* result :
       {R"({"exit_code":0,"stdout":"abc","stderr":""})", "null", "[1]",
        R"({"exit_code":0,"stdout":"\"stdout_dropped\":7","stderr":""})",
        R"({"exit_code":0,"stdout_dropped":"x","stdout":"","stderr":""})", R"({"stdout_dropped":7,"stdout":"abc"})"})
    EXPECT_EQ(note(result), "") << result;
}

}  // namespace
}  // namespace pawl::cli
