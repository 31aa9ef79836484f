// The module `exec`: what a task gets from a process that has ended.
#include <csignal>

#include <gtest/gtest.h>

#include "runners/exec/exec_task.h"
#include "runners/exec/process_test_support.h"

namespace pawl::runners {
namespace {

const ExecCall kSqlite{.program = "sqlite3"};
ExecCall line(std::string text) { return {.program = "bash", .line = std::move(text)}; }

std::string result_text(ProcessOutcome outcome) {
  return to_json_text(exec_result(kSqlite, std::move(outcome)).value());
}
std::string result_of_output(std::string output) { return result_text({.standard_output = std::move(output)}); }
TaskError error_of(const ExecCall& call, ProcessOutcome outcome) {
  return exec_result(call, std::move(outcome)).error();
}

TEST(ExecResult, is_text_where_standard_output_only_begins_like_json) {
  for (const std::string& text :
       {std::string("[18446744073709551616] kernel: hi"), std::string("{\"v\": 1e400} is what I got"),
        std::string("{\"id\": 123456789012345678901}\n{\"id\": 2}\n"), std::string(250, '[') + " hello"}) {
    const TaskResult result = exec_result(kSqlite, {.standard_output = text});
    ASSERT_TRUE(result.has_value()) << text << ": " << result.error().message;
    EXPECT_EQ(result->at("stdout").as_string(), text);
  }
  EXPECT_EQ(error_of(kSqlite, {.standard_output = "{\"v\": 1e400}\n"}).code, "invalid_argument");
  EXPECT_EQ(error_of(kSqlite, {.standard_output = std::string(250, '[') + std::string(250, ']')}).code,
            "limit_exceeded");
}

TEST(ExecResult, is_standard_output_where_that_is_json) {
  EXPECT_EQ(result_of_output(" {\"rows\": 3}\r\n"), R"({"rows":3})");
  EXPECT_EQ(result_of_output("42\n"), "42");
  EXPECT_EQ(result_of_output("true\n"), "true");
  EXPECT_EQ(result_of_output("\"text\""), "\"text\"");
  EXPECT_EQ(result_of_output("null\n"), "null");
}

TEST(ExecResult, is_text_otherwise) {
  EXPECT_EQ(result_of_output(""), R"({"exit_code":0,"stdout":"","stderr":""})");
  EXPECT_EQ(result_of_output("{} {}\n"), R"({"exit_code":0,"stdout":"{} {}\n","stderr":""})");
  EXPECT_EQ(result_of_output("nothing"), R"({"exit_code":0,"stdout":"nothing","stderr":""})");
  EXPECT_EQ(result_text({.standard_output = "done", .standard_error = "warning\n"}),
            R"({"exit_code":0,"stdout":"done","stderr":"warning\n"})");
}

TEST(ExecResult, says_how_much_of_its_output_is_missing) {
  // The rest of a JSON document may well parse, but it is not what the program said.
  EXPECT_EQ(result_text({.standard_output = "42", .stdout_dropped = 10}),
            R"({"exit_code":0,"stdout_dropped":10,"stdout":"42","stderr":""})");
  EXPECT_EQ(
      result_text({.standard_output = "\xACtail", .standard_error = "x", .stdout_dropped = 9, .stderr_dropped = 3}),
      R"({"exit_code":0,"stdout_dropped":10,"stdout":"tail","stderr_dropped":3,"stderr":"x"})");
}

TEST(ExecResult, is_valid_utf8_whatever_was_printed) {
  EXPECT_EQ(result_of_output("caf\xE9 \xC3\xA9"),
            "{\"exit_code\":0,\"stdout\":\"caf\xEF\xBF\xBD \xC3\xA9\",\"stderr\":\"\"}");
  EXPECT_EQ(result_of_output("\"\xFF\""), "{\"exit_code\":0,\"stdout\":\"\\\"\xEF\xBF\xBD\\\"\",\"stderr\":\"\"}");
}

TEST(ExecError, quotes_the_programs_last_word) {
  const TaskError error = error_of(
      kSqlite, {.exit_code = 1, .standard_output = "out", .standard_error = "first\n  no such table: a\t\"b\"\n\n"});
  EXPECT_EQ(error.code, "exit_code");
  EXPECT_EQ(error.message, "\"sqlite3\" exited with 1: no such table: a \"b\"");
  EXPECT_EQ(to_json_text(error.details),
            R"({"exit_code":1,"stdout":"out","stderr":"first\n  no such table: a\t\"b\"\n\n"})");
  EXPECT_TRUE(error.retryable);
  EXPECT_EQ(error_of(kSqlite, {.exit_code = 2, .standard_output = "said here\n"}).message,
            "\"sqlite3\" exited with 2: said here");
  EXPECT_EQ(error_of(kSqlite, {.exit_code = 2}).message, "\"sqlite3\" exited with 2");
}

TEST(ExecError, says_what_to_do_without_a_terminal) {
  const auto message_of = [](std::string words) {
    return error_of(kSqlite, {.exit_code = 1, .standard_error = std::move(words)}).message;
  };
  EXPECT_EQ(
      message_of("sh: 1: cannot open /dev/tty: No such device or address\n"),
      "\"sqlite3\" exited with 1: sh: 1: cannot open /dev/tty: No such device or address; tasks have no terminal: "
      "give what it asks for in stdin:, env: or a file");
  for (const auto& [words, advice] :
       {std::pair("sudo: a terminal is required to read the password; either use the -S option", "sudo -n"),
        std::pair("fatal: could not read Username for 'https://host': No such device or address",
                  "GIT_TERMINAL_PROMPT"),
        std::pair("Host key verification failed.", "BatchMode"),
        std::pair("OSError: [Errno 6] No such device or address: '/dev/tty'", "stdin:"),
        std::pair("the input device is not a TTY", "docker run -i"),
        std::pair("Permission denied, please try again.", "BatchMode"),
        std::pair("ssh_askpass: read_passphrase: can't open /dev/tty: No such device or address", "BatchMode")})
    EXPECT_TRUE(message_of(words).contains(advice)) << message_of(words);
  EXPECT_TRUE(message_of("the input device is not a TTY\n").contains("docker run -i"));
  EXPECT_TRUE(message_of("Host key verification failed.\nfatal: Could not read from remote repository.\n\nPlease make "
                         "sure you have the correct access rights\nand the repository exists.\n")
                  .contains("BatchMode"));
  EXPECT_FALSE(message_of("no such table").contains("terminal"));
}

// It failed for another reason, or says something else.
TEST(ExecError, does_not_speak_of_a_terminal_where_none_was_wanted) {
  for (const std::string words :
       {"warning: stdin is not a tty\n1 test failed\nsee test.log\n",
        "assertion failed: \"whiteboard is not a tty-pe\"", "error: this column is not a tty",
        "open /dev/tty0: permission denied", "cannot open /dev/tty\n1\n2\n3\n4\n5\nno such table\n"})
    EXPECT_FALSE(
        error_of(kSqlite, {.exit_code = 1, .standard_error = words}).message.contains("tasks have no terminal"))
        << words;
  EXPECT_FALSE(error_of(kSqlite, {.signal = SIGSEGV, .standard_error = "stdin is not a tty"})
                   .message.contains("tasks have no terminal"));
}

TEST(ExecError, of_one_that_died_with_its_keeper_says_so) {
  const TaskError error = error_of(kSqlite, {.signal = SIGKILL, .keeper_lost = true});
  EXPECT_EQ(error.code, "signal");
  EXPECT_TRUE(error.retryable);
  EXPECT_TRUE(error.message.contains("pawl-keeper")) << error.message;
}

TEST(ExecError, names_the_command_line_not_the_shell) {
  EXPECT_EQ(error_of(line("false && true"), {.exit_code = 1}).message, "\"false && true\" exited with 1");
}

TEST(ExecError, names_the_first_line_of_a_script_and_the_one_that_the_shell_named) {
  const ExecCall script = line("# Builds it.\n\ncd src\n  make all\n");
  EXPECT_EQ(error_of(script, {.exit_code = 127, .standard_error = "run: line 4: make: command not found\n"}).message,
            R"("cd src ..." exited with 127: run: line 4: make: command not found (line 4: "make all"))");
  EXPECT_EQ(error_of(script, {.exit_code = 2, .standard_error = "run: 4: make: not found\n"}).message,
            R"("cd src ..." exited with 2: run: 4: make: not found (line 4: "make all"); )"
            "/bin/sh ran it, because there is no bash in the task's PATH");
  EXPECT_EQ(error_of(script, {.exit_code = 2, .standard_error = "run: line 40: odd\n"}).message,
            R"("cd src ..." exited with 2: run: line 40: odd)");
  EXPECT_EQ(
      error_of(line("make\n"), {.exit_code = 127, .standard_error = "run: line 1: make: command not found"}).message,
      R"("make\n" exited with 127: run: line 1: make: command not found)");
}

TEST(ExecResult, is_no_json_above_the_limit_but_an_error) {
  const TaskError error = error_of(line("cat all.json"),
                                   {.standard_output = "]]", .stdout_dropped = 1'200'000, .stdout_is_long_json = true});
  EXPECT_EQ(error.code, "limit_exceeded");
  EXPECT_FALSE(error.retryable);
  EXPECT_EQ(
      error.message,
      "the JSON that \"cat all.json\" printed has 1200002 bytes; the limit of a result is 1048576; print what other "
      "tasks need of it, or write it into a file and print its name");
}

TEST(ExecResult, is_an_error_if_a_number_in_it_cannot_be_kept) {
  const TaskError error = error_of(kSqlite, {.standard_output = "\n[{\"id\": 123456789012345678901234567890}]"});
  EXPECT_EQ(error.code, "invalid_argument");
  EXPECT_FALSE(error.retryable);
  EXPECT_EQ(error.message,
            "standard output of \"sqlite3\", line 1:9: $[0].id: the integer 123456789012345678901234567890 does "
            "not fit into 64 bits; put it in quotes to keep its digits");
  EXPECT_EQ(error_of(kSqlite, {.standard_output = "[1e-400]"}).code, "invalid_argument");
  EXPECT_EQ(error_of(kSqlite, {.standard_output = "[1e400]"}).code, "invalid_argument");
  // What stands alone may be a hash or a long id, and text keeps it.
  EXPECT_EQ(result_of_output("12e4567\n"), R"({"exit_code":0,"stdout":"12e4567\n","stderr":""})");
  EXPECT_EQ(result_of_output("99999999999999999999"), R"({"exit_code":0,"stdout":"99999999999999999999","stderr":""})");
}

TEST(ExecResult, says_that_another_shell_took_the_place_of_bash) {
  const auto words = [](std::string_view program, std::string_view error) {
    const ExecCall call{.program = std::string(program), .line = "set -o pipefail"};
    return error_of(call, {.exit_code = 2, .standard_error = std::string(error)}).message;
  };
  constexpr std::string_view kSaid = "; /bin/sh ran it, because there is no bash in the task's PATH";
  EXPECT_TRUE(words("bash", "run: 1: set: Illegal option -o pipefail\n").ends_with(kSaid));
  EXPECT_TRUE(words("bash", "run: line 1: ls: not found\n").ends_with(kSaid)) << "busybox";
  EXPECT_FALSE(words("bash", "run: line 1: ls: command not found\n").ends_with(kSaid));
  EXPECT_FALSE(words("/bin/sh", "run: 1: ls: not found\n").ends_with(kSaid)) << "it was asked for";
}

TEST(ExecResult, is_a_number_only_if_that_is_printed_as_it_stands) {
  for (const std::string text : {"1.10", "4567e12", "-0", "1e3", "1E5", "0.50", "3.14159265358979323846", "007", "+1"})
    EXPECT_EQ(result_of_output(text + "\n"), fmt::format(R"({{"exit_code":0,"stdout":"{}\n","stderr":""}})", text));
  for (const std::string number : {"42", "-7", "1.5", "0", "18446744073709551615", "0.30000000000000004", "1.0"})
    EXPECT_EQ(result_of_output(" " + number + "\n"), number);
  EXPECT_EQ(result_of_output("[1.10]"), "[1.1]") << "in an array or object it is meant as JSON";
}

TEST(ExecResult, is_an_error_instead_of_being_cut_if_so_wished) {
  ExecCall whole = kSqlite;
  whole.truncate = false;
  EXPECT_TRUE(exec_result(whole, {.standard_output = std::string(128U << 10, 'x')}).has_value());
  const TaskError out = error_of(whole, {.standard_output = std::string((128U << 10) + 1, 'x'), .stdout_dropped = 4});
  EXPECT_EQ(out.code, "limit_exceeded");
  EXPECT_FALSE(out.retryable);
  EXPECT_EQ(out.message,
            "standard output of \"sqlite3\" has 131077 bytes of text; the limit is 131072, and `truncate` is "
            "false; write it into a file instead");
  EXPECT_EQ(
      error_of(whole, {.standard_error = "xx", .stderr_dropped = 3}).message,
      "standard error of \"sqlite3\" has 5 bytes of text; the limit is 2, and `truncate` is false; write it into a "
      "file instead");
  // JSON on standard output is the whole result: nothing of it is missing.
  EXPECT_EQ(to_json_text(exec_result(whole, {.standard_output = "[1]", .stderr_dropped = 3}).value()), "[1]");
}

TEST(ExecResult, keeps_less_text_where_results_are_smaller) {
  ExecCall small = kSqlite;
  small.max_result_bytes = 80;
  EXPECT_EQ(to_json_text(exec_result(small, {.standard_output = "0123456789abcdef"}).value()),
            R"({"exit_code":0,"stdout_dropped":6,"stdout":"6789abcdef","stderr":""})");
}

TEST(ExecError, is_short_however_much_was_printed) {
  std::string much;
  for (int i = 0; i < 20'000; ++i) much += "\xE2\x82\xAC";
  const TaskError error = error_of(kSqlite, {.exit_code = 1, .standard_output = much, .standard_error = much});
  EXPECT_LT(error.message.size(), 300U);
  EXPECT_TRUE(error.message.ends_with("\xE2\x82\xAC..."));
  const auto& details = error.details.as_object();
  for (const char* stream : {"stdout", "stderr"}) {
    const std::string_view kept = details.at(stream).as_string();
    EXPECT_EQ(kept.size(), 16U * 1024 / 3 * 3) << stream;  // whole characters of the last 16 KiB
    EXPECT_TRUE(much.ends_with(kept)) << stream;
  }
}

TEST(ExecError, names_the_signal) {
  const TaskError error = error_of(kSqlite, {.signal = SIGKILL});
  EXPECT_EQ(error.code, "signal");
  EXPECT_EQ(error.message, "\"sqlite3\" was ended by SIGKILL");
  EXPECT_EQ(to_json_text(error.details), R"({"signal":9,"signal_name":"SIGKILL","stdout":"","stderr":""})");
  EXPECT_EQ(error_of(kSqlite, {.signal = 42}).message, "\"sqlite3\" was ended by signal 42");
}

TEST(ExecError, of_a_stopped_process_is_cancelled_however_it_ended) {
  EXPECT_EQ(error_of(kSqlite, {.stopped = true}).code, "cancelled");
  EXPECT_EQ(error_of(kSqlite, {.exit_code = 3, .stopped = true}).code, "cancelled");
  const TaskError killed = error_of(kSqlite, {.signal = SIGTERM, .stopped = true, .standard_error = "bye"});
  EXPECT_EQ(killed.code, "cancelled");
  EXPECT_EQ(killed.message, "\"sqlite3\" was stopped");
  EXPECT_EQ(killed.details.at("signal_name").as_string(), "SIGTERM");
  EXPECT_EQ(killed.details.at("stderr").as_string(), "bye");
}

TEST(ExecError, of_what_cannot_be_started_is_tried_again_only_if_that_may_help) {
  const auto spawn_failed = [](ErrorCode code) {
    return error_of(kSqlite, {.spawn_error = Error{.code = code, .message = "why"}});
  };
  EXPECT_EQ(spawn_failed(ErrorCode::not_found).code, "spawn_failed");
  EXPECT_EQ(spawn_failed(ErrorCode::not_found).message, "why");
  EXPECT_FALSE(spawn_failed(ErrorCode::not_found).retryable);
  EXPECT_TRUE(spawn_failed(ErrorCode::unavailable).retryable);
}

}  // namespace
}  // namespace pawl::runners
