// What documents say: the same content has the same hash however it is written, and different content another.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "pawl/definition.h"

namespace pawl {
namespace {

std::string hash_of(std::string_view text) {
  const auto definition = read_definition(text);
  EXPECT_TRUE(definition) << describe(definition.error()) << "\n" << text;
  return definition ? (*definition)->hash() : "";
}

// A workflow of one task.
std::string task(std::string_view fields) { return fmt::format("name: x\ntasks:\n  a: {{{}}}\n", fields); }
std::string hash_of_task(std::string_view fields) { return hash_of(task(fields)); }

std::string refusal(std::string_view text) {
  const auto definition = read_definition(text);
  return definition ? std::string() : describe(definition.error());
}

TEST(Reader, sugar_is_the_same_as_what_it_stands_for) {
  const std::pair<std::string_view, std::string_view> same[] = {
      {"run: echo hello", "module: exec, function: shell, args: [echo hello]"},
      {"run: [wc, -l, 1]", "module: exec, function: run, args: [wc, -l, 1]"},
      {"run: cat, cwd: /tmp, stdin: x", "module: exec, function: shell, args: [cat, {stdin: x, cwd: /tmp}]"},
      {"run: [env], env: {A: 1}", "module: exec, function: run, args: [env, {env: {A: 1}}]"},
      {"sleep: 30s", "module: timer, function: sleep, args: [30s]"},
      {"sleep: 1500", "module: timer, function: sleep, args: [1500]"},
      {"until: 2026-11-23T08:30:00Z", "module: timer, function: until, args: ['2026-11-23T08:30:00Z']"},
  };
  for (const auto& [sugar, spelled_out] : same) EXPECT_EQ(hash_of_task(sugar), hash_of_task(spelled_out)) << sugar;
}

TEST(Reader, ways_to_say_the_same_have_the_same_hash) {
  const auto noop = [](std::string_view fields) {
    return hash_of_task(fmt::format("module: test, function: noop{}{}", fields.empty() ? "" : ", ", fields));
  };
  EXPECT_EQ(noop("timeout: 30s"), noop("timeout: 30000"));
  EXPECT_EQ(noop("timeout: 1.5m"), noop("timeout: 1m30s"));
  EXPECT_EQ(noop("retry_policy: {base_delay: 1s, max_delay: 2m}"),
            noop("retry_policy: {max_delay: 120000, base_delay: 1000, max_attempts: 3, jitter: 0}"));
  EXPECT_EQ(noop("when: input.x"), noop("when: \" ${{ input.x }} \""));
  EXPECT_EQ(noop("when: true"), noop("when: 'true'"));
  EXPECT_EQ(noop(""), noop("name: a, args: [], dependencies: [], allow_failure: false"));
  EXPECT_EQ(noop("args: [{b: 1, a: {d: 2, c: 3}}]"), noop("args: [{a: {c: 3, d: 2}, b: 1}]"));
  EXPECT_EQ(hash_of("name: x\ntimeout: 1h\ntasks: {a: {run: ls}}"),
            hash_of("name: x\ntimeout: 3600000\ntasks: {a: {run: ls}}"));
  EXPECT_EQ(
      hash_of("name: x\ntasks: {a: {run: ls}}"),
      hash_of("$schema: x\nname: x\ndescription: ''\npriority: normal\ninput: {}\non_failure: fail\noutput: null\n"
              "tasks: {a: {run: ls}}"));
}

// What was accepted when a number was milliseconds however small is still read, for what is stored does not change.
TEST(Reader, a_stored_definition_is_read_as_it_was) {
  const std::string text =
      "name: x\ntimeout: 500\ntasks:\n  a: {run: ls, timeout: 30, schedule_to_start: '7', retry_policy: {base_delay: "
      "1}}\n"
      "  b: {sleep: 20, dependencies: [a], when: '{{input.x}}'}\n";
  EXPECT_FALSE(read_definition(text, "x.yaml"));
  const Result<DefinitionPtr> stored = read_definition(text, "x.yaml", {.stored = true});
  ASSERT_TRUE(stored) << describe(stored.error());
  EXPECT_EQ((*stored)->timeout(), Duration(500));
  EXPECT_EQ((*stored)->rules(0).timeout, Duration(30));
}

TEST(Reader, different_content_has_different_hashes) {
  const std::string_view fields[] = {"run: ls",
                                     "run: [ls]",
                                     "run: ls, name: b",
                                     "run: ls, timeout: 1ms",
                                     "run: ls, retry_policy: {}",
                                     "run: ls, retry_policy: {max_attempts: 4}",
                                     "run: ls, retry_policy: {backoff: fixed}",
                                     "run: ls, retry_policy: {retryable_errors: [a]}",
                                     "run: ls, allow_failure: true",
                                     "run: ls, when: input.x",
                                     "run: ls, env: {}",
                                     "run: ls, env: {A: 1}",
                                     "run: ls, env: {A: '1'}",
                                     "run: ls, stdin: null"};
  for (const std::string_view one : fields)
    for (const std::string_view other : fields)
      EXPECT_EQ(hash_of_task(one) == hash_of_task(other), one == other) << one << " / " << other;
}

constexpr std::string_view kYaml = R"(# a comment
name: both
input: {n: 1.5, list: [1, true, null, "x"]}
tasks:
  "1": {run: 'echo "${{ input.n }}"'}
  b:
    module: test
    function: noop
    dependencies: ["1"]
    retry_policy: {max_attempts: 5, jitter: 0.25}
)";
constexpr std::string_view kJson =
    R"({"tasks": {"1": {"run": "echo \"${{ input.n }}\""},
                  "b": {"dependencies": ["1"], "retry_policy": {"jitter": 0.25, "max_attempts": 5},
                        "function": "noop", "module": "test"}},
        "input": {"list": [1, true, null, "x"], "n": 1.5}, "name": "both"})";

