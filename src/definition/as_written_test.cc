// Scalars without quotes where a text is meant: what arrives is what stands there, in YAML and in JSON.
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "pawl/definition.h"

namespace pawl {
namespace {

// The args of task `a`, or what is wrong.
std::string args_of(std::string_view text, std::string_view file = "a.yaml") {
  const Result<DefinitionPtr> definition = read_definition(text, file);
  return definition ? std::string((*definition)->args(0).view()) : describe(definition.error());
}
std::string args_of_task(std::string_view task) { return args_of(fmt::format("name: x\ntasks:\n  a: {}\n", task)); }

TEST(AsWritten, variables_and_arguments_are_the_text_that_stands_there) {
  EXPECT_EQ(
      args_of_task("{run: env, env: {A: 123456789012345678901234567890, B: 0755, C: 1.10, D: 123e45, E: yes, F: True, "
                   "G: 0x1F, H: +5, I: .inf, J: 1e-400, K: 5, L: true, M: 2026-01-01, N: -0}}"),
      R"(["env",{"env":{"A":"123456789012345678901234567890","B":"0755","C":"1.10","D":"123e45","E":"yes",)"
      R"("F":"True","G":"0x1F","H":"+5","I":".inf","J":"1e-400","K":5,"L":true,"M":"2026-01-01","N":"-0"}}])");
  EXPECT_EQ(args_of_task("{run: [printf, '%s', 0755, 1.10, 99999999999999999999, '0755', \"1.10\", 7, no]}"),
            R"(["printf","%s","0755","1.10","99999999999999999999","0755","1.10",7,"no"])");
  EXPECT_EQ(args_of_task("{run: cat, stdin: 007, cwd: 2026}"), R"(["cat",{"stdin":"007","cwd":"2026"}])");
}

TEST(AsWritten, the_same_in_what_the_sugar_stands_for) {
  EXPECT_EQ(args_of_task("{module: exec, function: run, args: [echo, 0755, {env: {A: 1.10}, stdin: 1e3, cwd: 007}]}"),
            R"(["echo","0755",{"env":{"A":"1.10"},"stdin":"1e3","cwd":"007"}])");
  EXPECT_EQ(args_of_task("{function: run, args: [echo, 0755], module: exec}"), R"(["echo","0755"])");
  EXPECT_EQ(args_of_task("{module: test, function: echo, args: [0755]}"), "[755]") << "another module takes values";
}

TEST(AsWritten, the_same_in_a_compensation) {
  const Result<DefinitionPtr> definition =
      read_definition("name: x\ntasks: {a: {run: 'true', compensation: {run: [echo, 0755]}}}", "a.yaml");
  ASSERT_TRUE(definition.has_value());
  EXPECT_EQ((*definition)->args(*(*definition)->compensation_of(0)).view(), R"(["echo","0755"])");
}

TEST(AsWritten, numbers_of_json_definitions_keep_their_spelling_too) {
  EXPECT_EQ(args_of(R"({"name": "x", "tasks": {"a": {"run": ["echo", 1.10, 1E5, -0, 12345678901234567890123, 5, 0.5],
                        "env": {"A": 1e400}}}})",
                    "a.json"),
            R"(["echo","1.10","1E5","-0","12345678901234567890123",5,0.5,{"env":{"A":"1e400"}}])");
}

TEST(AsWritten, an_alias_is_what_its_anchor_is) {
  EXPECT_EQ(args_of("name: x\ninput: {mode: &mode 0755}\n"
                    "tasks: {a: {run: [echo, *mode], env: &env {A: 1.10, B: *mode}}, b: {run: env, env: *env}}"),
            R"(["echo","0755",{"env":{"A":"1.10","B":"0755"}}])");
  const Result<DefinitionPtr> definition =
      read_definition("name: x\ntasks: {a: {run: env, env: &env {A: 1.10}}, b: {run: env, env: *env}}", "a.yaml");
  EXPECT_EQ((*definition)->args(1).view(), R"(["env",{"env":{"A":"1.10"}}])");
}

TEST(AsWritten, what_is_stored_is_read_back_as_it_was) {
  const Result<DefinitionPtr> written = read_definition(
      "name: x\nshell: sh\ntasks: {a: {run: env, env: {A: 0755, B: 1.5, C: 1e300, D: 7}}, b: {run: [sleep, 1]}}",
      "a.yaml");
  ASSERT_TRUE(written.has_value());
  const Result<DefinitionPtr> stored = read_definition(to_canonical_json(**written), "stored.json");
  ASSERT_TRUE(stored.has_value());
  EXPECT_EQ((*stored)->hash(), (*written)->hash());
}

// What a version before this one stored: args of exec with numbers as JSON writes them.
TEST(AsWritten, stored_definitions_keep_their_hash) {
  const std::string stored =
      R"({"name":"x","tasks":{"a":{"module":"exec","function":"run","args":["echo",5,1.1,1.5e+300,true,)"
      R"({"env":{"A":1.2345678901234568e+29,"B":755},"stdin":{"n":1.0}}]}}})";
  const Result<DefinitionPtr> definition = read_definition(stored, "stored.json");
  ASSERT_TRUE(definition.has_value());
  EXPECT_EQ(to_canonical_json(**definition), stored);
}

