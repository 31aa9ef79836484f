// Persistence that is switched off and on while workflows run: they go on. What happens to them while nothing is stored
// is not judged, but all end, and what the node has given away is accounted for.
#include "sim/workloads/workloads.h"

namespace pawl::sim::workloads {
namespace {

class StoreSwitches final : public Workload {
 public:
  using Workload::Workload;

  void boot() override { is_switching_ = false; }

  void act() override {
    if (is_switching_) return;
    if (!clients_.is_stored()) return enable();
    if (clients_.one_in(4) && clients_.policy_changes() == 0) return disable();
    if (clients_.one_in(2)) return clients_.ask(request::CheckStore{});
    if (const std::string id = clients_.pick(); !id.empty())
      clients_.change(id, request::SaveWorkflow{.id = id}, Leaves::maybe_none);
  }

  bool leave() override {
    if (is_switching_ || clients_.is_stored()) return false;
    enable();
    return true;
  }

 private:
  // From now on nothing is judged; nobody knows when the exchange takes place.
  void disable() {
    is_switching_ = true;
    clients_.set_stored(false);
    clients_.ask(request::Disable{}, [this](const Result<void>&) { look(); });
  }

  void enable() {
    is_switching_ = true;
    clients_.ask(request::Enable{.options = {.data_dir = "simulated"}}, [this](const Result<void>&) { look(); });
  }

  void look() {
    is_switching_ = false;
    clients_.set_stored(clients_.node().node().is_persistent());
  }

  bool is_switching_ = false;
};

}  // namespace

std::unique_ptr<Workload> store_switches(Clients& clients) { return std::make_unique<StoreSwitches>(clients); }

}  // namespace pawl::sim::workloads
