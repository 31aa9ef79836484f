// Outcomes that somebody reports once more, or for attempts that are not made any more: they change nothing.
#include "sim/workloads/workloads.h"

namespace pawl::sim::workloads {
namespace {

class LateOutcomes final : public Workload {
 public:
  using Workload::Workload;

  void act() override {
    const std::string id = clients_.pick();
    if (id.empty()) return;
    const auto position = static_cast<TaskIndex>(clients_.random().next() % kMostTasks);
    const auto attempt = static_cast<std::uint32_t>(clients_.random().next() % 3);
    clients_.node().shard_of(id).mailbox().post([id, position, attempt](Shard& shard) {
      if (shard.down()) return;
      LiveWorkflow* const workflow = shard.workflows().find(id);
      if (workflow == nullptr) return;
      const core::Workflow& state = workflow->state;
      const ActionId action =
          position < state.tasks.size() ? state.definition().action_at(position) : ActionId(position);
      if (state.has(action) && state.record(action).state == TaskState::running &&
          state.record(action).attempt == attempt)
        return;
      (void)shard.lifecycle().command(*workflow, command::CompleteTask{action, attempt, {}});
    });
  }
};

}  // namespace

std::unique_ptr<Workload> late_outcomes(Clients& clients) { return std::make_unique<LateOutcomes>(clients); }

}  // namespace pawl::sim::workloads
