// Circuit breakers as a source of permits: a task that names one asks it before each attempt, and the attempt's end
// tells it how the service fares. What a node's breakers have counted is shared by its shards (decision 14).
// Threads: any.
#pragma once

#include "orchestrator/permits/permit_source.h"
#include "orchestrator/policy_book.h"

namespace pawl {

class BreakerPermits final : public PermitSource {
 public:
  explicit BreakerPermits(PolicyBook& policies) : policies_(policies) {}

  [[nodiscard]] PermitStage stage() const override { return PermitStage::probes; }
  [[nodiscard]] const HoldReason& reason() const override { return kCircuitOpen; }
  [[nodiscard]] bool concerns(const Definition& definition) const override;
  [[nodiscard]] std::string key_of(const PermitSubject& subject) const override;
  [[nodiscard]] std::expected<PermitTicket, Timestamp> try_acquire(const std::string& breaker, Timestamp now) override;
  void end(const std::string& breaker, PermitTicket period, policy::Verdict verdict, Timestamp now) override;
  [[nodiscard]] AvailablePermits available(const std::string& breaker, Timestamp now) const override;
  void count_held(const std::string& breaker, std::int64_t more) override;
  [[nodiscard]] Hold hold_of(const std::string& breaker) const override;
  void on_available(std::function<void()> notify) override;

 private:
  PolicyBook& policies_;
};

}  // namespace pawl
