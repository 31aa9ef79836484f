// What the verbs under `pawl policy` share.
#pragma once

#include <functional>
#include <string>

#include "pawl/engine.h"

#include "cli/arguments.h"

namespace pawl::cli {

struct PolicyArguments {
  Target target;
  std::string name;
};

// NAME and --data-dir.
void add_policy_name(Verb& verb, PolicyArguments& arguments);

// Opens the directory for `work`, whose errors are reported with the name that was probably meant.
int with_policies(const PolicyArguments& arguments, const std::function<Result<void>(Policy& policies)>& work);

// The policy as it is now: one line with its settings, as `define` takes them, for each version.
void print_policy(const PolicyInfo& policy, bool json);
// "failure_threshold=5 timeout=1m": lists and objects that are empty are left out.
[[nodiscard]] std::string settings_text(const PolicyConfig& config);

// define and update.
void add_policy_changes(Verb& policy);
// check, reset and open.
void add_circuit_breaker(Verb& policy);

}  // namespace pawl::cli
