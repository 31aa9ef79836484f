// pawl policy define and update: what a policy says, as words or as a document.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/engine_arguments.h"
#include "cli/input.h"
#include "cli/verbs/policy.h"

namespace pawl::cli {
namespace {

struct DefineArguments {
  PolicyArguments policy;
  std::string kind;
  std::vector<std::string> words;
  std::optional<std::string> config;
};

// `5`, `0.5`, `["timeout"]` and `{"load": "30s"}` are what they are as JSON; `30s` and `fixed` are texts.
Result<Json> read_value(const std::string& setting, const std::string& text) {
  Result<Json> value = parse_json(text);
  if (value) return value;
  if (!text.starts_with('[') && !text.starts_with('{')) return Json(text);
  value.error().field = setting;
  value.error().line = value.error().column = 0;  // in the word, which is one line
  return value;
}

Result<void> add_word(boost::json::object& settings, const std::string& word) {
  const std::size_t equals = word.find('=');
  if (equals == std::string::npos || equals == 0)
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} is not a setting: write SETTING=VALUE, e.g. max_attempts=5", in_quotes(word)));
  const std::string setting = word.substr(0, equals);
  Result<Json> value = read_value(setting, word.substr(equals + 1));
  if (!value) return std::unexpected(std::move(value.error()));
  settings[setting] = *std::move(value);
  return {};
}

// What --config says, and the words laid over it.
Result<boost::json::object> read_settings(const DefineArguments& arguments) {
  boost::json::object settings;
  if (arguments.config) {
    Result<Json> config = read_input(*arguments.config);
    if (!config) return fail(config.error().code, describe(config.error(), "--config"));
    settings = std::move(config->get_object());
  }
  boost::json::object words;
  for (const std::string& word : arguments.words) {
    const std::size_t before = words.size();
    if (Result<void> added = add_word(words, word); !added) return std::unexpected(std::move(added.error()));
    if (words.size() == before)
      return fail(ErrorCode::invalid_argument, "is given more than once", word.substr(0, word.find('=')));
  }
  for (auto& word : words) settings[word.key()] = std::move(word.value());
  if (const Json* const name = settings.if_contains("name"); name != nullptr && *name != Json(arguments.policy.name))
    return fail(ErrorCode::invalid_argument,
                fmt::format("the policy is to be {}; leave this out", in_quotes(arguments.policy.name)), "name");
  return settings;
}

Result<void> print_defined(Policy& policies, const PolicyArguments& arguments) {
  const Result<PolicyInfo> policy = policies.get_policy(arguments.name);
  if (!policy) return std::unexpected(policy.error());
  print_policy(*policy, arguments.target.json());
  return {};
}

// All that can be wrong with it is found before a directory is made for it.
int define(const DefineArguments& arguments) {
  // The rule for names is the same.
  if (const Result<void> ok = check_workflow_id(arguments.policy.name); !ok)
    return report(of_option("NAME", ok.error()));
  const Result<PolicyKind> kind = parse_policy_kind(arguments.kind);
  if (!kind) return report(kind.error());
  const Result<boost::json::object> settings = read_settings(arguments);
  if (!settings) return report(settings.error());
  const Result<PolicyConfig> config = parse_policy(*kind, *settings);
  if (!config) return report(config.error());
  return with_policies(arguments.policy, [&](Policy& policies) -> Result<void> {
    const Result<std::string> defined = policies.define_policy(arguments.policy.name, *config);
    if (!defined) return std::unexpected(defined.error());
    return print_defined(policies, arguments.policy);
  });
}

Result<void> update(Policy& policies, const PolicyArguments& arguments, const boost::json::object& changes) {
  const Result<PolicyInfo> before = policies.get_policy(arguments.name);
  if (!before) return std::unexpected(before.error());
  boost::json::object settings = to_settings(before->current().config).get_object();
  for (const auto& change : changes) settings[change.key()] = change.value();
  const Result<PolicyConfig> config = parse_policy(before->kind, settings);
  if (!config) return std::unexpected(config.error());
  if (Result<void> updated = policies.update_policy(arguments.name, *config); !updated) return updated;
  return print_defined(policies, arguments);
}

int update(const DefineArguments& arguments) {
  const Result<boost::json::object> changes = read_settings(arguments);
  if (!changes) return report(changes.error());
  if (changes->empty())
    return report({.code = ErrorCode::invalid_argument,
                   .message = "policy update: SETTING=VALUE or --config is missing; see pawl policy update --help"});
  return with_policies(arguments.policy,
                       [&](Policy& policies) { return update(policies, arguments.policy, *changes); });
}

void add_settings(Verb& verb, DefineArguments& arguments) {
  verb.add("SETTING", arguments.words, "SETTING=VALUE, where VALUE may be JSON");
  verb.add("--config", arguments.config, "A JSON object of settings, or @FILE, or @- for stdin");
  add_output(verb, arguments.policy.target.output, "human: a line for each version; json: a document");
}

constexpr const char* kSettings =
    "  timeout          default_timeout (30s), max_timeout (5m), per_task_timeouts (by task id)\n"
    "  retry            max_attempts (3), backoff (exponential, fixed, linear), multiplier (2), base_delay (1s),\n"
    "                   max_delay (60s), jitter (0), retryable_errors, non_retryable_errors (lists of codes)\n"
    "  circuit_breaker  failure_threshold (5), success_threshold (2), timeout (60s), probes (1)\n";

}  // namespace

void add_policy_changes(Verb& policy) {
  const auto arguments = std::make_shared<DefineArguments>();

  Verb defining = policy.add_verb("define", "Store a policy under a name");
  defining.add("KIND", arguments->kind, "timeout, retry or circuit_breaker")
      .required()
      .one_of({"timeout", "retry", "circuit_breaker"});
  add_policy_name(defining, arguments->policy);
  add_settings(defining, *arguments);
  defining.teaches(
      std::string("The settings of each kind, and what they are if they are left out:\n"
                  "\n") +
      kSettings +
      "\n"
      "  pawl policy define circuit_breaker payments failure_threshold=5 timeout=30s --data-dir data\n"
      "  pawl policy define timeout nightly 'per_task_timeouts={\"load\": \"2m\"}' --data-dir data\n"
      "  pawl policy define retry flaky --config @flaky.json --data-dir data\n"
      "\n"
      "The data directory is created if it does not exist: policies must be there before workflows refer to them.");
  defining.on_call([arguments] {
    arguments->policy.target.make = true;
    return define(*arguments);
  });

  Verb updating = policy.add_verb("update", "Change settings of a policy, as its next version");
  add_policy_name(updating, arguments->policy);
  add_settings(updating, *arguments);
  updating.teaches(
      "  pawl policy update payments failure_threshold=10 --data-dir data\n"
      "\n"
      "What is not named stays as it is. The new version applies to the next decision of every workflow that refers\n"
      "to the policy; histories say which version was in force.");
  updating.on_call([arguments] { return update(*arguments); });
}

}  // namespace pawl::cli
