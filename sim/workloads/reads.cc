// What is read: whatever is told of a workflow is durable, and no list misses one.
#include <algorithm>
#include <iterator>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "sim/workloads/workloads.h"

namespace pawl::sim::workloads {
namespace {

class Reads final : public Workload {
 public:
  using Workload::Workload;

  void act() override {
    constexpr std::uint64_t kReads = 8;
    const std::uint64_t read = clients_.random().next() % kReads;
    if (read == 0) return list();
    if (read == 1)
      return clients_.ask(request::Metrics{}, [this](const Result<OrchestratorMetrics>& metrics) {
        if (metrics && metrics->task_slots_in_use > metrics->task_slots)
          clients_.checker().violate("more task slots are in use than there are");
      });
    const std::string id = clients_.pick();
    if (id.empty()) return;
    if (read == 2) return clients_.ask(request::ExplainWorkflow{.id = id});
    if (read == 3) return clients_.ask(request::LoadWorkflow{.id = id});
    if (read <= 5) return get_history(id);
    get(id);
  }

 private:
  [[nodiscard]] bool is_judged(const std::string& id) const {
    return !clients_.checker().is_loose(id) && !clients_.checker().is_removed(id);
  }

  void get(const std::string& id) {
    clients_.ask(request::GetWorkflow{.id = id}, [this, id](const Result<WorkflowReport>& report) {
      if (report && is_judged(id)) check_report(id, *report);
    });
  }

  void check_report(const std::string& id, const WorkflowReport& report) {
    std::set<TaskIndex> completed;
    for (const Event& event : clients_.checker().events_of(id)) {
      if (std::holds_alternative<event::WorkflowRestored>(event)) return;  // what it was restored to is not in events
      if (const auto* const done = std::get_if<event::TaskCompleted>(&event); done != nullptr && !done->action.undo)
        completed.insert(done->action.task);
    }
    for (TaskIndex task = 0; task < report.tasks.size(); ++task)
      if (report.tasks[task].state == TaskState::completed && !completed.contains(task))
        clients_.checker().violate(fmt::format("{}: that task {} is completed is told, and is not durable", id, task));
  }

  void get_history(const std::string& id) {
    constexpr std::uint64_t kEvents = 10;
    const std::uint64_t from = clients_.random().next() % kEvents;
    clients_.ask(request::GetHistory{.id = id, .options = {.from = from, .limit = kEvents}},
                 [this, id, from](const Result<std::vector<HistoryEvent>>& page) {
                   if (page && is_judged(id)) check_page(id, from, *page);
                 });
  }

  void check_page(const std::string& id, std::uint64_t from, const std::vector<HistoryEvent>& page) {
    const std::size_t durable = clients_.checker().events_of(id).size();
    for (std::size_t i = 0; i < page.size(); ++i) {
      if (page[i].number != from + i)
        clients_.checker().violate(
            fmt::format("{}: event {} is where {} comes in the history", id, page[i].number, from + i));
      if (page[i].number >= durable)
        clients_.checker().violate(fmt::format("{}: event {} is in the history, and not durable", id, page[i].number));
    }
  }

  // One that lives again is in the store when the shards are asked, and in a shard when the store is.
  [[nodiscard]] bool has_revived(const std::string& id) const {
    return std::ranges::any_of(clients_.checker().events_of(id), [](const Event& event) {
      return std::holds_alternative<event::WorkflowRevived>(event) ||
             std::holds_alternative<event::WorkflowRestored>(event) ||
             std::holds_alternative<event::WorkflowCompensating>(event);
    });
  }

  // None is missing that was there before and is there now.
  void list() {
    clients_.ask(request::ListWorkflows{},
                 [this, before = clients_.created()](const Result<std::vector<WorkflowStatus>>& listed) {
                   if (!listed) return;
                   std::set<std::string> ids;
                   for (const WorkflowStatus& status : *listed)
                     if (!ids.insert(status.id).second)
                       clients_.checker().violate(status.id + ": it is in the list twice");
                   for (const std::string& id : before)
                     if (clients_.created().contains(id) && is_judged(id) && !clients_.checker().is_leaving(id) &&
                         !ids.contains(id) && !has_revived(id))
                       clients_.checker().violate(id + ": it is not in the list");
                 });
  }
};

}  // namespace

std::unique_ptr<Workload> reads(Clients& clients) { return std::make_unique<Reads>(clients); }

}  // namespace pawl::sim::workloads
