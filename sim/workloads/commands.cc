// What is asked of workflows while they run, and after they have ended; sometimes twice at the same moment, so that
// what the first asks for is not durable when the second asks.
#include "sim/workloads/workloads.h"

namespace pawl::sim::workloads {
namespace {

class Commands final : public Workload {
 public:
  using Workload::Workload;

  void act() override {
    const std::string id = clients_.pick();
    if (id.empty()) return;
    if (!clients_.one_in(8)) return act_on(id);
    if (clients_.one_in(2)) {
      cancel(id, Duration(0), clients_.one_in(4));
      clients_.change(id, request::RetryWorkflow{.id = id});
    } else {
      act_on(id);
      act_on(id);
    }
  }

 private:
  void cancel(const std::string& id, std::optional<Duration> grace, bool compensate) {
    // It may be stopping already.
    clients_.change(
        id, request::CancelWorkflow{.id = id, .options = {.reason = "", .grace = grace, .compensate = compensate}},
        Leaves::maybe_none);
  }

  void act_on(const std::string& id) {
    constexpr std::uint64_t kCommands = 9;
    switch (clients_.random().next() % kCommands) {
      case 0:
        return clients_.change(id, request::PauseWorkflow{.id = id});
      case 1:
      case 2:
        return clients_.change(id, request::ResumeWorkflow{.id = id});
      case 3:
        return cancel(id, {}, clients_.one_in(2));
      case 4:
        return clients_.change(id, request::FailWorkflow{.id = id, .reason = "enough"});
      case 5:
        return clients_.change(id, request::SkipTask{.id = id, .task = clients_.task()});
      case 6:
        return clients_.change(id, request::RetryWorkflow{.id = id});
      case 7:
        return clients_.change(
            id,
            request::RerunWorkflow{.id = id, .from = clients_.task(), .options = {.undo_first = clients_.one_in(2)}});
      default:
        return clients_.change(id, request::ExecuteWorkflow{.id = id}, Leaves::maybe_none);
    }
  }
};

}  // namespace

std::unique_ptr<Workload> commands(Clients& clients) { return std::make_unique<Commands>(clients); }

}  // namespace pawl::sim::workloads
