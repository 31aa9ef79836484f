// `pawl policy`: stored policies as a user defines, changes and asks them, and the workflows that refer to them.
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/durable_cli_test.h"

namespace pawl::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class CliPolicy : public DurableCliTest {
 protected:
  // `pawl policy ...`, which must succeed; what it prints with --output json.
  Json document(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "policy");
    arguments.insert(arguments.end(), {"--output", "json"});
    const ProcessResult result = on_data(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return report_of(result);
  }
  void define(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "define");
    document(std::move(arguments));
  }
  void expect_error(std::vector<std::string> arguments, int exit_code, const std::string& error) const {
    arguments.insert(arguments.begin(), "policy");
    const ProcessResult result = on_data(arguments);
    EXPECT_EQ(result.err, "pawl: " + error + "\n");
    EXPECT_EQ(result.exit_code, exit_code) << error;
    EXPECT_EQ(result.out, "");
  }
  // What the latest version says.
  static Json config_of(const Json& policy) { return policy.at("versions").as_array().back().at("config"); }
};

TEST_F(CliPolicy, is_defined_in_words_and_makes_its_data_directory) {
  const Json policy = document({"define", "retry", "flaky", "max_attempts=5", "base_delay=2s", "backoff=fixed",
                                "jitter=0.5", "retryable_errors=[\"timeout\", \"exit_code\"]"});
  EXPECT_EQ(policy.at("id"), "flaky");
  EXPECT_EQ(policy.at("kind"), "retry");
  EXPECT_EQ(policy.at("versions").as_array().size(), 1U);
  EXPECT_EQ(policy.at("versions").at(0).at("number"), 1);
  EXPECT_EQ(to_json_text(config_of(policy)),
            R"({"max_attempts":5,"backoff":"fixed","multiplier":2.0,"base_delay":2000,"max_delay":60000,"jitter":0.5,)"
            R"("retryable_errors":["timeout","exit_code"],"non_retryable_errors":[]})");
  EXPECT_TRUE(std::filesystem::exists(data()));
}

