// pawl policy check|reset|open: the state of a stored circuit breaker.
#include <cstdio>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "base/time.h"
#include "cli/json_output.h"
#include "cli/verbs/policy.h"
#include "cli/view/view.h"

namespace pawl::cli {
namespace {

std::string describe(const BreakerReport& breaker) {
  switch (breaker.state) {
    case BreakerState::closed:
      return fmt::format("closed, {} failures in a row", breaker.failures);
    case BreakerState::open:
      return breaker.open_until ? fmt::format("open until {}", format_time(*breaker.open_until))
                                : std::string("open until it is reset");
    case BreakerState::half_open:
      break;
  }
  return fmt::format("half open, {} successes in a row", breaker.successes);
}

Result<void> print_breaker(Policy& policies, const PolicyArguments& arguments) {
  const Result<BreakerReport> breaker = policies.check_circuit_breaker(arguments.name);
  if (!breaker) return std::unexpected(breaker.error());
  put(stdout, arguments.target.json() ? to_json_text(document_of(arguments.name, *breaker)) + "\n"
                                      : fmt::format("{}: {}\n", printable(arguments.name), describe(*breaker)));
  return {};
}

using BreakerChange = Result<void> (Policy::*)(const std::string& id);

// What it is then is printed; without a change, what it is.
void add_breaker_verb(Verb& policy, const std::string& name, const std::string& what, BreakerChange change) {
  Verb verb = policy.add_verb(name, what);
  const auto arguments = std::make_shared<PolicyArguments>();
  arguments->target.reads = change == nullptr;
  add_policy_name(verb, *arguments);
  add_output(verb, arguments->target.output, "human: a line; json: a document");
  verb.on_call([arguments, change] {
    return with_policies(*arguments, [&](Policy& policies) -> Result<void> {
      if (change != nullptr)
        if (Result<void> changed = (policies.*change)(arguments->name); !changed) return changed;
      return print_breaker(policies, *arguments);
    });
  });
}

}  // namespace

void add_circuit_breaker(Verb& policy) {
  add_breaker_verb(policy, "check", "Show whether a circuit breaker is closed, open or half open", nullptr);
  add_breaker_verb(policy, "reset", "Close a circuit breaker", &Policy::reset_circuit_breaker);
  add_breaker_verb(policy, "open", "Open a circuit breaker until it is reset", &Policy::force_open_circuit_breaker);
}

}  // namespace pawl::cli
