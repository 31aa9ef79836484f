// pawl policy list|get|delete|evaluate|stats: the stored policies of a data directory.
#include "cli/verbs/policy.h"

#include <cstdint>
#include <cstdio>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"
#include "cli/cli.h"
#include "cli/json_output.h"
#include "cli/open_data_dir.h"
#include "cli/view/table.h"
#include "cli/view/view.h"

namespace pawl::cli {
namespace {

struct Question {
  PolicyArguments policy;
  std::string code;
  std::uint64_t attempt = 1;
  std::string task;
};

bool is_empty(const Json& value) {
  return (value.is_array() && value.get_array().empty()) || (value.is_object() && value.get_object().empty());
}

std::string suggestion(Policy& policies, const std::string& name) {
  const Result<std::vector<PolicyInfo>> all = policies.list_policies();
  if (!all) return {};
  std::vector<std::string_view> names;
  for (const PolicyInfo& policy : *all) names.push_back(policy.id);
  const std::string meant = did_you_mean(name, names);
  return meant.empty() ? "; pawl policy list lists them" : meant;
}

Result<void> list(Policy& policies, const PolicyArguments& arguments) {
  const Result<std::vector<PolicyInfo>> all = policies.list_policies();
  if (!all) return std::unexpected(all.error());
  if (arguments.target.json()) {
    print_array(*all);
    return {};
  }
  Table table({"NAME", "KIND", "VERSION", "SETTINGS"});
  for (const PolicyInfo& policy : *all)
    table.add({policy.id, std::string(to_string(policy.kind)), fmt::to_string(policy.current().number),
               settings_text(policy.current().config)});
  if (!all->empty()) put(stdout, table.text());
  if (all->empty()) note("there are no policies in " + arguments.target.data_dir);
  return {};
}

Result<void> get(Policy& policies, const PolicyArguments& arguments) {
  const Result<PolicyInfo> policy = policies.get_policy(arguments.name);
  if (!policy) return std::unexpected(policy.error());
  print_policy(*policy, arguments.target.json());
  return {};
}

Result<void> remove(Policy& policies, const PolicyArguments& arguments) {
  if (Result<void> deleted = policies.delete_policy(arguments.name); !deleted) return deleted;
  print_done(arguments.target.json(), {{"id", arguments.name}, {"deleted", true}},
             fmt::format("{}: deleted", printable(arguments.name)));
  return {};
}

Result<void> evaluate(Policy& policies, const Question& question) {
  const Result<PolicyAnswer> answer = policies.evaluate_policy(
      question.policy.name,
      {.code = question.code, .attempt = static_cast<std::uint32_t>(question.attempt), .task = question.task});
  if (!answer) return std::unexpected(answer.error());
  if (question.policy.target.json()) {
    put(stdout, to_json_text(document_of(*answer)) + "\n");
    return {};
  }
  std::string out = fmt::format("{}: {}", answer->allowed ? "allowed" : "not allowed", printable(answer->reason));
  if (answer->delay) out += fmt::format(", after {}", format_duration(*answer->delay));
  if (answer->timeout) out += fmt::format(", {}", format_duration(*answer->timeout));
  put(stdout, out + "\n");
  return {};
}

Result<void> stats(Policy& policies, const PolicyArguments& arguments) {
  const Result<PolicyStats> stats = policies.get_policy_stats(arguments.name);
  if (!stats) return std::unexpected(stats.error());
  if (arguments.target.json()) {
    put(stdout, to_json_text(document_of(arguments.name, *stats)) + "\n");
    return {};
  }
  put(stdout,
      fmt::format("{}: {} evaluations, {} allowed, {} rejected, {} timeouts, {} retries\n", printable(arguments.name),
                  stats->evaluations, stats->allowed, stats->rejected, stats->timeouts, stats->retries));
  note("each process counts for itself, from its start, and this one has run nothing");
  return {};
}

using Work = Result<void> (*)(Policy& policies, const PolicyArguments& arguments);

void on_call(Verb& verb, const std::shared_ptr<PolicyArguments>& arguments, bool reads, Work work) {
  verb.on_call([arguments, reads, work] {
    arguments->target.reads = reads;
    return with_policies(*arguments, [&](Policy& policies) { return work(policies, *arguments); });
  });
}

void add_evaluate(Verb& policy) {
  Verb verb = policy.add_verb("evaluate", "Show what a policy would decide, without doing anything");
  const auto question = std::make_shared<Question>();
  question->policy.target.reads = true;
  add_policy_name(verb, question->policy);
  verb.add("--code", question->code, "The code of the error with which an attempt failed").not_empty();
  verb.add("--attempt", question->attempt, "The number of that attempt")
      .between(1, std::numeric_limits<std::uint32_t>::max())
      .shows_default();
  verb.add("--task", question->task, "Its task, for a timeout policy").not_empty();
  add_output(verb, question->policy.target.output, "human: a line; json: a document");
  verb.teaches(
      "  pawl policy evaluate flaky --code timeout --attempt 2 --data-dir data\n"
      "\n"
      "A retry policy decides whether another attempt would follow, and after which delay, without jitter; a timeout\n"
      "policy how long the task's attempts may take; a circuit breaker whether it would let an attempt through now.\n"
      "Exits with 0 whatever the answer is.");
  verb.on_call([question] {
    return with_policies(question->policy, [&](Policy& policies) { return evaluate(policies, *question); });
  });
}

}  // namespace

void add_policy_name(Verb& verb, PolicyArguments& arguments) {
  verb.add("NAME", arguments.name, "The policy's name").required();
  add_directory(verb, arguments.target);
}

int with_policies(const PolicyArguments& arguments, const std::function<Result<void>(Policy& policies)>& work) {
  return in_directory(arguments.target, [&](Engine& engine) -> Result<int> {
    Result<void> done = work(engine.policy());
    if (done) return kDone;
    if (done.error().code == ErrorCode::not_found) done.error().message += suggestion(engine.policy(), arguments.name);
    return std::unexpected(std::move(done.error()));
  });
}

std::string settings_text(const PolicyConfig& config) {
  std::string out;
  const Json settings = to_settings(config);
  for (const auto& member : settings.get_object()) {
    const Json& value = member.value();
    if (is_empty(value)) continue;
    const std::string text = value.is_string() ? std::string(value.get_string()) : to_json_text(value);
    out += fmt::format("{}{}={}", out.empty() ? "" : " ", std::string_view(member.key()), text);
  }
  return out;
}

void print_policy(const PolicyInfo& policy, bool json) {
  if (json) {
    put(stdout, to_json_text(document_of(policy)) + "\n");
    return;
  }
  std::string out = fmt::format("{}: {}\n", printable(policy.id), to_string(policy.kind));
  for (auto version = policy.versions.rbegin(); version != policy.versions.rend(); ++version)
    out += fmt::format("  version {}, {}: {}\n", version->number, format_time(version->at),
                       printable(settings_text(version->config)));
  put(stdout, out);
}

void add_policy(Verb& program) {
  Verb verb = program.add_verb("policy", "Stored timeout, retry and circuit-breaker policies");
  verb.needs_verb();
  const auto arguments = std::make_shared<PolicyArguments>();
  add_policy_changes(verb);

  Verb listing = verb.add_verb("list", "List the policies of a data directory");
  add_directory(listing, arguments->target);
  add_output(listing, arguments->target.output, "human: a table; json: an array");
  on_call(listing, arguments, true, list);

  Verb getting = verb.add_verb("get", "Show a policy, the latest version first");
  add_policy_name(getting, *arguments);
  add_output(getting, arguments->target.output, "human: a line for each version; json: a document");
  on_call(getting, arguments, true, get);

  Verb deleting = verb.add_verb("delete", "Delete a policy that no unfinished workflow refers to");
  add_policy_name(deleting, *arguments);
  add_done_output(deleting, arguments->target.output);
  on_call(deleting, arguments, false, remove);

  add_evaluate(verb);
  add_circuit_breaker(verb);

  Verb counting = verb.add_verb("stats", "How often a policy was asked, since the process began");
  add_policy_name(counting, *arguments);
  add_output(counting, arguments->target.output, "human: a line; json: a document");
  on_call(counting, arguments, true, stats);

  verb.teaches(
      "  pawl policy define circuit_breaker payments failure_threshold=5 timeout=30s --data-dir data\n"
      "  pawl policy define retry flaky max_attempts=5 'retryable_errors=[\"timeout\"]' --data-dir data\n"
      "\n"
      "Definitions refer to them by name: `retry_policy: flaky` and `circuit_breaker: payments` of a task,\n"
      "`timeout_policy: NAME` of a workflow. An updated policy applies to the next decision of every workflow.");
}

}  // namespace pawl::cli