TEST_F(CliPolicy, is_defined_by_a_document) {
  const std::string config = R"({"per_task_timeouts": {"load": "2m", "a.b": 1500}, "default_timeout": "10s"})";
  const Json stored =
      *parse_json(R"({"default_timeout":10000,"max_timeout":300000,"per_task_timeouts":{"load":120000,"a.b":1500}})");
  const auto stored_as = [&](const std::string& name, const std::string& from, const std::string& stdin_text) {
    const ProcessResult result = pawl(
        {"policy", "define", "timeout", name, "--config", from, "--data-dir", data(), "--output", "json"}, stdin_text);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return config_of(report_of(result));
  };
  folder_.write("nightly.json", config);
  EXPECT_EQ(stored_as("a", config, {}), stored);
  EXPECT_EQ(stored_as("b", "@nightly.json", {}), stored);
  EXPECT_EQ(stored_as("c", "@-", config), stored);
  const Json both = document({"define", "timeout", "d", "--config", config, "default_timeout=20s"});
  EXPECT_EQ(config_of(both).at("default_timeout"), 20'000) << "words are laid over the document";
}

TEST_F(CliPolicy, is_listed_and_shown_as_it_can_be_defined_again) {
  define({"retry", "flaky", "max_attempts=2"});
  define({"timeout", "nightly", "per_task_timeouts={\"load\": \"90s\"}"});
  define({"circuit_breaker", "payments"});
  EXPECT_THAT(on_data({"policy", "list"}).out,
              AllOf(StartsWith("NAME      KIND             VERSION  SETTINGS\n"
                               "flaky     retry            1        max_attempts=2 backoff=exponential "),
                    HasSubstr("nightly   timeout          1        default_timeout=30s max_timeout=5m "
                              "per_task_timeouts={\"load\":\"1m30s\"}\n"),
                    HasSubstr("failure_threshold=5 success_threshold=2 timeout=1m probes=1\n")));
  std::vector<std::string> ids;
  const Json listed = document({"list"});
  for (const Json& policy : listed.as_array()) ids.emplace_back(policy.at("id").as_string());
  EXPECT_THAT(ids, ElementsAre("flaky", "nightly", "payments"));
  EXPECT_EQ(document({"get", "nightly"}), listed.at(1));
}

TEST_F(CliPolicy, is_updated_setting_by_setting_and_keeps_its_versions) {
  define({"circuit_breaker", "payments", "failure_threshold=3", "timeout=10s"});
  const Json updated = document({"update", "payments", "failure_threshold=7"});
  EXPECT_EQ(updated.at("versions").as_array().size(), 2U);
  EXPECT_EQ(updated.at("versions").at(0).at("config").at("failure_threshold"), 3);
  EXPECT_EQ(config_of(updated).at("failure_threshold"), 7);
  EXPECT_EQ(config_of(updated).at("timeout"), 10'000) << "what is not named stays as it is";
  EXPECT_THAT(on_data({"policy", "get", "payments"}).out,
              AllOf(StartsWith("payments: circuit_breaker\n  version 2, "), HasSubstr("\n  version 1, ")));
  expect_error({"update", "payments", "max_attempts=2"}, 2, "max_attempts: is not a known field");
  expect_error({"update", "payments"}, 2,
               "policy update: SETTING=VALUE or --config is missing; see pawl policy update --help");
}

TEST_F(CliPolicy, is_refused_if_it_makes_no_sense_and_nothing_is_made) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"circuit_breaker", "x", "failure_threshold=0"}, "failure_threshold: 0 is not within 1..1000000"},
      {{"circuit_breaker", "x", "failure_treshold=1"},
       "failure_treshold: is not a known field (did you mean \"failure_threshold\"?)"},
      {{"retry", "x", "base_delay=2s", "max_delay=1s"}, "max_delay: 1s is below base_delay, 2s"},
      {{"retry", "x", "max_attempts=two"}, "max_attempts: must be an integer, not a string"},
      {{"retry", "x", "retryable_errors=[timeout]"}, "retryable_errors: not valid JSON: syntax error"},
      {{"retry", "x", "retryable_errors=timeout"}, "retryable_errors: must be an array of strings, not a string"},
      {{"retry", "x", "max_attempts=2", "max_attempts=3"}, "max_attempts: is given more than once"},
      {{"retry", "x", "quick"}, "\"quick\" is not a setting: write SETTING=VALUE, e.g. max_attempts=5"},
      {{"retry", "x", "=1"}, "\"=1\" is not a setting: write SETTING=VALUE, e.g. max_attempts=5"},
      {{"retry", "x", "name=y"}, "name: the policy is to be \"x\"; leave this out"},
      {{"retry", "x", "--config", "{\"a\":"}, "--config:1:6: not valid JSON: incomplete JSON"},
      {{"retry", "x", "--config", "@none"}, "--config: none: cannot read the file: No such file or directory"},
      {{"retry", "x", "--config", "[]"}, "--config: must be a JSON object"},
      {{"retry", ""}, "NAME: must not be empty"},
      {{"retri", "x"},
       "policy define: KIND: \"retri\" is unknown; it is timeout or retry or circuit_breaker (did you mean "
       "\"retry\"?); "
       "see pawl policy define --help"},
      {{"retry"}, "policy define: NAME is missing; see pawl policy define --help"},
  };
  for (const auto& [words, error] : cases) {
    std::vector<std::string> arguments = {"define"};
    arguments.insert(arguments.end(), words.begin(), words.end());
    expect_error(arguments, 2, error);
  }
  EXPECT_FALSE(std::filesystem::exists(data()));
  expect_error({"list"}, 2, "there is no data directory " + data());
}

TEST_F(CliPolicy, that_is_there_already_or_is_not_known_is_refused) {
  define({"retry", "flaky"});
  expect_error({"define", "timeout", "flaky"}, 2, "name: policy \"flaky\" already exists; update it");
  const std::map<std::vector<std::string>, std::string> unknown = {
      {{"get", "flakey"}, " (did you mean \"flaky\"?)"},
      {{"update", "flakey", "jitter=0"}, " (did you mean \"flaky\"?)"},
      {{"delete", "flakey"}, " (did you mean \"flaky\"?)"},
      {{"evaluate", "flakey"}, " (did you mean \"flaky\"?)"},
      {{"stats", "flakey"}, " (did you mean \"flaky\"?)"},
      {{"check", "flakey"}, " (did you mean \"flaky\"?)"}};
  for (const auto& [arguments, meant] : unknown) expect_error(arguments, 2, "there is no policy \"flakey\"" + meant);
  expect_error({"get", "zzz"}, 2, "there is no policy \"zzz\"; pawl policy list lists them");
  expect_error({"open", "flaky"}, 2, "policy \"flaky\" is a retry policy, not a circuit breaker");
}

