// Stored policies of retries and timeouts that change while workflows refer to them. What was acknowledged is there in
// the next process; what was refused has changed nothing.
#include <array>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "sim/workloads/workloads.h"

namespace pawl::sim::workloads {
namespace {

using std::chrono::milliseconds;

constexpr std::array<std::string_view, 4> kPolicies = {"retry a", "retry b", "timeout a", "timeout b"};

class Policies final : public Workload {
 public:
  using Workload::Workload;

  void boot() override {
    for (const std::string_view name : kPolicies) {
      Known& known = known_[std::string(name)];
      const std::optional<PolicyConfig> stored = present(std::string(name));
      if (known.is_sure && stored != known.config)
        clients_.checker().violate(fmt::format("policy {} is not as it was acknowledged", name));
      known = {.config = stored, .is_sure = true};
    }
    refer();
  }

  void act() override {
    const std::string name(kPolicies[clients_.random().next() % kPolicies.size()]);
    if (clients_.one_in(4)) return evaluate(name);
    Known& known = known_[name];
    if (known.is_changing || !clients_.is_stored()) return;
    if (!known.config) {
      const PolicyConfig config = random_config(name);
      return change(name, request::DefinePolicy{.name = name, .config = config}, config);
    }
    if (clients_.one_in(4)) return change(name, request::DeletePolicy{.id = name}, std::nullopt);
    const PolicyConfig config = random_config(name);
    change(name, request::UpdatePolicy{.id = name, .config = config}, config);
  }

 private:
  struct Known {
    std::optional<PolicyConfig> config{};
    bool is_sure = false;
    bool is_changing = false;
  };

  static bool is_retry(const std::string& name) { return name.starts_with("retry"); }

  PolicyConfig random_config(const std::string& name) {
    if (is_retry(name)) {
      RetryPolicy retries = random_retries(clients_.random());
      retries.max_attempts = std::min(retries.max_attempts, 5U);
      return retries;
    }
    return TimeoutPolicy{.default_timeout = milliseconds(100 + clients_.random().next() % 400),
                         .max_timeout = milliseconds(1000)};
  }

  [[nodiscard]] std::optional<PolicyConfig> present(const std::string& name) const {
    const Result<PolicyInfo> info = clients_.node().policies().get(name);
    return info ? std::optional(info->current().config) : std::nullopt;
  }

  // Definitions name what is there, or was a moment ago.
  void refer() {
    Names& names = clients_.names();
    names.retries.clear();
    names.timeouts.clear();
    for (const auto& [name, known] : known_)
      if (known.config) (is_retry(name) ? names.retries : names.timeouts).push_back(name);
  }

  template <Operation R>
  void change(const std::string& name, R request, const std::optional<PolicyConfig>& to) {
    Known& known = known_[name];
    known.is_changing = true;
    known.is_sure = false;
    clients_.change_policy(std::move(request), [this, name, to](const auto& done) {
      Known& changed = known_[name];
      changed.is_changing = false;
      if (done) changed.config = to;
      changed.is_sure = done || is_refusal(done.error().code);  // otherwise nobody knows whether it was made
      if (present(name) != changed.config)
        clients_.checker().violate(fmt::format("policy {} is not as {} has left it", name, R::kOperation));
      refer();
    });
  }

  void evaluate(const std::string& name) {
    clients_.ask(request::EvaluatePolicy{.id = name, .question = {.code = "boom", .attempt = 1, .task = "t0"}});
    clients_.ask(request::GetPolicyStats{.id = name}, [this, name](const Result<PolicyStats>& stats) {
      if (stats && stats->allowed + stats->rejected > stats->evaluations)
        clients_.checker().violate(fmt::format("policy {} has decided more often than it was evaluated", name));
    });
  }

  std::map<std::string, Known> known_;
};

}  // namespace

std::unique_ptr<Workload> policies(Clients& clients) { return std::make_unique<Policies>(clients); }

}  // namespace pawl::sim::workloads
