#include "orchestrator/local_policy.h"

#include <fmt/format.h>

#include "base/text.h"
#include "orchestrator/local_ask.h"

namespace pawl {

Result<std::string> LocalPolicy::define_policy(std::string_view kind, const Json& config) {
  const Result<PolicyKind> known = parse_policy_kind(kind);
  if (!known) return std::unexpected(known.error());
  const Result<PolicyConfig> parsed = parse_policy(*known, config);
  if (!parsed) return std::unexpected(parsed.error());
  const boost::json::value* const name = config.as_object().if_contains("name");
  if (name != nullptr && !name->is_string())
    return fail(ErrorCode::invalid_argument, "the name of a policy is a string", "name");
  return define_policy(name == nullptr ? std::string() : std::string(name->as_string()), *parsed);
}

Result<std::string> LocalPolicy::define_policy(const std::string& name, const PolicyConfig& config) {
  if (Result<void> open = orchestrator_.check_open(); !open) return std::unexpected(std::move(open.error()));
  std::string id = name.empty() ? orchestrator_.new_id() : name;
  if (Result<void> defined = book_.define(id, config); !defined) return std::unexpected(std::move(defined.error()));
  return id;
}

Result<void> LocalPolicy::update_policy(const std::string& id, const PolicyConfig& config) {
  if (Result<void> open = orchestrator_.check_open(); !open) return open;
  return book_.update(id, config);
}

// Announced first: a workflow that is created while the shards are asked is either seen by them or refused.
Result<void> LocalPolicy::delete_policy(const std::string& id) {
  if (Result<void> open = orchestrator_.check_open(); !open) return open;
  if (Result<void> announced = book_.announce_removal(id); !announced) return announced;
  Result<void> removed = remove_unless_used(id);
  if (!removed) book_.keep_after_all(id);
  return removed;
}

Result<void> LocalPolicy::remove_unless_used(const std::string& id) {
  const Result<std::string> user = orchestrator_.find_user_of_policy(id);
  if (!user) return std::unexpected(user.error());
  if (!user->empty())
    return fail(ErrorCode::invalid_state, fmt::format("cannot delete policy {}: workflow {} refers to it, and has not "
                                                      "ended",
                                                      in_quotes(id), in_quotes(*user)));
  return book_.remove(id);
}

Result<PolicyInfo> LocalPolicy::get_policy(const std::string& id) {
  if (Result<void> open = orchestrator_.check_open(); !open) return std::unexpected(std::move(open.error()));
  return book_.get(id);
}

Result<std::vector<PolicyInfo>> LocalPolicy::list_policies() {
  if (Result<void> open = orchestrator_.check_open(); !open) return std::unexpected(std::move(open.error()));
  return book_.list();
}

Result<PolicyAnswer> LocalPolicy::evaluate_policy(const std::string& id, const PolicyQuestion& question) {
  if (Result<void> open = orchestrator_.check_open(); !open) return std::unexpected(std::move(open.error()));
  return book_.evaluate(id, question);
}

Result<PolicyStats> LocalPolicy::get_policy_stats(const std::string& id) {
  if (Result<void> open = orchestrator_.check_open(); !open) return std::unexpected(std::move(open.error()));
  return book_.stats(id);
}

Result<BreakerReport> LocalPolicy::check_circuit_breaker(const std::string& id) {
  if (Result<void> open = orchestrator_.check_open(); !open) return std::unexpected(std::move(open.error()));
  return book_.check_breaker(id);
}

Result<void> LocalPolicy::reset_circuit_breaker(const std::string& id) {
  if (Result<void> open = orchestrator_.check_open(); !open) return open;
  return book_.change_breaker(id, &policy::reset);
}

Result<void> LocalPolicy::force_open_circuit_breaker(const std::string& id) {
  if (Result<void> open = orchestrator_.check_open(); !open) return open;
  return book_.change_breaker(id, &policy::force_open);
}

Result<std::vector<DeadLetter>> LocalPolicy::list_dead_letters(const DeadLetterFilter& filter) {
  return orchestrator_.list_dead_letters(filter);
}

Result<DeadLetter> LocalPolicy::get_dead_letter(const DeadLetterId& id) { return orchestrator_.get_dead_letter(id); }

Result<void> LocalPolicy::redrive_dead_letter(const DeadLetterId& id) { return orchestrator_.redrive(id); }

Result<std::size_t> LocalPolicy::redrive_dead_letters(const DeadLetterFilter& filter) {
  const Result<std::vector<DeadLetter>> letters = orchestrator_.list_dead_letters(filter);
  if (!letters) return std::unexpected(letters.error());
  std::size_t redriven = 0;
  for (const DeadLetter& letter : *letters) {
    const Result<void> done = orchestrator_.redrive(letter.id);
    if (done) ++redriven;
    if (!done && !concerns_it_alone(done.error())) return std::unexpected(done.error());
  }
  return redriven;
}

Result<void> LocalPolicy::discard_dead_letter(const DeadLetterId& id, const std::string& reason) {
  if (reason.empty()) return fail(ErrorCode::invalid_argument, "say why the dead letter is discarded", "reason");
  return orchestrator_.discard(id, reason);
}

}  // namespace pawl
