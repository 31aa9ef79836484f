// Sagas: steps in a row that are undone from the latest to the first. The checker knows what must be undone; here a
// saga's status must agree with itself.
#include <fmt/format.h>

#include "sim/workloads/workloads.h"

namespace pawl::sim::workloads {
namespace {

constexpr std::size_t kMostSteps = 4;

class Sagas final : public Workload {
 public:
  using Workload::Workload;

  void act() override {
    constexpr std::uint64_t kActions = 8;
    const std::uint64_t action = clients_.random().next() % kActions;
    if (action <= 1) return make(action == 0);
    const std::string id = clients_.pick();
    if (id.empty()) return;
    switch (action) {
      case 2:
        return clients_.change(id, request::AddStep{.saga = id, .step = step(fmt::format("s{}", steps_++))});
      case 3:
        return clients_.change(id, request::ExecuteSaga{.saga = id}, Leaves::maybe_none);
      case 4:
        return clients_.change(id, request::RollBack{.saga = id}, Leaves::maybe_none);
      case 5:
        return clients_.change(id, request::CompensateWorkflow{.workflow = id});
      case 6:
        return clients_.change(id, request::ExecuteCompensation{.workflow = id, .task = clients_.task()});
      default:
        return look_at(id);
    }
  }

 private:
  TaskSpec step(std::string id) {
    TaskSpec spec = random_task(clients_.random(), clients_.names(), 0, clients_.clock().wall());
    spec.id = std::move(id);
    if (!spec.compensation) spec.compensation = random_compensation(clients_.random(), clients_.names());
    return spec;
  }

  void make(bool starts) {
    const std::string id = clients_.new_id();
    if (id.empty()) return;
    std::vector<TaskSpec> steps;
    const std::size_t count = 1 + clients_.random().next() % kMostSteps;
    for (std::size_t i = 0; i < count; ++i) steps.push_back(step(task_name(i)));
    if (!starts) return clients_.create(request::CreateSaga{.name = "saga", .steps = std::move(steps)});
    request::StartSaga start{.name = "saga", .steps = std::move(steps), .options = {}};
    start.options.id = id;
    clients_.create(id, std::move(start));
  }

  void look_at(const std::string& id) {
    clients_.ask(request::GetLog{.workflow = id});
    clients_.ask(request::GetSaga{.saga = id}, [this, id](const Result<SagaStatus>& saga) {
      if (!saga) return;
      if (saga->id != id || saga->steps_completed > saga->steps || saga->steps_compensated > saga->steps)
        clients_.checker().violate(fmt::format("{}: its saga has {} steps, {} completed, {} compensated", id,
                                               saga->steps, saga->steps_completed, saga->steps_compensated));
    });
  }

  std::size_t steps_ = 0;
};

}  // namespace

std::unique_ptr<Workload> sagas(Clients& clients) { return std::make_unique<Sagas>(clients); }

}  // namespace pawl::sim::workloads
