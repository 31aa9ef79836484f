// Whatever is wrong with a definition or an option, the real binary says so in one line on standard error, exits with
// 2, and has started nothing. Most cases are the files of tests/definitions/bad, each of which names the error it must
// get; here are the ones that no readable file can hold.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

namespace pawl::testing {
namespace {

namespace fs = std::filesystem;

// What a task of the bad definitions touches: it must never be there.
constexpr const char* kMarker = "started";
constexpr std::string_view kMarkingTask = "  first: {run: touch started}\n";

class BadInput : public ::testing::Test {
 protected:
  ProcessResult pawl(std::vector<std::string> arguments, std::string stdin_text = {}) {
    arguments.insert(arguments.begin(), PAWL_BINARY);
    return run_process(arguments, {.cwd = folder_.path(), .stdin_text = std::move(stdin_text)});
  }

  // The invocation says `error` (all of it, unless that ends in `...`) in one line, and does nothing.
  void expect_refused(const std::vector<std::string>& arguments, const std::string& error) {
    ProcessResult result = pawl(arguments);
    EXPECT_EQ(result.err.find('\n'), result.err.size() - 1) << result.err;
    constexpr std::size_t kKept = std::string_view("pawl: ").size() - std::string_view("...").size();
    if (error.ends_with("...")) result.err = result.err.substr(0, error.size() + kKept) + "...\n";
    EXPECT_EQ(result.err, "pawl: " + error + "\n");
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_FALSE(result.timed_out);
    EXPECT_FALSE(fs::exists(folder_.path() / kMarker)) << "something was run";
  }

  // Neither verb accepts the file; the error is "FILE" and then `error`.
  void expect_file_refused(const std::string& file, const std::string& error) {
    SCOPED_TRACE(file);
    expect_refused({"validate", file}, file + error);
    expect_refused({"run", file}, file + error);
  }

  void expect_text_refused(std::string_view text, const std::string& error, std::string_view name = "bad.yaml") {
    expect_file_refused(folder_.write(name, text), error);
  }

  std::string good_file() { return folder_.write("good.yaml", fmt::format("name: x\ntasks:\n{}", kMarkingTask)); }

  TemporaryFolder folder_;
};

TEST_F(BadInput, each_bad_definition_gets_the_error_it_names_and_starts_nothing) {
  constexpr std::string_view kError = "# error: ";
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(PAWL_SOURCE) / "tests/definitions/bad")) {
    const std::string text = read_text(entry.path());
    const std::size_t begin = text.find(kError);
    ASSERT_NE(begin, std::string::npos) << entry.path() << " names no error";
    const std::size_t end = text.find('\n', begin);
    expect_file_refused(entry.path().string(), ":" + text.substr(begin + kError.size(), end - begin - kError.size()));
    ++files;
  }
  EXPECT_GE(files, 100U);
}