TEST(AsWritten, values_that_cannot_be_kept_are_refused_at_their_place) {
  const auto refused = [](std::string_view text) {
    const Result<DefinitionPtr> definition = read_definition(text, "a.yaml");
    EXPECT_FALSE(definition.has_value()) << text;
    return definition ? std::string() : describe(definition.error(), "a.yaml");
  };
  constexpr std::string_view kWhy = " does not fit into 64 bits; put it in quotes to keep its digits";
  EXPECT_EQ(refused("name: x\ninput: {a: [1, {b: 99999999999999999999}]}\ntasks: {a: {run: 'true'}}"),
            fmt::format("a.yaml:2:20: input.a[1].b: the integer 99999999999999999999{}", kWhy));
  EXPECT_EQ(refused("name: x\ntasks: {a: {module: test, function: echo, args: [99999999999999999999]}}"),
            fmt::format("a.yaml:2:50: tasks.a.args[0]: the integer 99999999999999999999{}", kWhy));
  EXPECT_EQ(refused("name: x\ntasks: {a: {run: cat, stdin: {n: [99999999999999999999]}}}"),
            fmt::format("a.yaml:2:35: tasks.a.stdin.n[0]: the integer 99999999999999999999{}", kWhy));
  EXPECT_EQ(refused("name: x\noutput: [1e400]\ntasks: {a: {run: cat}}"),
            "a.yaml:2:10: output[0]: the number 1e400 is beyond the range of a double; put it in quotes to keep it");
  EXPECT_EQ(
      refused("name: x\ntasks: {a: {run: env, env: {A: ~}}}"),
      "a.yaml:2:32: tasks.a.env.A: must be a string, number or boolean, not null; write \"\" for an empty text; ~ is "
      "null in YAML, and the home directory to shells only: write its path");
}

TEST(AsWritten, a_directory_that_is_none_says_what_to_write) {
  const auto refused = [](std::string_view cwd) {
    const Result<DefinitionPtr> definition =
        read_definition(fmt::format("name: x\ntasks: {{a: {{run: ls, cwd: {}}}}}", cwd), "a.yaml");
    return definition ? std::string() : describe(definition.error());
  };
  EXPECT_TRUE(refused("~").contains("tasks.a.cwd: must be the path of a directory; ~ is null in YAML")) << refused("~");
  EXPECT_TRUE(refused("null").contains("not null; leave it out")) << refused("null");
  EXPECT_TRUE(refused("''").contains("must not be empty; leave it out")) << refused("''");
  EXPECT_EQ(args_of("name: x\ntasks: {a: {run: cat, stdin: null}}"), R"(["cat",{"stdin":null}])");
}

TEST(AsWritten, conditions_of_other_languages_that_yaml_reads_otherwise) {
  const auto refused = [](std::string_view when) {
    const Result<DefinitionPtr> definition =
        read_definition(fmt::format("name: x\ntasks:\n  a:\n    run: ls\n    when: {}\n", when), "a.yaml");
    return definition ? std::string() : describe(definition.error(), "a.yaml");
  };
  EXPECT_TRUE(refused("!input.flag").contains("in a condition write `not x` for `!x`")) << refused("!input.flag");
  EXPECT_TRUE(refused("input.a ? true : false").contains("write `(a) and (b) or (c)`"))
      << refused("input.a ? true : false");
  EXPECT_EQ(refused("null"), "");
  EXPECT_EQ(refused("'not input.flag'"), "");
}

TEST(Shell, of_the_workflow_is_that_of_its_command_lines) {
  const auto args = [](std::string_view text, TaskIndex task) {
    const Result<DefinitionPtr> definition = read_definition(text, "a.yaml");
    return definition ? std::string((*definition)->args(task).view()) : describe(definition.error(), "a.yaml");
  };
  const std::string text =
      "name: x\ntasks:\n  a: {run: ls, compensation: {run: rm}}\n  b: {run: ls, shell: [zsh, -ec], truncate: false}\n"
      "  c: {run: [ls]}\n";
  EXPECT_EQ(args(text, 0), R"(["ls"])");
  const std::string with = text + "shell: sh\n";
  EXPECT_EQ(args(with, 0), R"(["ls",{"shell":"sh"}])");
  EXPECT_EQ(args(with, 1), R"(["ls",{"shell":["zsh","-ec"],"truncate":false}])");
  EXPECT_EQ(args(with, 2), R"(["ls"])") << "a list needs no shell";
  EXPECT_EQ(args(with, 3), R"(["rm",{"shell":"sh"}])");
  EXPECT_EQ(
      args("name: x\ntasks: {a: {run: [ls], shell: sh}}", 0),
      "a.yaml:2:31: tasks.a.shell: belongs to a command line, and `run` is a list: a program that needs no shell");
  EXPECT_EQ(args("name: x\nshell: zsh\ntasks: {a: {run: ls}}", 0),
            "a.yaml:2:8: shell: \"zsh\" is not a shell that Pawl knows; write [zsh, -ec], to which the command line is "
            "added");
  EXPECT_EQ(args("name: x\ntasks: {a: {sleep: 1s, shell: sh}}", 0),
            "a.yaml:2:31: tasks.a.shell: belongs to `run:`, and this task has none");
}

}  // namespace
}  // namespace pawl
