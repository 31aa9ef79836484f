// Snapshots that are made, restored and deleted, and forks. A snapshot that was acknowledged is there until its
// workflow is deleted, or somebody asks to delete it.
#include <map>

#include "persistence/records.h"
#include "sim/workloads/workloads.h"

namespace pawl::sim::workloads {
namespace {

class Snapshots final : public Workload {
 public:
  using Workload::Workload;

  void boot() override {
    for (const auto& [name, workflow] : kept_) look_for(name, workflow);
  }

  void act() override {
    const std::string id = clients_.pick();
    if (id.empty()) return;
    switch (clients_.random().next() % 4) {
      case 0:
        return make(id);
      case 1:
        return restore();
      case 2:
        return fork(id);
      default:
        if (clients_.one_in(4)) remove();
        return;
    }
  }

  std::string check_end() override {
    boot();
    return {};
  }

 private:
  void make(const std::string& id) {
    clients_.ask(request::CreateSnapshot{.workflow = id, .label = "one"}, [this, id](const Result<std::string>& made) {
      if (!made || !clients_.is_stored()) return;
      kept_.emplace(*made, id);
      look_for(*made, id);
    });
  }

  [[nodiscard]] std::string pick() const {
    if (kept_.empty()) return {};
    return std::next(kept_.begin(), static_cast<std::ptrdiff_t>(clients_.random().next() % kept_.size()))->first;
  }

  void restore() {
    if (const std::string name = pick(); !name.empty())
      clients_.change(kept_.at(name), request::RestoreSnapshot{.snapshot = name});
  }

  void remove() {
    const std::string name = pick();
    if (name.empty()) return;
    kept_.erase(name);
    clients_.ask(request::DeleteSnapshot{.snapshot = name});
  }

  void fork(const std::string& id) {
    const std::string fork = clients_.new_id();
    if (fork.empty()) return;
    ForkOptions options{.id = fork};
    if (clients_.one_in(2)) {
      constexpr std::uint64_t kEvents = 20;
      options.event = clients_.random().next() % kEvents;
    } else {
      options.task = clients_.task();
    }
    clients_.create(fork, request::ForkWorkflow{.id = id, .options = std::move(options)});
  }

  void look_for(const std::string& name, const std::string& workflow) {
    if (!clients_.is_stored() || clients_.checker().is_removed(workflow) || clients_.checker().is_loose(workflow))
      return;
    const Result<StoredSnapshot> stored =
        stored_snapshot(clients_.node().store(), workflow, name.substr(workflow.size() + 1));
    if (!stored) clients_.checker().violate(workflow + ": snapshot " + name + " was acknowledged, and is not there");
  }

  std::map<std::string, std::string> kept_;  // names, and their workflows
};

}  // namespace

std::unique_ptr<Workload> snapshots(Clients& clients) { return std::make_unique<Snapshots>(clients); }

}  // namespace pawl::sim::workloads
