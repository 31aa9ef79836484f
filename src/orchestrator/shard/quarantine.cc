#include "orchestrator/shard/quarantine.h"

namespace pawl {
namespace {

constexpr int kMostBreaks = 2;

}  // namespace

void Quarantine::add(const std::string& id, const Error& reason) {
  ++count_;
  quarantined_.push_back({.id = id, .reason = reason});
}

void Quarantine::remove(std::string_view id) {
  keep_if([&](const std::string& each) { return each != id; });
  breaks_.erase(std::string(id));
}

const Error* Quarantine::reason_of(std::string_view id) const {
  const auto found = std::ranges::find(quarantined_, id, &Quarantined::id);
  return found == quarantined_.end() ? nullptr : &found->reason;
}

bool Quarantine::breaks_shard(const std::string& id) const {
  const auto found = breaks_.find(id);
  return found != breaks_.end() && found->second >= kMostBreaks;
}

}  // namespace pawl
