// Graphs of tasks, created and started. The checker knows what must hold of each. Who got no answer asks once more, and
// still there is one workflow.
#include "sim/workloads/workloads.h"

namespace pawl::sim::workloads {
namespace {

constexpr int kMostTries = 3;

class Graphs final : public Workload {
 public:
  using Workload::Workload;

  void act() override {
    const std::string id = clients_.new_id();
    if (id.empty()) return execute_one();
    const WorkflowSpec spec = random_spec(clients_.random(), clients_.names(), clients_.clock().wall());
    CreateOptions options{.id = id};
    if (clients_.one_in(2)) options.priority = static_cast<Priority>(clients_.random().next() % 4);
    if (clients_.one_in(3))
      return clients_.create(id, request::CreateWorkflow{.definition = spec, .options = std::move(options)});
    start(id, {.definition = spec, .options = std::move(options)}, 1);
  }

 private:
  void execute_one() {
    if (const std::string id = clients_.pick(); !id.empty())
      clients_.change(id, request::ExecuteWorkflow{.id = id}, Leaves::maybe_none);
  }

  void start(const std::string& id, const request::StartWorkflow& request, int tries) {
    const Leaves leaves = tries == 1 ? Leaves::an_event : Leaves::maybe_none;
    clients_.change(id, request, leaves, [this, id, request, tries](const Result<std::string>& started) {
      if (started && *started != id) clients_.checker().violate(id + ": it was started under another id: " + *started);
      if (started) return clients_.know(id);
      if (started.error().code != ErrorCode::unavailable || tries == kMostTries) return;
      request::StartWorkflow again = request;
      again.options.if_exists = IfExists::attach;
      start(id, again, tries + 1);
    });
  }
};

}  // namespace

std::unique_ptr<Workload> graphs(Clients& clients) { return std::make_unique<Graphs>(clients); }

}  // namespace pawl::sim::workloads
