// Circuit breakers that tasks name, and that somebody forces open or resets. A breaker that was forced open stays so
// until somebody asks for something else, also in the next process.
#include <array>
#include <map>

#include <fmt/format.h>

#include "sim/workloads/workloads.h"

namespace pawl::sim::workloads {
namespace {

constexpr std::array<std::string_view, 2> kBreakers = {"left", "right"};

class BreakerChanges final : public Workload {
 public:
  using Workload::Workload;

  void boot() override {
    clients_.names().breakers.assign(kBreakers.begin(), kBreakers.end());
    for (const std::string_view each : kBreakers) {
      const std::string name(each);
      Known& known = known_[name];
      if (known.must_be_open && !is_forced(name))
        clients_.checker().violate(fmt::format("breaker {} was forced open, and is not", name));
      known.is_changing = false;
      // Refused if it is stored from before.
      clients_.change_policy(request::DefinePolicy{.name = name, .config = random_breaker()}, [](auto&) {});
    }
  }

  void act() override {
    const std::string name(kBreakers[clients_.random().next() % kBreakers.size()]);
    switch (clients_.random().next() % 5) {
      case 0:
        (void)change(name, request::ForceOpenCircuitBreaker{.id = name}, true);
        return;
      case 1:
      case 2:
        (void)change(name, request::ResetCircuitBreaker{.id = name}, false);
        return;
      case 3:
        return clients_.change_policy(request::UpdatePolicy{.id = name, .config = random_breaker()}, [](auto&) {});
      default:
        return look_at(name);
    }
  }

  bool leave() override {
    bool asked = false;
    for (const std::string_view each : kBreakers) {
      const std::string name(each);
      if (!is_forced(name) || !clients_.is_stored()) continue;
      asked |= change(name, request::ResetCircuitBreaker{.id = name}, false);
    }
    return asked;
  }

 private:
  struct Known {
    bool must_be_open = false;
    bool is_changing = false;
  };

  CircuitBreakerPolicy random_breaker() {
    return {.failure_threshold = 1 + static_cast<std::uint32_t>(clients_.random().next() % 3),
            .success_threshold = 1 + static_cast<std::uint32_t>(clients_.random().next() % 3),
            .timeout = std::chrono::milliseconds(10 + clients_.random().next() % 100),
            .probes = 1 + static_cast<std::uint32_t>(clients_.random().next() % 2)};
  }

  [[nodiscard]] bool is_forced(const std::string& name) const {
    const Result<BreakerReport> report = clients_.node().policies().check_breaker(name);
    return report && report->state == BreakerState::open && !report->open_until;
  }

  // False: somebody else changes it.
  template <Operation R>
  bool change(const std::string& name, R request, bool forces) {
    Known& known = known_[name];
    if (known.is_changing || !clients_.is_stored()) return false;
    known = {.must_be_open = false, .is_changing = true};
    clients_.change_policy(std::move(request), [this, name, forces](const Result<void>& done) {
      Known& changed = known_[name];
      changed.is_changing = false;
      if (!done) return;
      changed.must_be_open = forces;
      if (is_forced(name) != forces)
        clients_.checker().violate(fmt::format("breaker {} is not as {} has left it", name, R::kOperation));
    });
    return true;
  }

  void look_at(const std::string& name) {
    clients_.ask(request::CheckCircuitBreaker{.id = name}, [this, name](const Result<BreakerReport>& report) {
      if (report && report->state != BreakerState::half_open && report->probes > 0)
        clients_.checker().violate(fmt::format("breaker {} is {} and has probes", name, to_string(report->state)));
    });
  }

  std::map<std::string, Known> known_;
};

}  // namespace

std::unique_ptr<Workload> breakers(Clients& clients) { return std::make_unique<BreakerChanges>(clients); }

}  // namespace pawl::sim::workloads
