// Changes of definitions: of pending workflows' tasks, and of compensations. What was acknowledged is in the definition
// that is durable; of two callers who change one at the same moment neither loses the change.
#include <map>

#include <fmt/format.h>

#include "sim/workloads/workloads.h"

namespace pawl::sim::workloads {
namespace {

class Definitions final : public Workload {
 public:
  using Workload::Workload;

  void act() override {
    const std::string id = clients_.pick();
    if (id.empty()) return;
    switch (clients_.random().next() % 4) {
      case 0:
      case 1:
        return add(id);
      case 2:
        return remove(id);
      default: {
        request::RegisterCompensation request{.workflow = id, .task = clients_.task()};
        request.action = random_compensation(clients_.random(), clients_.names());
        return clients_.change(id, std::move(request), Leaves::maybe_none);
      }
    }
  }

 private:
  void add(const std::string& id) {
    TaskSpec task = random_task(clients_.random(), clients_.names(), 0, clients_.clock().wall());
    task.id = fmt::format("x{}", added_++);
    const std::string name = task.id;
    clients_.change(id, request::AddTask{.id = id, .task = std::move(task)}, Leaves::an_event,
                    [this, id, name](const Result<void>& added) {
                      if (!added || !is_judged(id)) return;
                      must_have(id, name, true);
                      ours_.insert_or_assign(id, name);
                    });
  }

  // Only what was added, and once.
  void remove(const std::string& id) {
    const auto ours = ours_.find(id);
    if (ours == ours_.end()) return;
    const std::string name = ours->second;
    ours_.erase(ours);
    clients_.change(id, request::RemoveTask{.id = id, .task = name}, Leaves::an_event,
                    [this, id, name](const Result<void>& removed) {
                      if (removed && is_judged(id)) must_have(id, name, false);
                    });
  }

  [[nodiscard]] bool is_judged(const std::string& id) const {
    return !clients_.checker().is_loose(id) && !clients_.checker().is_removed(id);
  }

  void must_have(const std::string& id, const std::string& task, bool has) {
    const DefinitionPtr definition = clients_.checker().definition_of(id);
    if (definition == nullptr || definition->find_task(task).has_value() != has)
      clients_.checker().violate(fmt::format("{}: that task {} is {} was acknowledged, and is not durable", id, task,
                                             has ? "added" : "removed"));
  }

  std::size_t added_ = 0;
  std::map<std::string, std::string> ours_;  // the task that was added last, by workflow
};

}  // namespace

std::unique_ptr<Workload> definitions(Clients& clients) { return std::make_unique<Definitions>(clients); }

}  // namespace pawl::sim::workloads
