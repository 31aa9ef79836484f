#include "pawl/policy.h"

#include "pawl/requests/policy.h"

namespace pawl {

Result<std::string> Policy::define_policy(const std::string& name, const PolicyConfig& config) {
  return call(service_, actor_, request::DefinePolicy{.name = name, .config = config});
}

Result<PolicyInfo> Policy::get_policy(const std::string& id) {
  return call(service_, actor_, request::GetPolicy{.id = id});
}

Result<std::vector<PolicyInfo>> Policy::list_policies() { return call(service_, actor_, request::ListPolicies{}); }

Result<void> Policy::update_policy(const std::string& id, const PolicyConfig& config) {
  return call(service_, actor_, request::UpdatePolicy{.id = id, .config = config});
}

Result<void> Policy::delete_policy(const std::string& id) {
  return call(service_, actor_, request::DeletePolicy{.id = id});
}

Result<PolicyAnswer> Policy::evaluate_policy(const std::string& id, const PolicyQuestion& question) {
  return call(service_, actor_, request::EvaluatePolicy{.id = id, .question = question});
}

Result<PolicyStats> Policy::get_policy_stats(const std::string& id) {
  return call(service_, actor_, request::GetPolicyStats{.id = id});
}

Result<BreakerReport> Policy::check_circuit_breaker(const std::string& id) {
  return call(service_, actor_, request::CheckCircuitBreaker{.id = id});
}

Result<void> Policy::reset_circuit_breaker(const std::string& id) {
  return call(service_, actor_, request::ResetCircuitBreaker{.id = id});
}

Result<void> Policy::force_open_circuit_breaker(const std::string& id) {
  return call(service_, actor_, request::ForceOpenCircuitBreaker{.id = id});
}

Result<std::vector<DeadLetter>> Policy::list_dead_letters(const DeadLetterFilter& filter) {
  return call(service_, actor_, request::ListDeadLetters{.filter = filter});
}

Result<DeadLetter> Policy::get_dead_letter(const DeadLetterId& id) {
  return call(service_, actor_, request::GetDeadLetter{.id = id});
}

Result<void> Policy::redrive_dead_letter(const DeadLetterId& id) {
  return call(service_, actor_, request::RedriveDeadLetter{.id = id});
}

Result<std::size_t> Policy::redrive_dead_letters(const DeadLetterFilter& filter) {
  return call(service_, actor_, request::RedriveDeadLetters{.filter = filter});
}

Result<void> Policy::discard_dead_letter(const DeadLetterId& id, const std::string& reason) {
  return call(service_, actor_, request::DiscardDeadLetter{.id = id, .reason = reason});
}

Result<std::string> Policy::define_policy(std::string_view kind, const Json& config) {
  const Result<PolicyKind> known = parse_policy_kind(kind);
  if (!known) return std::unexpected(known.error());
  const Result<PolicyConfig> parsed = parse_policy(*known, config);
  if (!parsed) return std::unexpected(parsed.error());
  const boost::json::value* const name = config.as_object().if_contains("name");
  if (name != nullptr && !name->is_string())
    return fail(ErrorCode::invalid_argument, "the name of a policy is a string", "name");
  return define_policy(name == nullptr ? std::string() : std::string(name->as_string()), *parsed);
}

}  // namespace pawl
