// The sources of permits that every node has: its table, with a row for each.
#pragma once

#include "orchestrator/permits/breaker_permits.h"
#include "orchestrator/permits/permit_table.h"

namespace pawl {

class NodePermits {
 public:
  explicit NodePermits(PolicyBook& policies) : breakers_(policies) { table_.add(breakers_); }

  [[nodiscard]] PermitTable& table() { return table_; }
  // Why a circuit breaker holds tasks, for a workflow of which no shard knows what holds them.
  [[nodiscard]] Hold hold_of_breaker(const std::string& breaker) const { return breakers_.hold_of(breaker); }

 private:
  BreakerPermits breakers_;
  PermitTable table_;
};

}  // namespace pawl
