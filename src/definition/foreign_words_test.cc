// What people type who know another workflow system: each word gets the one of ours, and what is shown as an example
// is one.
#include "definition/foreign_words.h"

#include <algorithm>
#include <initializer_list>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "pawl/definition.h"
#include "pawl/policy.h"

namespace pawl::definition {
namespace {

std::string refusal_of(const std::string& text) {
  const Result<DefinitionPtr> definition = read_definition(text, "x.yaml");
  return definition ? "accepted" : definition.error().message;
}

std::string task_refusal(const std::string& member) {
  return refusal_of(fmt::format("name: x\ntasks:\n  z: {{run: ls, {}}}\n", member));
}

std::string policy_refusal(PolicyKind kind, const std::string& word) {
  const Result<PolicyConfig> policy = parse_policy(kind, boost::json::object{{word, 1}});
  return policy ? "accepted" : policy.error().message;
}

// What a member of that name is told.
std::string refusal(KeyOf what, const std::string& word) {
  switch (what) {
    case KeyOf::workflow:
      return refusal_of(fmt::format("name: x\n\"{}\": 1\ntasks: {{a: {{run: ls}}}}\n", word));
    case KeyOf::task:
      return task_refusal(fmt::format("\"{}\": 1", word));
    case KeyOf::compensation:
      return task_refusal(fmt::format("compensation: {{\"{}\": 1}}", word));
    case KeyOf::retry_policy:
      return task_refusal(fmt::format("retry_policy: {{\"{}\": 1}}", word));
    case KeyOf::timeout_policy:
      return policy_refusal(PolicyKind::timeout, word);
    case KeyOf::circuit_breaker:
      return policy_refusal(PolicyKind::circuit_breaker, word);
  }
  return {};
}

constexpr KeyOf kAll[] = {KeyOf::workflow,     KeyOf::task,           KeyOf::compensation,
                          KeyOf::retry_policy, KeyOf::timeout_policy, KeyOf::circuit_breaker};

std::vector<std::string> words_of(std::string_view words) {
  std::vector<std::string> all;
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    all.emplace_back(words.substr(0, end));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return all;
}

TEST(ForeignWords, each_gets_its_advice_and_no_other) {
  for (const KeyOf what : kAll) {
    std::set<std::string> seen;
    for (const ForeignWords& row : foreign_words(what)) {
      for (const std::string& word : words_of(row.words)) {
        EXPECT_TRUE(seen.insert(word).second) << word << " is there twice";
        EXPECT_EQ(refusal(what, word), fmt::format("is not a known field; {}", row.advice)) << word;
      }
    }
  }
}

// Between back quotes stands what can be copied.
std::vector<std::string> examples_in(std::string_view advice) {
  std::vector<std::string> examples;
  for (std::size_t begin = advice.find('`'); begin != std::string_view::npos; begin = advice.find('`', begin)) {
    const std::size_t end = advice.find('`', begin + 1);
    examples.emplace_back(advice.substr(begin + 1, end - begin - 1));
    begin = end + 1;
  }
  return examples;
}

// The example where it belongs, in a definition whose other tasks are a and b.
std::string with_example(KeyOf what, const std::string& example) {
  const auto begins = [&](std::initializer_list<std::string_view> keys) {
    return std::ranges::any_of(keys, [&](std::string_view key) { return example.starts_with(key); });
  };
  const std::string tasks = "tasks:\n  a: {run: ls, allow_failure: true}\n  b: {run: ls}\n";
  const std::string input = "input: {who: x, deploy: x}\n";
  if (begins({"tasks:"})) return fmt::format("name: x\n{}{}\n", input, example);
  if (begins({"input:"})) return fmt::format("name: x\n{}\n{}", example, tasks);
  if (begins({"output:", "description:", "priority:", "on_failure:"}) ||
      (what == KeyOf::workflow && begins({"timeout:"})))
    return fmt::format("name: x\n{}\n{}{}", example, input, tasks);
  if (what == KeyOf::retry_policy)
    return fmt::format("name: x\n{}  z: {{run: ls, retry_policy: {{{}}}}}\n", tasks, example);
  if (begins({"module:"})) return fmt::format("name: x\n{}{}  z: {{{}}}\n", input, tasks, example);
  const std::string_view call = begins({"run:", "sleep:", "until:"}) ? ""
                                : begins({"args:"})                  ? "    module: test\n    function: echo\n"
                                                                     : "    run: ls\n";
  return fmt::format("name: x\n{}{}  z:\n{}    {}\n", input, tasks, call, example);
}

TEST(ForeignWords, what_is_shown_is_valid) {
  std::size_t tried = 0;
  for (const KeyOf what : {KeyOf::workflow, KeyOf::task, KeyOf::compensation, KeyOf::retry_policy}) {
    for (const ForeignWords& row : foreign_words(what)) {
      for (const std::string& example : examples_in(row.advice)) {
        // A command line, an expression, a word by itself.
        if (!example.contains(": ") || example.starts_with("pawl ") || example.starts_with("#")) continue;
        const std::string text = with_example(what, example);
        EXPECT_EQ(refusal_of(text), "accepted") << example << "\n" << text;
        ++tried;
      }
    }
  }
  EXPECT_GT(tried, 40U);
}

TEST(ForeignWords, are_known_however_they_are_spelt) {
  for (const std::string word : {"depends_on", "depends-on", "dependsOn", "DependsOn", "DEPENDS_ON"})
    EXPECT_EQ(task_refusal(word + ": [a]"), "is not a known field; write `dependencies: [a, b]`") << word;
  EXPECT_EQ(
      refusal_of("name: x\nx-common: &c {}\ntasks: {a: {run: ls}}\n"),
      "is not a known field; a definition has only the fields that are known; leave it out, or make it a comment: "
      "`# x`");
  EXPECT_EQ(task_refusal("timeout-minutes: 5"), "is not a known field; write `timeout: 10m`");
  EXPECT_EQ(task_refusal("continue-on-error: true"), "is not a known field; write `allow_failure: true`");
  // Nobody's word, but nearly ours.
  EXPECT_EQ(task_refusal("dependancies: [a]"), "is not a known field (did you mean \"dependencies\"?)");
  EXPECT_EQ(task_refusal("retryPolicy: {}"), "is not a known field (did you mean \"retry_policy\"?)");
}

// What a word means elsewhere is what the advice does here.
TEST(ForeignWords, are_not_advised_to_do_something_else) {
  const auto advice = [](std::string_view word, KeyOf what) { return std::string(advice_on(word, what)); };
  for (const KeyOf what : {KeyOf::workflow, KeyOf::task}) {
    for (const char* const word : {"fail_fast", "failFast"})
      EXPECT_TRUE(advice(word, what).contains("true is `on_failure: fail`, which is the default")) << word;
    for (const char* const word : {"email", "email_on_failure", "emailOnRetry"})
      EXPECT_TRUE(advice(word, what).starts_with("Pawl sends no mail")) << word;
    EXPECT_TRUE(advice("depends_on_past", what).starts_with("each workflow stands by itself"));
    EXPECT_TRUE(advice("unless", what).contains("when: not (")) << advice("unless", what);
  }
  for (const char* const word : {"skip", "disabled", "enabled"})
    EXPECT_TRUE(advice(word, KeyOf::task).contains("`when: false`")) << word;
  for (const char* const word : {"onExit", "finally", "on_failure_callback", "handlers", "always", "notify", "post",
                                 "after_script", "teardown", "rescue"}) {
    EXPECT_TRUE(advice(word, KeyOf::task).contains("exit 1; }'` after a failure, `run: trap ./clean EXIT; make`"))
        << word;
    EXPECT_TRUE(advice(word, KeyOf::workflow).contains("`pawl run FILE || ./notify` after a failure")) << word;
    EXPECT_FALSE(advice(word, KeyOf::task).contains("depend")) << "what depends on it does not run after a failure";
  }
  EXPECT_TRUE(advice("trigger_rule", KeyOf::task).contains("in spite of which the workflow completes"));
  for (const char* const word : {"pre", "before_script", "setup"})
    EXPECT_TRUE(advice(word, KeyOf::task).contains("./prepare && make")) << word;
  EXPECT_TRUE(advice("python_callable", KeyOf::task).contains("shell: [python3, -c]"));
  EXPECT_FALSE(advice("failed_when", KeyOf::task).contains("allow_failure"));
  EXPECT_TRUE(advice("max_active_runs", KeyOf::workflow).contains("flock -n"));
  EXPECT_TRUE(advice("status", KeyOf::task).contains("test -f site || make site"));
  EXPECT_FALSE(advice("default", KeyOf::workflow).contains("depend on nothing")) << "defaults of GitLab";
  for (const char* const word :
       {"tags", "labels", "repeatPolicy", "healthcheck", "start_date", "suspend", "deploy", "profiles", "logging",
        "services", "stage", "before_script", "after_script", "disabled", "enabled", "success_codes"})
    EXPECT_NE(advice(word, KeyOf::task), "") << word;
  for (const char* const word :
       {"workflow", "all", ".PHONY", "x-common", "services", "stages", "variables", "default", "include", "extends"})
    EXPECT_NE(advice(word, KeyOf::workflow), "") << word;
}

// What a key means elsewhere depends on what it says.
TEST(ForeignWords, are_told_by_their_values_too) {
  const auto starts = [](const std::string& member, std::string_view advice) {
    const std::string refused = task_refusal(member);
    EXPECT_TRUE(refused.starts_with(fmt::format("is not a known field; {}", advice))) << member << ": " << refused;
  };
  for (const char* const condition : {"always()", "'${{ failure() }}'", "'!cancelled()'"})
    starts(fmt::format("if: {}", condition), "a task runs when what it depends on has ended well, or has failed and");
  starts("if: success()", "leave it out: a task runs when");
  starts("if: inputs.deploy", "write `when: input.deploy == \"yes\"`");
  starts("concurrency: {group: deploy}", "Pawl has no locks between tasks; let the command take one: `run: flock");
  starts("concurrency: 4", "that is an option: `pawl run FILE --concurrency 4`");
  EXPECT_TRUE(
      refusal_of("name: x\nconcurrency: site\ntasks: {a: {run: ls}}\n").contains("`flock -n site.lock pawl run FILE`"));
}

// What stands in a file of another system, and had no hint once.
TEST(ForeignWords, of_all_systems_are_known) {
  const auto advice = [](std::string_view word, KeyOf what) { return std::string(advice_on(word, what)); };
  for (const char* const word :
       {"max_tries",  "tries",  "env_from", "defaults", "permissions",  "interval", "rescue", "kind",        "nice",
        "memory",     "cpus",   "retry_on", "grace",    "kill_timeout", "umask",    "tty",    "interactive", "detach",
        "background", "daemon", "async",    "fallback", "catch",        "cleanup",  "ensure", "depend_on"})
    EXPECT_NE(advice(word, KeyOf::task), "") << word;
  for (const char* const word : {"before_script", "cache", "configs", "flows", "type", "delaySec", "rules", "rescue"})
    EXPECT_NE(advice(word, KeyOf::workflow), "") << word;
}

TEST(ForeignWords, values_of_another_shape_are_shown_in_ours) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"name: x\ntasks:\n  - id: fetch\n    run: ls\n",
       "must be an object from task ids to tasks, not an array; write `tasks: {fetch: {run: make}}`, an id before each "
       "task"},
      {"name: x\ntasks:\n  - {run: ls, name: build}\n",
       "must be an object from task ids to tasks, not an array; write `tasks: {build: {run: make}}`, an id before each "
       "task"},
      {"name: x\ntasks: [ls, make]\n",
       "must be an object from task ids to tasks, not an array; write `tasks: {a: {run: make}}`, an id before each "
       "task"},
      {"name: x\ntasks: {a: make}\n", "must be an object that describes the task, not a string; write `{run: make}`"},
      {"name: x\ntasks: {a: [make, make test]}\n",
       "must be an object that describes the task, not an array; write `{run: make}`"},
      {"name: x\ntasks: {a: {run: ls}, b: {run: ls, dependencies: a}}\n",
       "must be an array of strings, not a string; write `dependencies: [a]`"},
      {"name: x\ntasks: {a: {run: ls}, b: {run: ls, dependencies: {a: success}}}\n",
       "must be an array of strings, not an object; write `dependencies: [a, b]`"},
      {"name: x\ntasks: {a: {run: {command: ls}}}\n",
       "must be a command line, or an array of a program and its arguments, not an object; write `run: make test`, "
       "with "
       "`cwd`, `env` and `stdin` beside it"},
      {"name: x\ntasks: {a: {run: ls, env: [A=1]}}\n",
       "must be an object from variables to their values, not an array; write `env: {KEY: value}`"},
      {"name: x\ntasks: {a: {run: ls, retry_policy: 3}}\n",
       "must be an object, or the name of a stored policy, not an integer; write `retry_policy: {max_attempts: 3}`, "
       "the "
       "first attempt included"},
      {"name: x\ninput: [who]\ntasks: {a: {run: ls}}\n",
       "must be an object of default values, not an array; write `input: {who: world}`"},
      {"name: x\ntasks: {a: {module: m, function: f, args: {x: 1}}}\n",
       "must be an array of positional arguments, not an object; write `args: [1, two]`"},
  };
  for (const auto& [text, message] : cases) EXPECT_EQ(refusal_of(text), message) << text;
}

}  // namespace
}  // namespace pawl::definition
