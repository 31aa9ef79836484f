// Sources of permits for tests: they grant what a test says, and note what they are told.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "pawl/definition.h"

#include "orchestrator/permits/permit_source.h"

namespace pawl::testing {

// Grants so many permits, under its one key, to tasks of all definitions but those named "free".
class CountedSource final : public PermitSource {
 public:
  static constexpr HoldReason kReason{.code = "counted", .text = "{} are all in use"};

  explicit CountedSource(std::size_t permits, PermitStage stage = PermitStage::counts) : left(permits), stage_(stage) {}

  [[nodiscard]] PermitStage stage() const override { return stage_; }
  [[nodiscard]] const HoldReason& reason() const override { return kReason; }
  [[nodiscard]] bool concerns(const Definition& definition) const override {
    ++looks;
    return definition.name() != "free";
  }
  [[nodiscard]] std::string key_of(const PermitSubject&) const override { return key; }
  [[nodiscard]] std::expected<PermitTicket, Timestamp> try_acquire(const std::string&, Timestamp now) override {
    ++asked;
    if (left == 0) return std::unexpected(now);
    --left;
    ++change;
    return ++last_ticket;
  }
  void end(const std::string&, PermitTicket ticket, policy::Verdict verdict, Timestamp) override {
    ++left;
    ++change;
    ended.emplace_back(ticket, verdict);
    if (notify_) notify_();
  }
  [[nodiscard]] AvailablePermits available(const std::string&, Timestamp) const override {
    return {.count = left, .change = change};
  }
  void count_held(const std::string&, std::int64_t more) override { held += more; }
  [[nodiscard]] Hold hold_of(const std::string& of) const override { return {.reason = &kReason, .key = of}; }
  void on_available(std::function<void()> notify) override { notify_ = std::move(notify); }

  std::string key = "all";
  std::size_t left;
  std::uint64_t change = 0;
  PermitTicket last_ticket = 0;
  int asked = 0;
  mutable int looks = 0;
  std::int64_t held = 0;
  std::vector<std::pair<PermitTicket, policy::Verdict>> ended;

 private:
  const PermitStage stage_;
  std::function<void()> notify_;
};

}  // namespace pawl::testing
