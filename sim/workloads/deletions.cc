// Ended workflows that are deleted, one by one or as retention does. What was acknowledged is gone, for good; until
// then a workflow is there as a whole.
#include <map>

#include "persistence/row_store.h"
#include "sim/workloads/workloads.h"

namespace pawl::sim::workloads {
namespace {

class Deletions final : public Workload {
 public:
  using Workload::Workload;

  void act() override {
    if (clients_.one_in(4)) return forget_old();
    const std::string id = clients_.pick();
    if (id.empty()) return;
    if (clients_.one_in(4)) return remove(id, request::DeleteStoredWorkflow{.id = id});
    remove(id, request::DeleteWorkflow{.id = id});
  }

 private:
  void forget_old() {
    constexpr std::size_t kTogether = 3;
    const Result<std::vector<std::string>> old = clients_.node().store().find_expired(
        kTerminalStates[clients_.random().next() % kTerminalStates.size()], clients_.clock().wall(), kTogether);
    if (!old) return;
    for (const std::string& id : *old)
      if (clients_.created().contains(id)) remove(id, request::DeleteWorkflow{.id = id});
  }

  template <Operation R>
  void remove(const std::string& id, R request) {
    ++asked_[id];
    clients_.checker().may_be_removed(id);
    clients_.ask(std::move(request), [this, id](const Result<void>& removed) {
      if (!removed && removed.error().code != ErrorCode::not_found) {
        if (is_refusal(removed.error().code) && asked_[id] == 1) {
          clients_.checker().was_kept(id);
          asked_[id] = 0;
        }
        return;
      }
      if (clients_.checker().is_loose(id)) return;
      if (!removed) {  // it was deleted before, and who asked for that may not have been told yet
        if (asked_[id] == 1) clients_.checker().violate(id + ": it was created, and is not found");
        if (clients_.checker().is_removed(id)) clients_.forget(id);
        return;
      }
      clients_.checker().removed(id);
      clients_.forget(id);
    });
  }

  std::map<std::string, int> asked_;  // how often, since it was known to be there
};

}  // namespace

std::unique_ptr<Workload> deletions(Clients& clients) { return std::make_unique<Deletions>(clients); }

}  // namespace pawl::sim::workloads