TEST(Reader, yaml_and_json_of_the_same_content_have_the_same_hash) { EXPECT_EQ(hash_of(kYaml), hash_of(kJson)); }

TEST(Reader, the_canonical_form_reads_back_to_the_same_hash_and_to_itself) {
  for (const std::string_view text : {kYaml, kJson}) {
    const DefinitionPtr definition = *read_definition(text);
    const std::string canonical = to_canonical_json(*definition);
    const auto again = read_definition(canonical, "x.json");
    ASSERT_TRUE(again) << describe(again.error()) << canonical;
    EXPECT_EQ((*again)->hash(), definition->hash());
    EXPECT_EQ(to_canonical_json(**again), canonical);
  }
}

TEST(Reader, the_order_of_tasks_is_content_and_that_of_dependencies_is_not) {
  const auto joined = [](std::string_view tasks, std::string_view dependencies) {
    return hash_of(fmt::format("name: x\ntasks: {{{}, c: {{run: ls, dependencies: [{}]}}}}", tasks, dependencies));
  };
  EXPECT_EQ(joined("a: {run: ls}, b: {run: ls}", "a, b"), joined("a: {run: ls}, b: {run: ls}", "b, a"));
  EXPECT_NE(joined("a: {run: ls}, b: {run: ls}", "a, b"), joined("b: {run: ls}, a: {run: ls}", "a, b"));
}

TEST(Reader, points_at_the_value_that_is_wrong_and_at_the_name_that_is_unknown) {
  EXPECT_EQ(refusal(task("run: ls, timeout: -1")), "line 3:25: tasks.a.timeout: -1 ms is negative");
  EXPECT_EQ(refusal(task("run: ls, timeuot: 1")),
            "line 3:16: tasks.a.timeuot: is not a known field (did you mean \"timeout\"?)");
  EXPECT_EQ(refusal("name: x\ntasks:\n  a b: {run: ls}"),
            "line 3:3: tasks[\"a b\"]: task id \"a b\" contains white space; white space, [ and ] are not allowed");
}

TEST(Reader, points_into_sugar_where_its_args_are_wrong) {
  const auto field_of = [](std::string_view fields) {
    const auto definition = read_definition(task(fields));
    return definition ? std::string()
                      : describe({.message = "",
                                  .field = definition.error().field,
                                  .line = definition.error().line,
                                  .column = definition.error().column});
  };
  EXPECT_EQ(field_of("run: 'ls ${{ }}'"), "line 3:12: tasks.a.run: ");
  EXPECT_EQ(field_of("run: [ls, x, '${{ }}']"), "line 3:20: tasks.a.run[2]: ");
  EXPECT_EQ(field_of("run: ls, stdin: [1, {k: '${{ }}'}]"), "line 3:31: tasks.a.stdin[1].k: ");
  EXPECT_EQ(field_of("run: [ls, x], cwd: '${{ 1 + }}'"), "line 3:26: tasks.a.cwd: ");
  EXPECT_EQ(field_of("sleep: '${{ nothing }}'"), "line 3:14: tasks.a.sleep: ");
  EXPECT_EQ(field_of("until: '${{ tasks.b.result }}'"), "line 3:14: tasks.a.until: ");
  EXPECT_EQ(field_of("module: m, function: f, args: ['${{ }}']"), "line 3:38: tasks.a.args[0]: ");
}

TEST(Reader, an_empty_call_beside_sugar_is_still_a_second_call) {
  EXPECT_EQ(refusal(task("run: ls, args: []")),
            "line 3:12: tasks.a.run: \"run\" says what the task does; it cannot have module, function or args as well");
  EXPECT_EQ(refusal(task("run: ls, module: ''")), "line 3:24: tasks.a.module: must not be empty");
}

TEST(Reader, what_is_not_supported_yet_is_refused_by_name) {
  for (const std::string_view key : {"foreach", "http", "wait_for", "approval", "workflow", "mcp"}) {
    const std::string refused = refusal(task(fmt::format("{}: x", key)));
    EXPECT_TRUE(refused.starts_with("line 3:7: tasks.a.") && refused.contains("is not supported yet")) << refused;
  }
}

TEST(Reader, the_file_name_decides_what_the_text_is) {
  constexpr std::string_view kFlow = "{name: x, tasks: {a: {run: ls}}}";
  EXPECT_TRUE(read_definition(kFlow, "x.yaml"));
  EXPECT_FALSE(read_definition(kFlow, "x.json"));
}

TEST(Reader, takes_expressions_of_older_versions_where_they_are_stored) {
  for (const char* const expression :
       {"item == 1", "index == 1", "input.a == 9223372036854775808", "input.a > 1e400"}) {
    const std::string text = R"({"name": "x", "tasks": {"a": {"module": "test", "function": "noop", "when": ")" +
                             std::string(expression) + "\"}}}";
    const auto written = read_definition(text, "a.json");
    ASSERT_FALSE(written.has_value()) << expression;
    EXPECT_EQ(written.error().field, "tasks.a.when");
    EXPECT_NE(written.error().line, 0U);
    EXPECT_TRUE(read_definition(text, "a.json", {.stored = true}).has_value()) << expression;
  }
}

}  // namespace
}  // namespace pawl