TEST_F(CliPolicy, tells_what_it_would_decide) {
  define({"retry", "flaky", "max_attempts=3", "base_delay=1s", "retryable_errors=[\"timeout\"]"});
  EXPECT_EQ(on_data({"policy", "evaluate", "flaky", "--code", "timeout", "--attempt", "2"}).out,
            "allowed: another attempt follows, after 2s\n");
  EXPECT_EQ(to_json_text(document({"evaluate", "flaky", "--code", "timeout", "--attempt", "2"})),
            R"({"allowed":true,"reason":"another attempt follows","delay_ms":2000,"timeout_ms":null})");
  EXPECT_EQ(on_data({"policy", "evaluate", "flaky", "--code", "timeout", "--attempt", "3"}).out,
            "not allowed: all 3 attempts are used up\n");
  EXPECT_EQ(document({"evaluate", "flaky", "--code", "other"}).at("allowed"), false);
  expect_error(
      {"evaluate", "flaky", "--attempt", "0"}, 2,
      "policy evaluate: --attempt: \"0\" is not an integer from 1 to 4294967295; see pawl policy evaluate --help");
  define({"timeout", "nightly", "per_task_timeouts={\"load\": \"2m\"}"});
  EXPECT_EQ(document({"evaluate", "nightly", "--task", "load"}).at("timeout_ms"), 120'000);
  EXPECT_EQ(document({"evaluate", "nightly", "--task", "other"}).at("timeout_ms"), 30'000);
}

TEST_F(CliPolicy, circuit_breaker_is_opened_and_reset) {
  define({"circuit_breaker", "payments"});
  EXPECT_EQ(on_data({"policy", "check", "payments"}).out, "payments: closed, 0 failures in a row\n");
  EXPECT_EQ(on_data({"policy", "open", "payments"}).out, "payments: open until it is reset\n");
  EXPECT_EQ(to_json_text(document({"check", "payments"})),
            R"({"id":"payments","state":"open","failures":0,"successes":0,"probes":0,"open_until":null,"held":0})");
  EXPECT_EQ(document({"evaluate", "payments"}).at("allowed"), false);
  EXPECT_EQ(document({"reset", "payments"}).at("state"), "closed");
  EXPECT_EQ(to_json_text(document({"stats", "payments"})),
            R"({"id":"payments","evaluations":0,"allowed":0,"rejected":0,"timeouts":0,"retries":0})");
}

constexpr const char* kPaying =
    "name: paying\ntasks:\n  pay: {run: 'echo pay >> done; exit 1', retry_policy: flaky, circuit_breaker: payments}\n";

class CliPolicyInUse : public CliPolicy {
 protected:
  void define_both() const {
    define({"retry", "flaky", "max_attempts=3", "base_delay=1ms"});
    define({"circuit_breaker", "payments", "failure_threshold=2"});
  }
};

TEST_F(CliPolicyInUse, decides_for_the_workflows_of_its_data_directory) {
  define_both();
  document({"update", "flaky", "max_attempts=2"});
  EXPECT_EQ(on_data({"run", flow(kPaying), "--id", "one"}).exit_code, 1);
  EXPECT_EQ(done(), "pay pay");
  EXPECT_EQ(document({"check", "payments"}).at("state"), "open");
  EXPECT_TRUE(document({"check", "payments"}).at("open_until").is_string());
  EXPECT_THAT(on_data({"history", "one", "--output", "json"}).out, HasSubstr("\"policy_version\":2"));
  EXPECT_EQ(on_data({"policy", "delete", "flaky"}).out, "flaky: deleted\n") << "the workflow has ended";
}

TEST_F(CliPolicyInUse, is_not_deleted_while_a_workflow_needs_it) {
  define({"circuit_breaker", "payments"});
  EXPECT_EQ(on_data({"policy", "open", "payments"}).exit_code, 0);
  const std::string file = flow("name: held\ntasks:\n  pay: {run: 'echo pay >> done', circuit_breaker: payments}\n");
  RunningProgram program({PAWL_BINARY, "run", file, "--data-dir", data(), "--id", "one"},
                         {.cwd = folder_.path(), .terminal = {}});
  ASSERT_TRUE(program.wait_for("pay held: its circuit breaker is open\n"));
  program.signal(SIGTERM);
  EXPECT_EQ(program.end().exit_code, 4);
  EXPECT_THAT(on_data({"show", "one"}).out, HasSubstr("pay: circuit breaker \"payments\" holds it"));
  expect_error({"delete", "payments"}, 1,
               "cannot delete policy \"payments\": workflow \"one\" refers to it, and has not ended");
  EXPECT_EQ(on_data({"policy", "reset", "payments"}).exit_code, 0);
  EXPECT_EQ(on_data({"resume", "one"}).exit_code, 0);
  EXPECT_EQ(done(), "pay");
  EXPECT_EQ(on_data({"policy", "delete", "payments"}).exit_code, 0);
}

TEST_F(CliPolicyInUse, that_is_missing_is_named_with_its_place) {
  const std::string file = flow(kPaying);
  const std::string place = file + ": tasks.pay.retry_policy: there is no retry policy \"flaky\"; define it first: ";
  expect_refused({"run", file}, place + "policies are stored in a data directory, which --data-dir names");
  expect_refused({"run", file, "--data-dir", data(), "--id", "one"},
                 place + "pawl policy define retry flaky --data-dir " + data());
  EXPECT_EQ(on_data({"show", "one"}).exit_code, 2) << "nothing was started";
  EXPECT_EQ(done(), "");
}

}  // namespace
}  // namespace pawl::testing