// The proof that the marker proves something.
TEST_F(BadInput, a_good_definition_does_leave_the_marker) {
  const ProcessResult result = pawl({"run", good_file()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(fs::exists(folder_.path() / kMarker));
}

TEST_F(BadInput, empty_files_are_refused) {
  expect_text_refused("", ":1:1: the document is empty");
  expect_text_refused("\n \n", ":1:1: the document is empty");
  expect_text_refused("", ":1:1: the document is empty", "bad.json");
}

TEST_F(BadInput, json_that_does_not_parse_is_refused_with_its_place) {
  expect_text_refused("{\"name\": \"x\",\n \"tasks\": {\"first\": {\"run\": \"touch started\"},}}",
                      ":2:46: not valid JSON: syntax error", "bad.json");
  expect_text_refused("{\"name\": \"x\", \"name\": \"y\"}", ":1:15: duplicate key \"name\": the first one is in line 1",
                      "bad.json");
  expect_text_refused("name: x\ntasks: {first: {run: touch started}}", ":1:1: not valid JSON: syntax error",
                      "bad.json");
}

TEST_F(BadInput, bytes_that_are_no_text_are_refused) {
  const auto with_name = [](std::string_view name) {
    return fmt::format("name: \"{}\"\ntasks:\n{}", name, kMarkingTask);
  };
  expect_text_refused(with_name("a\xFFz"), ":1:9: the byte 0xFF is not valid UTF-8 here; save the document as UTF-8");
  expect_text_refused(with_name("a\xC0\x80z"),
                      ":1:9: the byte 0xC0 is not valid UTF-8 here; save the document as UTF-8");
  expect_text_refused(with_name(std::string_view("a\0z", 3)), ":1:9: a NUL byte: is this a text file?");
  expect_text_refused(std::string(100, '\0'), ":1:1: the document looks like UTF-16; save it as UTF-8");
  expect_text_refused(
      "\x7F"
      "ELF\x02\x01\x01\x03\x80",
      ":1:9: the byte 0x80 is not valid UTF-8 here; save the document as UTF-8");
}

TEST_F(BadInput, args_above_a_mebibyte_are_refused) {
  const std::string value(1'048'576, 'x');
  const std::string too_much =
      fmt::format("name: x\ntasks:\n{}  big:\n    run: cat\n    stdin: {}\n", kMarkingTask, value);
  expect_text_refused(too_much, ":5:10: tasks.big.run: takes 1048596 bytes as JSON; the limit is 1048576");
}

TEST_F(BadInput, nesting_without_end_is_refused) {
  const std::string deep = fmt::format("name: x\ninput: {{a: {}{}}}\ntasks:\n{}", std::string(100'000, '['),
                                       std::string(100'000, ']'), kMarkingTask);
  expect_text_refused(deep, ":2:110: arrays and objects are nested deeper than 100 levels, the limit");
  expect_text_refused(std::string(1'000'000, '['),
                      ":1:101: arrays and objects are nested deeper than 100 levels, the limit", "bad.json");
}

TEST_F(BadInput, a_very_long_name_does_not_make_a_very_long_message) {
  const std::string key(1'000'000, 'k');
  const ProcessResult result = pawl({"validate", folder_.write("bad.yaml", fmt::format("{}: 1\n", key))});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_LT(result.err.size(), 500U);
}

TEST_F(BadInput, a_long_cycle_is_named_without_filling_the_screen) {
  std::string text = "name: x\ntasks:\n";
  for (int i = 0; i < 1'000; ++i)
    text += fmt::format("  t{}: {{run: touch started, dependencies: [t{}]}}\n", i, (i + 999) % 1'000);
  expect_text_refused(
      text,
      ":3:42: tasks.t0.dependencies: the tasks wait for each other in a cycle: t0 -> t1 -> t2 -> t3 -> t4 "
      "-> t5 -> t6 -> t7 -> t8 -> t9 -> t10 -> t11 -> t12 -> t13 -> t14 -> t15 -> t16 -> t17 -> t18 -> "
      "t19 -> ... (980 more) -> t0");
}

TEST_F(BadInput, files_that_cannot_be_read_are_refused) {
  const std::string folder = folder_.path().string();
  expect_file_refused(folder + "/missing.yaml", ": cannot read the file: No such file or directory");
  expect_file_refused(good_file() + "/x.yaml", ": cannot read the file: Not a directory");
  expect_file_refused(folder, ": is a directory; name a definition file");
}

TEST_F(BadInput, a_file_without_permission_is_refused) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  const std::string file = good_file();
  fs::permissions(file, fs::perms::none);
  expect_file_refused(file, ": cannot read the file: Permission denied");
}

TEST_F(BadInput, a_file_that_is_too_large_is_refused_before_it_is_read) {
  const std::string file = good_file();
  fs::resize_file(file, 100'000'000);  // sparse
  expect_file_refused(file, ": the file has more than 94371840 bytes, the limit for a definition");
}

TEST_F(BadInput, an_input_without_end_is_refused) {
  expect_file_refused("/dev/zero", ": the file has more than 94371840 bytes, the limit for a definition");
}

TEST_F(BadInput, bad_inputs_of_a_run_are_refused) {
  const std::string file = good_file();
  expect_refused({"run", file, "--input", "{source: x}"},
                 "--input:1:2: not valid JSON: syntax error; names and texts of JSON stand in double quotes: "
                 "'{\"who\": \"world\"}'");
  expect_refused({"run", file, "--input", "[1]"}, "--input: must be a JSON object");
  expect_refused({"run", file, "--input", "null"}, "--input: must be a JSON object");
  expect_refused({"run", file, "--input", "@missing.json"},
                 "--input: missing.json: cannot read the file: No such file or directory");
}

TEST_F(BadInput, bad_options_of_a_run_are_refused) {
  const std::string file = good_file();
  constexpr const char* kAdvice = "; write e.g. 250ms, 30s, 5m, 1.5h, 2d, or an integer of milliseconds";
  expect_refused({"run", file, "--timeout", "soon"},
                 fmt::format("--timeout: \"soon\" is not a duration: a number is expected{}", kAdvice));
  expect_refused({"run", file, "--timeout=-1s"},
                 fmt::format("--timeout: \"-1s\" is not a duration: it is negative{}", kAdvice));
}

// Word for word they are in cli_usage_test.
TEST_F(BadInput, bad_command_lines_are_refused) {
  const std::string file = good_file();
  struct Case {
    std::vector<std::string> arguments;
    std::string named;
  };
  const std::vector<Case> cases = {
      {{"run", file, "--bogus"}, "--bogus"},
      {{"validate", file, "--bogus"}, "--bogus"},
      {{"run"}, "FILE"},
      {{"validate"}, "FILE"},
      {{"run", file, "--concurrency", "0"}, "--concurrency"},
      {{"run", file, "--concurrency", "many"}, "--concurrency"},
      {{"run", file, "--output", "xml"}, "--output"},
      {{"run", file, "--input"}, "--input"},
      {{"fly", file}, "\"fly\""},
  };
  for (const Case& each : cases) {
    const ProcessResult result = pawl(each.arguments);
    EXPECT_EQ(result.exit_code, 2) << each.named;
    EXPECT_EQ(result.out, "") << each.named;
    EXPECT_NE(result.err.find(each.named), std::string::npos) << result.err;
    EXPECT_FALSE(fs::exists(folder_.path() / kMarker)) << each.named;
  }
}

TEST_F(BadInput, validate_judges_every_file_it_is_given) {
  const std::string good = good_file();
  const std::string bad = folder_.write("bad.yaml", "name: x\n");
  const ProcessResult result = pawl({"validate", bad, good, "missing.yaml"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.err, fmt::format("pawl: {}:1:1: tasks: is missing; a workflow needs at least one task\n"
                                    "pawl: missing.yaml: cannot read the file: No such file or directory\n",
                                    bad));
  EXPECT_TRUE(result.out.starts_with(good + ": ok: x (1 tasks, 0 dependencies) ")) << result.out;
}

}  // namespace
}  // namespace pawl::testing
